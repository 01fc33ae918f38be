#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <string>

#include "spread/arguments/argument_options.h"
#include "spread/arguments/payload_builder.h"
#include "spread/base/byte_buffer.h"

namespace spread {

/// Puts rows together to tasks: so many of them, or as many as fit on a command line.
///
/// With `spread_slots` it holds back what fills one line for every slot, so that at the end of the
/// input no slot gets a full line while others get none; GNU parallel holds back only one line.
class Batcher {
 public:
  explicit Batcher(const ArgumentSourceOptions& options);

  /// A row is a task: nothing needs to go through here but fault().
  bool passes() const { return max_rows_ == 1 && slots_ == 0; }

  /// Why the row fits on no command line; empty = it does.
  std::string fault(ByteView row) const;
  /// A row without fault.
  void add(ByteView row);
  void finish() { finished_ = true; }
  /// The next task that is complete.
  bool next(Slice& payload);

 private:
  struct Line {
    std::size_t rows = 0;
    std::size_t line_bytes = 0;  // on the command line
    std::size_t held_bytes = 0;
  };

  std::size_t line_bytes(ByteView row) const;
  bool is_full(const Line& line, std::size_t more_bytes) const;
  bool next_even(Slice& payload);
  Slice take(std::size_t rows, std::size_t bytes);

  ArgumentSourceOptions::Line limit_;
  std::size_t max_rows_;
  std::size_t slots_;
  ByteBuffer held_;                      // rows one behind the other,
  std::deque<std::uint32_t> row_bytes_;  // and how long each is
  std::deque<Line> lines_;               // how they fill lines; the last may take more
  std::size_t slots_left_ = 0;           // that get no part of the last rows yet
  bool finished_ = false;
  PayloadBuilder builder_;
};

}  // namespace spread
