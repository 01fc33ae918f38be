#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "spread/api/bytes.h"

namespace spread::wire {

/// Containers inside containers in one value, the outermost being level 1. What reads a value at
/// the other end is usually recursive.
inline constexpr std::size_t kMaxDepth = 256;

enum class Scan : std::uint8_t {
  Complete,
  NeedMore,
  Invalid,  ///< the byte C1
  TooDeep,
  TooLong,  ///< what its headers claim cannot fit into `max_bytes`
};

/// Finds where a msgpack value ends, without recursion and without looking at more than headers.
/// The scan can be taken up again when more bytes are there, so a value that arrives in many pieces
/// costs what it costs in one.
class ValueScanner {
 public:
  explicit ValueScanner(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  /// `bytes` begins where it began in the last call, and may be longer.
  Scan advance(ByteView bytes);
  /// Complete: the value's size. Invalid: the place of the byte, counted from 0.
  std::size_t size() const { return at_; }
  /// NeedMore: how many bytes the value has at least.
  std::size_t wanted() const { return wanted_; }
  void reset() {
    at_ = 0;
    pending_ = 1;
    depth_ = 0;
  }

 private:
  Scan need_more(std::size_t wanted) {
    wanted_ = wanted;
    return Scan::NeedMore;
  }
  Scan open(std::uint64_t children);
  void close_finished();

  std::size_t max_bytes_;
  std::size_t at_ = 0;
  std::size_t wanted_ = 1;
  /// Values that are still to come, each of at least one byte: this is how a header that claims
  /// 4 Gi elements is refused at once.
  std::uint64_t pending_ = 1;
  std::size_t depth_ = 0;
  /// Elements to come in each open container; set when it is opened.
  std::array<std::uint64_t, kMaxDepth> open_;
};

/// How a scan went, as the end of a sentence: "nests deeper than 256". `place` is that of the
/// invalid byte, in whatever the reader of the message counts from.
std::string describe(Scan scan, std::size_t place);

struct Skipped {
  Scan scan = Scan::Complete;
  /// Behind the value; Invalid: the byte itself.
  const Byte* at = nullptr;
  bool ok() const { return scan == Scan::Complete; }
};
/// Steps over the value at `at`, which must end at or before `end` (TooLong if it does not).
Skipped skip_value(const Byte* at, const Byte* end);

}  // namespace spread::wire
