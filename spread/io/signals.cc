#include "spread/io/signals.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <utility>

#include "spread/base/posix.h"
#include "spread/sys/calls.h"

namespace spread {

Result<SignalSet> SignalSet::create() {
  sigset_t wanted;
  sigemptyset(&wanted);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGTSTP, SIGWINCH}) {
    struct sigaction now {};
    sys::sigaction(signal, nullptr, &now);
    if (now.sa_handler == SIG_IGN && signal != SIGWINCH) continue;
    sigaddset(&wanted, signal);
  }
  UniqueFd fd(sys::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) return tl::unexpected(errno_error("signalfd"));
  return SignalSet(std::move(fd), wanted);
}

Status SignalSet::block() {
  const int error = sys::pthread_sigmask(SIG_BLOCK, &wanted_, nullptr);
  if (error == 0) return {};
  return fail("pthread_sigmask: " + errno_text(error));
}

std::optional<Signal> SignalSet::next() {
  signalfd_siginfo info;
  const IoResult read = read_some(fd_.get(), reinterpret_cast<Byte*>(&info), sizeof info);
  if (read.state != IoState::Done || read.size != sizeof info) return std::nullopt;
  const auto number = static_cast<int>(info.ssi_signo);
  const int slots = number == SIGUSR1 ? 1 : number == SIGUSR2 ? -1 : 0;
  const bool stop = number == SIGTSTP;
  return Signal{number, slots == 0 && !stop && number != SIGWINCH, slots, stop};
}

void SignalSet::stop_here() {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTSTP);
  sys::kill(sys::getpid(), SIGTSTP);
  sys::pthread_sigmask(SIG_UNBLOCK, &stop, nullptr);
  sys::pthread_sigmask(SIG_BLOCK, &stop, nullptr);
}

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
