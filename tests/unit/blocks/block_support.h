#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "spread/blocks/block_cutter.h"
#include "spread/blocks/block_ranges.h"

namespace spread::test {

enum class Way { Feed, Spare };

/// What `spread pipe` would make of an input.
struct Blocks {
  std::string header;
  std::vector<std::string> blocks;
  std::string error;

  std::string joined() const {
    std::string all = header;
    for (const std::string& block : blocks) all += block;
    return all;
  }
  bool operator==(const Blocks&) const = default;
};

/// The text in pieces of so many bytes.
inline Blocks cut(const BlockOptions& options, std::string_view text, std::size_t piece, Way way) {
  BlockCutter cutter(options, "in");
  Blocks result;
  Record record;
  while (true) {
    const Pull pull = cutter.next(record);
    if (pull == Pull::Record) {
      EXPECT_EQ(record.bad, "");
      EXPECT_EQ(record.payload.head_size, 0);
      result.blocks.emplace_back(as_text(record.payload.body.view()));
      continue;
    }
    if (pull != Pull::NeedMore) break;
    if (text.empty()) {
      cutter.finish();
      continue;
    }
    std::size_t size = std::min(piece, text.size());
    if (way == Way::Feed) {
      cutter.feed(Slice::copy_of(as_bytes(text.substr(0, size))));
    } else {
      const std::span<Byte> spare = cutter.spare();
      EXPECT_FALSE(spare.empty());
      size = std::min(size, spare.size());
      std::copy_n(as_bytes(text).data(), size, spare.data());
      cutter.filled(size);
    }
    text.remove_prefix(size);
  }
  EXPECT_NE(cutter.next(record), Pull::Record) << "a block after the end";
  result.header = as_text(cutter.header().view());
  result.error = cutter.error();
  return result;
}

/// The same in pieces of every size up to 20 bytes, fed and read to spare(), which must make no
/// difference.
inline Blocks cut(const BlockOptions& options, std::string_view text) {
  Blocks whole = cut(options, text, text.size() + 1, Way::Feed);
  for (std::size_t size = 1; size <= std::min<std::size_t>(text.size() + 1, 20); ++size) {
    EXPECT_EQ(cut(options, text, size, Way::Feed).blocks, whole.blocks) << "fed by " << size;
    EXPECT_EQ(cut(options, text, size, Way::Spare).blocks, whole.blocks) << "read by " << size;
    EXPECT_EQ(cut(options, text, size, Way::Spare).header, whole.header) << "read by " << size;
    EXPECT_EQ(cut(options, text, size, Way::Spare).error, whole.error) << "read by " << size;
  }
  return whole;
}

/// As --pipepart cuts; by size if `number` is 0.
inline Blocks cut_ranges(const BlockOptions& options, std::string_view text,
                         std::uint64_t number = 0) {
  const auto read = [text](std::uint64_t offset, std::span<Byte> to) -> Result<std::size_t> {
    const std::string_view part = text.substr(offset, to.size());
    std::copy_n(as_bytes(part).data(), part.size(), to.data());
    return part.size();
  };
  RangeFinder finder(options, "in", text.size(), number, read);
  Blocks result;
  ByteRange range;
  std::uint64_t at = 0;
  while (true) {
    const Result<bool> more = finder.next(range);
    if (!more) result.error = more.error().message;
    if (!more || !*more) break;
    if (at == 0) at = finder.header().size();
    EXPECT_EQ(range.begin, at);
    EXPECT_GT(range.end, range.begin);
    at = range.end;
    result.blocks.emplace_back(text.substr(range.begin, range.end - range.begin));
  }
  result.header = as_text(finder.header().view());
  return result;
}

}  // namespace spread::test
