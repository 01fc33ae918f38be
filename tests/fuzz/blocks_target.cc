#include <algorithm>
#include <string>
#include <vector>

#include "spread/base/assert.h"
#include "spread/blocks/block_cutter.h"
#include "spread/blocks/block_ranges.h"
#include "targets.h"

namespace spread::fuzz {
namespace {

struct Cut {
  std::string header;
  std::vector<std::string> blocks;
  std::string error;
  bool operator==(const Cut&) const = default;
};

// Fixed, as those of arguments_target.cc.
constexpr const char* kRecordPatterns[] = {"a+", "\n|b", "^a",   "(?s)a.*?b",
                                           "$",  "b*",   "\\Ba", "(?<=a)b"};

BlockOptions options_of(ByteView bytes) {
  BlockOptions options;
  options.block_bytes = bytes[0] % 32 + std::size_t{1};
  options.max_block_bytes = (bytes[0] & 32) != 0 ? options.block_bytes + 20 : 1000;
  options.remove_separators = (bytes[0] & 64) != 0;
  const std::size_t kind = bytes[1] & 3;
  if (kind == 0) options.lines = bytes[1] >> 6;
  if ((kind & 1) != 0) options.recstart = as_text(bytes.subspan(3, bytes[2] & 3));
  if ((kind & 2) != 0) options.recend = as_text(bytes.subspan(6, bytes[2] >> 2 & 3));
  options.records = bytes[2] >> 4 & 3;
  options.header_lines = bytes[2] >> 6;
  if ((bytes[0] & 128) != 0) {
    options.patterns = true;
    options.max_block_bytes =
        1000;  // how far a match reaches is not known: such a limit is not exact
    if (options.recstart) options.recstart = kRecordPatterns[bytes[3] % 8];
    if (options.recend) options.recend = kRecordPatterns[bytes[6] % 8];
  }
  return options;
}

Cut cut(const BlockOptions& options, ByteView text, std::size_t piece, bool feed) {
  BlockCutter cutter(options, "in");
  Cut result;
  Record record;
  while (true) {
    const Pull pull = cutter.next(record);
    if (pull == Pull::Record) {
      result.blocks.emplace_back(as_text(record.payload.body.view()));
      SPREAD_ASSERT(result.blocks.back().size() <= options.max_block_bytes);
    } else if (pull != Pull::NeedMore) {
      result.header = as_text(cutter.header().view());
      result.error = cutter.error();
      return result;
    } else if (text.empty()) {
      cutter.finish();
    } else {
      std::size_t size = std::min(piece, text.size());
      if (feed) {
        cutter.feed(Slice::copy_of(text.first(size)));
      } else {
        const std::span<Byte> spare = cutter.spare();
        SPREAD_ASSERT(!spare.empty());
        size = std::min(size, spare.size());
        std::copy_n(text.data(), size, spare.data());
        cutter.filled(size);
      }
      text = text.subspan(size);
    }
  }
}

Cut cut_ranges(const BlockOptions& options, ByteView text, std::uint64_t number) {
  RangeFinder finder(options, "in", text.size(), number,
                     [text](std::uint64_t offset, std::span<Byte> to) -> Result<std::size_t> {
                       const std::size_t size =
                           std::min<std::size_t>(to.size(), text.size() - offset);
                       std::copy_n(text.data() + offset, size, to.data());
                       return size;
                     });
  Cut result;
  ByteRange range;
  for (Result<bool> more = finder.next(range); more && *more; more = finder.next(range)) {
    result.blocks.emplace_back(as_text(text.subspan(range.begin, range.end - range.begin)));
    SPREAD_ASSERT(!result.blocks.back().empty());
  }
  result.header = as_text(finder.header().view());
  return result;
}

std::string joined(const Cut& cut) {
  std::string all = cut.header;
  for (const std::string& block : cut.blocks) all += block;
  return all;
}

}  // namespace

void blocks(ByteView input) {
  if (input.size() < 10) return;
  BlockOptions options = options_of(input);
  const ByteView text = input.subspan(10).first(std::min<std::size_t>(input.size() - 10, 400));
  const std::size_t piece = input[9] % 32 + std::size_t{1};
  const Cut whole = cut(options, text, text.size() + 1, true);
  SPREAD_ASSERT(cut(options, text, piece, true) == whole);
  SPREAD_ASSERT(cut(options, text, piece, false) == whole);
  if (!options.remove_separators && whole.error.empty()) {
    SPREAD_ASSERT(joined(whole) == as_text(text));
  }
  const bool counted = options.records > 0 || options.lines > 0;
  if (counted || has_patterns(options) || options.remove_separators || !whole.error.empty()) return;
  SPREAD_ASSERT(cut_ranges(options, text, 0) == whole);
  SPREAD_ASSERT(joined(cut_ranges(options, text, piece)) == as_text(text));
}

}  // namespace spread::fuzz
