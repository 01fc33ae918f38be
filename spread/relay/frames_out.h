#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "spread/api/bytes.h"
#include "spread/output/output_writer.h"
#include "spread/wire/relay_frames.h"

namespace spread {

/// What a relay says to its master, on the way to its standard output: frames, which wait for
/// their reader. Workers are read only while less than OutputWriter::kFull waits.
class FramesOut {
 public:
  explicit FramesOut(OutputWriter& writer) : writer_(writer) {}

  /// Of a kind without bytes.
  void say(const wire::RelayFrame& frame) {
    wire::append_relay_frame(frame, writer_.queue().tail());
  }
  /// Out or Err, of at most wire::kRelayPieceMax bytes.
  void pass(wire::RelayKind kind, std::uint32_t k, Slice bytes) {
    wire::append_relay_head(kind, k, bytes.size(), writer_.queue().tail());
    writer_.queue().append(std::move(bytes));
    if (writer_.full()) full_ = true;
  }
  /// Workers may be read. False from the moment at which too much waits, until half of it has been
  /// written and take_room() was asked: not each piece that is read and written is to change what
  /// the loop waits for.
  bool has_room() const { return !full_; }
  /// Once a turn, behind the flush. True: there was no room, and there is again.
  bool take_room() {
    if (!full_ || writer_.waiting() > OutputWriter::kFull / 2) return false;
    full_ = false;
    return true;
  }

 private:
  OutputWriter& writer_;
  bool full_ = false;
};

}  // namespace spread
