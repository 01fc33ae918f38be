#include <algorithm>
#include <string>

#include "spread/arguments/xargs_source.h"
#include "spread/base/assert.h"
#include "support.h"
#include "targets.h"

namespace spread::fuzz {
namespace {

constexpr char kItemEnds[] = {'\0', '\n', ',', '\\'};

XargsSourceOptions options_of(Input& input) {
  XargsSourceOptions options;
  const Byte flags = input.byte();
  options.command = {"c", "{}x"};
  if ((flags & 1) != 0) options.delimiter = kItemEnds[flags >> 6];
  if ((flags & 2) != 0) options.end_mark = "E";
  if ((flags & 4) != 0) options.replacement = "{}";
  options.exit_if_long = (flags & 8) != 0;
  options.run_if_empty = (flags & 16) == 0;
  const Byte counts = input.byte();
  options.lines_max = counts % 4;
  options.items_max = counts / 4 % 4;
  options.bytes_max = std::size_t{10} + input.byte() % 64;
  options.kernel_bytes_max = (flags & 32) != 0 ? 60 : 4096;
  return options;
}

void check(const XargsSourceOptions& options, const Record& record) {
  SPREAD_ASSERT(record.bad.empty());
  const std::string_view line = as_text(record.payload.body.view());
  SPREAD_ASSERT(!line.empty() && line.back() == '\0');
  SPREAD_ASSERT(line.size() <= options.bytes_max);
  SPREAD_ASSERT(line.starts_with(std::string_view("c\0", 2)));
}

std::string read(const XargsSourceOptions& options, std::string_view text, std::size_t piece) {
  auto source = XargsSource::make(options);
  if (!source) return source.error().message;
  std::string log;
  Record record;
  while (true) {
    const Pull pull = (*source)->next(record);
    log += (*source)->take_warning();
    if (pull == Pull::Record) {
      check(options, record);
      log += as_text(record.payload.body.view());
      log += '\n';
    } else if (pull == Pull::NeedMore) {
      const std::string_view front = text.substr(0, piece);
      text.remove_prefix(front.size());
      if (front.empty()) {
        (*source)->finish();
      } else {
        (*source)->feed(Slice::copy_of(as_bytes(front)));
      }
    } else {
      SPREAD_ASSERT((pull == Pull::Broken) == !(*source)->error().empty());
      // What stands behind the end mark is for other readers of the same input, wherever it was
      // cut.
      const std::size_t unread = text.size() + (*source)->unread_bytes();
      return log + (*source)->error() + (pull == Pull::End ? std::to_string(unread) : "");
    }
  }
}

}  // namespace

// The options; the size of the pieces; the text.
void xargs(ByteView bytes) {
  Input input(bytes);
  const XargsSourceOptions options = options_of(input);
  const std::size_t piece = input.byte() % 16 + std::size_t{1};
  const std::string_view text = as_text(input.take(400));
  check_same(read(options, text, text.size() + 1), read(options, text, piece));
}

}  // namespace spread::fuzz
