#include "spread/io/signals.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <utility>

#include "spread/base/posix.h"

namespace spread {

Result<SignalSet> SignalSet::create() {
  sigset_t wanted;
  sigemptyset(&wanted);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGTSTP, SIGWINCH}) {
    struct sigaction now {};
    ::sigaction(signal, nullptr, &now);
    if (now.sa_handler == SIG_IGN && signal != SIGWINCH) continue;
    sigaddset(&wanted, signal);
  }
  // With SIGCHLD ignored (inherited from a careless parent) the kernel would reap the children, and
  // spread could not learn how they ended.
  ::signal(SIGCHLD, SIG_DFL);
  ::signal(SIGPIPE, SIG_IGN);
  // A file that may not grow any more (ulimit -f) is an error of write(2), as a full disk is.
  ::signal(SIGXFSZ, SIG_IGN);
  UniqueFd fd(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) return tl::unexpected(errno_error("signalfd"));
  return SignalSet(std::move(fd), wanted);
}

Status SignalSet::block() {
  if (::sigprocmask(SIG_BLOCK, &wanted_, nullptr) == 0) return {};
  return tl::unexpected(errno_error("sigprocmask"));
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
  ::kill(::getpid(), SIGTSTP);
  ::sigprocmask(SIG_UNBLOCK, &stop, nullptr);
  ::sigprocmask(SIG_BLOCK, &stop, nullptr);
}

}  // namespace spread
