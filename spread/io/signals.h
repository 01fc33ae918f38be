#pragma once

#include <optional>

#include "spread/api/result.h"
#include "spread/base/unique_fd.h"

namespace spread {

struct Signal {
  int number = 0;
  bool asks_to_end = false;  ///< INT, TERM, HUP
  int slots = 0;             ///< USR1: one slot more; USR2: one less (as xargs)
};

/// Turns signals into something that the event loop can wait for. INT, TERM, HUP, USR1, USR2 and
/// WINCH are blocked while it lives and read from a descriptor; PIPE is ignored, so that a reader
/// that goes away is an error of write(2). Children get default dispositions (Spawner). A signal
/// that was ignored when we were started (nohup) stays ignored.
class SignalSet {
 public:
  static Result<SignalSet> create();
  SignalSet(SignalSet&&) noexcept = default;

  int fd() const { return fd_.get(); }
  /// The next signal that has arrived, if there is one.
  std::optional<Signal> next();

 private:
  explicit SignalSet(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace spread
