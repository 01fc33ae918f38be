#include "spread/io/write_signals.h"

#include "spread/sys/calls.h"

namespace spread {

WriteSignalsBlocked::WriteSignalsBlocked() {
  sigset_t before;
  sigemptyset(&blocked_);
  sigaddset(&blocked_, SIGPIPE);
  sigaddset(&blocked_, SIGXFSZ);
  sys::pthread_sigmask(SIG_BLOCK, &blocked_, &before);
  for (const int signal : {SIGPIPE, SIGXFSZ}) {
    if (sigismember(&before, signal) == 1) sigdelset(&blocked_, signal);
  }
}

WriteSignalsBlocked::~WriteSignalsBlocked() {
  // They were not blocked before, so what is pending has come of a write of this thread.
  const timespec at_once{};
  while (sys::sigtimedwait(&blocked_, &at_once) > 0) {
  }
  sys::pthread_sigmask(SIG_UNBLOCK, &blocked_, nullptr);
}

}  // namespace spread
