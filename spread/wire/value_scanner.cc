#include "spread/wire/value_scanner.h"

#include <fmt/format.h>

#include "spread/wire/json.h"
#include "spread/wire/msgpack_read.h"

namespace spread::wire {
namespace {

/// What the header of a value with a length field or with children says.
struct Header {
  std::size_t size = 0;  ///< bytes that the header needs; 0 for C1
  std::uint64_t bytes = 0;
  std::uint64_t children = 0;
  bool container = false;
};

/// Reads as much as is there: with fewer than `size` bytes left, only `size` is good.
Header read_header(const Byte* at, std::size_t left) {
  const Byte first = at[0];
  if (first < 0x90) return {1, 0, 2 * (first & 15u), true};
  if (first < 0xa0) return {1, 0, first & 15u, true};
  Header header;
  std::size_t width = 0;
  switch (first) {
    case 0xc4:
    case 0xc7:
    case 0xd9: width = 1; break;
    case 0xc5:
    case 0xc8:
    case 0xda:
    case 0xdc:
    case 0xde: width = 2; break;
    case 0xc6:
    case 0xc9:
    case 0xdb:
    case 0xdd:
    case 0xdf: width = 4; break;
    default: return {};
  }
  header.size = 1 + width;
  if (left < header.size) return header;
  const std::uint64_t n = width == 1 ? at[1] : width == 2 ? load16(at + 1) : load32(at + 1);
  header.container = first >= 0xdc;
  if (header.container) {
    header.children = first >= 0xde ? 2 * n : n;
  } else {
    header.bytes = n + (first >= 0xc7 && first <= 0xc9 ? 1 : 0);
  }
  return header;
}

}  // namespace

Scan ValueScanner::open(std::uint64_t children) {
  if (depth_ == kMaxDepth) return Scan::TooDeep;
  pending_ += children;
  open_[depth_++] = children;
  return pending_ > max_bytes_ - at_ ? Scan::TooLong : Scan::Complete;
}

void ValueScanner::close_finished() {
  while (depth_ > 0 && open_[depth_ - 1] == 0) --depth_;
}

Scan ValueScanner::advance(ByteView bytes) {
  const Byte* const data = bytes.data();
  while (pending_ > 0) {
    if (at_ >= bytes.size()) return need_more(at_ + pending_);
    const std::size_t left = bytes.size() - at_;
    std::uint64_t size = kFixedSize[data[at_]];
    Header header;
    if (size == 0) {
      header = read_header(data + at_, left);
      if (header.size == 0) return Scan::Invalid;
      if (left < header.size) return need_more(at_ + header.size);
      size = header.size + header.bytes;
    }
    if (size > max_bytes_ - at_) return Scan::TooLong;
    if (left < size) return need_more(at_ + size);
    at_ += size;
    --pending_;
    if (depth_ > 0) --open_[depth_ - 1];
    if (header.container) {
      if (const Scan opened = open(header.children); opened != Scan::Complete) return opened;
    }
    close_finished();
  }
  return Scan::Complete;
}

std::string describe(Scan scan, std::size_t place) {
  switch (scan) {
    case Scan::Complete: return "is complete";
    case Scan::NeedMore: return "is cut off";
    case Scan::Invalid: return fmt::format("has the byte c1 at {}, which begins no value", place);
    case Scan::TooDeep: return fmt::format("nests deeper than {}", kMaxDepth);
    case Scan::TooLong: return "is longer than allowed";
  }
  return {};
}

Skipped skip_value(const Byte* at, const Byte* end) {
  const auto left = static_cast<std::size_t>(end - at);
  if (left == 0) return {Scan::TooLong, at};
  const std::size_t fixed = kFixedSize[*at];
  if (fixed != 0) return {fixed <= left ? Scan::Complete : Scan::TooLong, at + fixed};
  ValueScanner scanner(left);
  const Scan scan = scanner.advance({at, left});
  return {scan == Scan::NeedMore ? Scan::TooLong : scan, at + scanner.size()};
}

Result<std::size_t> msgpack_size(ByteView bytes, std::size_t max_bytes) {
  ValueScanner scanner(max_bytes);
  switch (const Scan scan = scanner.advance(bytes); scan) {
    case Scan::Complete: return scanner.size();
    case Scan::NeedMore: return 0;
    default: return fail("value " + describe(scan, scanner.size()));
  }
}

}  // namespace spread::wire
