// How a relay and its master begin, until they speak in frames (docs/relay.md, "As a bundle of
// pipes").
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "spread/api/bytes.h"
#include "spread/api/shared_options.h"
#include "spread/base/buffers.h"

namespace spread::wire {

struct RelayHello {
  std::uint32_t workers = 1;
  std::uint64_t prep_items = 0;  ///< that it is going to read
  bool beats = false;
};
/// Appends it as a worker of that wire, Msgpack or Json, says it. In msgpack no newline follows:
/// the next byte is that of a frame.
void append_relay_hello(const RelayHello& hello, Wire wire, ByteBuffer& out);

/// What a relay reads in front of the frames: its prep items; then whatever the master has sent
/// before it knew that this is a relay; then the frame that begins it all. Nothing is looked into,
/// and nothing but a header is waited for, so items may be of any size and cut anywhere.
class RelayOpening {
 public:
  /// `wire`: Msgpack or Json. `max_frame`: bytes of a frame's value, or of a line.
  RelayOpening(Wire wire, std::uint64_t prep_items, std::size_t max_frame)
      : json_(wire == Wire::Json), items_left_(prep_items), max_frame_(max_frame) {}

  struct Part {
    enum class What : std::uint8_t {
      NeedMore,  ///< undecided before `size` bytes are there
      Prep,      ///< `size` bytes are of prep items, one behind the other
      Dropped,   ///< `size` bytes are of something else
      Begin,     ///< `size` bytes are the frame; what follows is find_relay_frame()'s
      Broken     ///< `error` says why
    } what = What::NeedMore;
    std::size_t size = 0;
    std::string error = {};
  };
  /// What is at the front of `bytes`, which begin behind what the last call has found.
  Part next(ByteView bytes);

  /// All prep items have been there.
  bool prepared() const { return items_left_ == 0; }
  /// What has been found so far ends with an item, or with a task.
  bool between() const { return left_ == 0 && line_bytes_ == 0; }

 private:
  Part take_line(ByteView bytes);
  Part take_frame(ByteView bytes);
  Part take_rest(ByteView bytes);
  Part found(std::size_t size, bool ends);

  bool json_;
  std::uint64_t items_left_;
  std::size_t max_frame_;
  std::size_t left_ = 0;        ///< of the frame that is being taken
  std::size_t line_bytes_ = 0;  ///< of the line that is being taken, so far
};

}  // namespace spread::wire
