#include <algorithm>
#include <string>
#include <vector>

#include "spread/arguments/argument_source.h"
#include "spread/base/assert.h"
#include "support.h"
#include "targets.h"

namespace spread::fuzz {
namespace {

// The patterns are fixed: a hostile one would only show how slow PCRE2 can be.
constexpr const char* kPatterns[] = {",", " +", "x*", " *, *", "[ab]|,+"};
constexpr char kDelimiters[] = {'\n', '\0', ',', 'a'};

ArgumentSourceOptions options_of(Byte first, Byte second, Byte third) {
  ArgumentSourceOptions options;
  options.sources.resize(2);
  options.sources[0].name = "first";
  options.sources[1].name = "second";
  options.sources[1].linked = (first & 1) != 0;
  options.link_all = (first & 2) != 0;
  if ((first & 4) != 0) options.sources.pop_back();
  options.csv = (first & 8) != 0;
  options.header = (first & 16) != 0;
  options.continue_lines = (first & 32) != 0;
  options.delimiter = kDelimiters[first >> 6];
  if ((second & 1) != 0) options.trim = static_cast<Trim>(second >> 1 & 3);
  const std::size_t pattern = second >> 3 & 7;
  if (pattern < std::size(kPatterns)) options.colsep = kPatterns[options.csv ? 0 : pattern];
  options.fill = (second & 64) != 0;
  if ((second & 128) != 0) options.max_items = third & 3;
  options.spread_slots = third >> 2 & 3;
  options.line.max_bytes = third >> 4;
  options.line.base_bytes = 1;
  options.max_record_bytes = 30;
  return options;
}

void check(const ArgumentSourceOptions& options, const Record& record) {
  const std::string_view payload = as_text(record.payload.body.view());
  if (!record.bad.empty()) {
    SPREAD_ASSERT(payload.empty());
    return;
  }
  SPREAD_ASSERT(payload.empty() || payload.back() == '\0');
  const std::size_t most = options.line.max_bytes;
  SPREAD_ASSERT(most == 0 || payload.size() + options.line.base_bytes <= most);
}

std::string read(const ArgumentSourceOptions& options, std::vector<ByteView> texts,
                 std::size_t piece) {
  const auto source = ArgumentSource::make(options);
  SPREAD_ASSERT(source);
  std::string log;
  Record record;
  while (true) {
    const Pull pull = (*source)->next(record);
    if (pull == Pull::Record) {
      check(options, record);
      log += record.bad + "\n" + std::string(as_text(record.payload.body.view())) + "\n";
    } else if (pull == Pull::NeedMore) {
      ByteView& text = texts.at((*source)->wanted());
      const std::size_t size = std::min(piece, text.size());
      if (size == 0) {
        (*source)->finish();
      } else {
        (*source)->feed(Slice::copy_of(text.first(size)));
        text = text.subspan(size);
      }
    } else {
      for (const std::string& name : (*source)->names()) log += name + "\n";
      return log + (*source)->error();
    }
  }
}

}  // namespace

void arguments(ByteView input) {
  if (input.size() < 5) return;
  const ArgumentSourceOptions options = options_of(input[0], input[1], input[2]);
  const std::size_t piece = input[3] % 16 + std::size_t{1};
  const ByteView bytes = input.subspan(5).first(std::min<std::size_t>(input.size() - 5, 400));
  const std::size_t cut = std::min<std::size_t>(input[4], bytes.size());
  const std::vector<ByteView> texts = {bytes.subspan(cut), bytes.first(cut)};
  check_same(read(options, texts, bytes.size() + 1), read(options, texts, piece));
}

}  // namespace spread::fuzz
