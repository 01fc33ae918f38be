#pragma once

#include <signal.h>

namespace spread {

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
