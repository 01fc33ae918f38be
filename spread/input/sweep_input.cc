#include "spread/input/sweep_input.h"

#include <utility>

#include "spread/base/quote.h"
#include "spread/io/files.h"

namespace spread {

Result<std::unique_ptr<Sweep>> open_sweep(const SweepOptions& options, Streams streams) {
  bool read_stdin = false;
  const ReadText read = [&](const std::string& name) -> Result<std::string> {
    if (name == "-" && std::exchange(read_stdin, true)) {
      return fail("standard input (-) is named twice, and can be read only once");
    }
    return read_file(name, streams.input);
  };
  SweepSpec whole;
  for (const std::string& given : options.specs) {
    std::string text = given;
    std::string origin = show_text(given);
    if (given.empty()) return fail("sweep: an empty word is no specification, and names no file");
    if (!is_sweep_text(given)) {
      auto contents = read(given);
      if (!contents) return fail("sweep: " + contents.error().message);
      text = std::move(*contents);
      origin = given == "-" ? "stdin" : given;
    }
    auto spec = parse_sweep_spec(text, origin);
    if (!spec) return tl::unexpected(spec.error());
    whole.append(std::move(*spec));
  }
  SPREAD_TRY(read_value_files(whole, read));
  return Sweep::make(std::move(whole), options);
}

std::vector<std::string> sweep_files(const SweepOptions& options) {
  std::vector<std::string> files;
  for (const std::string& spec : options.specs) {
    if (!is_sweep_text(spec)) files.push_back(spec);
  }
  return files;
}

}  // namespace spread
