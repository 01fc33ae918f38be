// What a master says to a worker (docs/protocol.md section 3), as a relay reads it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "spread/api/bytes.h"
#include "spread/api/shared_options.h"
#include "spread/api/task.h"
#include "spread/base/buffers.h"
#include "spread/wire/codec.h"

namespace spread::wire {

enum class DownKind : std::uint8_t {
  Task,     ///< [id, payload, meta?]
  Cancel,   ///< [nil, "cancel", id]
  Answer,   ///< [nil, "answer", seq, value]
  Refused,  ///< [nil, "refused", seq, {"type", "message"}]
  Other,    ///< another kind with a nil id, which a worker that does not know it ignores
};

/// Views point into the bytes that were parsed.
struct DownMessage {
  DownKind kind = DownKind::Other;
  TaskId id{};             ///< Task, Cancel
  std::uint64_t seq = 0;   ///< Answer, Refused
  ByteView value;          ///< Task: its payload. Answer: the value. Refused: the description
  std::uint32_t size = 0;  ///< Task: what "size" in its third element says; 0 = nothing
};

/// Reads one message, a msgpack array, that must fill `body` exactly. False: `error` says what is
/// wrong with it.
bool parse_down_message(ByteView body, DownMessage& message, std::string& error);

/// Why the bytes, a prep item, say, are not exactly one value; empty if they are.
std::string whole_value_error(ByteView value);

/// Finds the values that a master writes, one after the other: prep items, and then messages.
class DownReader {
 public:
  /// `wire`: Msgpack or Json. `max_frame`: bytes of a frame's value, or of a line.
  DownReader(Wire wire, std::size_t max_frame) : json_(wire == Wire::Json), max_frame_(max_frame) {}

  struct Part {
    enum class What : std::uint8_t {
      NeedMore,  ///< undecided before `size` bytes are there, in all
      Value,     ///< `size` bytes are one
      Skip,      ///< `size` bytes carry nothing: a line of blanks
      Broken     ///< `error` says why
    } what = What::NeedMore;
    std::size_t size = 0;
    /// In msgpack, and not looked into; of Json it is whole. Good until the next call; of Msgpack
    /// as long as `bytes`, into which it points.
    ByteView value = {};
    std::string error = {};
  };
  /// What is at the front of `bytes`. After NeedMore, the next call must begin at the same place.
  Part next(ByteView bytes);
  /// Values point into the bytes that they were found in.
  bool shares() const { return !json_; }

 private:
  Part next_line(ByteView bytes);
  Part next_frame(ByteView bytes) const;

  bool json_;
  std::size_t max_frame_;
  LineSearch search_;
  ByteBuffer converted_;
};

}  // namespace spread::wire
