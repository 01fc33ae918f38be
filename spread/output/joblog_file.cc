#include "spread/output/joblog_file.h"

#include <array>

#include "spread/base/posix.h"
#include "spread/io/system.h"
#include "spread/io/terminal.h"

namespace spread {

Status read_joblog(const std::string& name, const std::function<Status(std::string_view)>& take) {
  const auto given = named_descriptor(name);
  const auto file = open_for_reading(given ? "/dev/fd/" + std::to_string(*given) : name);
  if (!file) return tl::unexpected(file.error());
  std::string text;
  std::array<Byte, 64 * 1024> piece;
  while (true) {
    const IoResult read = read_some(file->get(), piece.data(), piece.size());
    if (read.state == IoState::End) return {};
    if (read.state != IoState::Done) {
      return fail("cannot read " + name + ": " + errno_text(read.error));
    }
    const std::size_t looked_at = text.size();
    text.append(as_text({piece.data(), read.size}));
    std::size_t begin = 0;
    for (std::size_t end = text.find('\n', looked_at); end != std::string::npos;
         end = text.find('\n', begin)) {
      SPREAD_TRY(take(std::string_view(text).substr(begin, end - begin)));
      begin = end + 1;
    }
    text.erase(0, begin);
  }
}

}  // namespace spread
