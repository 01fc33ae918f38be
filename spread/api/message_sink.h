#pragma once

#include <string_view>

namespace spread {

/// Told, in the place of the descriptor 2 that a library does not write to, what a run says. Called
/// in the thread of the run, which goes on when it returns; it must not throw.
class MessageSink {
 public:
  virtual ~MessageSink() = default;
  /// What spread has to say: a line or several, without the last newline, as it is: what came from
  /// workers or files may have bytes in it that are not for a terminal.
  virtual void on_message(std::string_view message) = 0;
  /// What workers have written to their stderr, or printed where it does not belong: as it came, at
  /// least a byte.
  virtual void on_text(std::string_view text) = 0;
};

}  // namespace spread
