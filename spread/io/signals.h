#pragma once

#include <signal.h>

#include <optional>

#include "spread/api/result.h"
#include "spread/base/posix.h"

namespace spread {

struct Signal {
  int number = 0;
  bool asks_to_end = false;   ///< INT, TERM, HUP
  int slots = 0;              ///< USR1: one slot more; USR2: one less (as xargs)
  bool asks_to_stop = false;  ///< TSTP: Ctrl-Z
};

/// Turns signals into something that the event loop can wait for. INT, TERM, HUP, USR1, USR2, TSTP
/// and WINCH are blocked in this thread from block() on and read from a descriptor. No disposition
/// is changed (program/process.h does so). A signal that was ignored when spread was started
/// (nohup) stays ignored.
class SignalSet {
 public:
  static Result<SignalSet> create();
  SignalSet(SignalSet&&) noexcept = default;

  /// To be called late: until then signals do what they do to any process, so that they can end a
  /// start that waits for ever (for example for the other side of a FIFO).
  Status block();
  int fd() const { return fd_.get(); }
  /// The next signal that has arrived, if there is one.
  std::optional<Signal> next();
  /// Does what TSTP does by default: returns after CONT, or at once where no shell could continue
  /// spread (an orphaned process group).
  void stop_here();

 private:
  SignalSet(UniqueFd fd, const sigset_t& wanted) : fd_(std::move(fd)), wanted_(wanted) {}
  UniqueFd fd_;
  sigset_t wanted_;
};

/// While it exists, a write of this thread to a pipe without a reader, or to a file that may not
/// grow (ulimit -f), is an error of write(2) and does not end the process: PIPE and XFSZ, which the
/// kernel sends to the thread that writes, are blocked there, and what has come of them is taken
/// away at the end. So no disposition of the process is changed, and no write costs more. To be
/// destroyed by the thread that made it.
class WriteSignalsBlocked {
 public:
  WriteSignalsBlocked();
  ~WriteSignalsBlocked();
  WriteSignalsBlocked(const WriteSignalsBlocked&) = delete;
  WriteSignalsBlocked& operator=(const WriteSignalsBlocked&) = delete;

 private:
  sigset_t blocked_;  ///< those that were not blocked before
};

}  // namespace spread
