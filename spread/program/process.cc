#include "spread/program/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "spread/base/posix.h"

namespace spread {

void ensure_standard_descriptors() {
  // Opened in the wrong direction: input that was closed (`<&-`) must fail when it is read, and not
  // be taken for empty; output that was closed must fail when it is written, and not vanish.
  constexpr int kUnusable[] = {O_WRONLY, O_RDONLY, O_WRONLY};
  for (int fd = 0; fd <= 2; ++fd) {
    // The lowest number that is free is the one it gets.
    if (::fcntl(fd, F_GETFD) < 0 && ::open("/dev/null", kUnusable[fd]) != fd) return;
  }
}

Result<SignalSet> take_signals() {
  // With SIGCHLD ignored (inherited from a careless parent) the kernel would reap the children, and
  // spread could not learn how they ended.
  ::signal(SIGCHLD, SIG_DFL);
  return SignalSet::create();
}

std::uint64_t raise_descriptor_limit(std::uint64_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  if (limit.rlim_cur >= wanted) return limit.rlim_cur;
  limit.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

namespace {

/// Pipes that spread holds must end with spread, and not with the process that waits for it.
void close_all() {
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd <= 2 && null >= 0; ++fd) ::dup2(null, fd);
  ::close_range(3, ~0u, 0);
}

/// As a shell has it.
int status_of(int status) {
  constexpr int kSignalled = 128;
  return WIFSIGNALED(status) ? kSignalled + WTERMSIG(status) : WEXITSTATUS(status);
}

/// The status of `child`, if it is among those that have ended.
std::optional<int> reap(pid_t child) {
  int status;
  pid_t ended;
  while ((ended = ::waitpid(-1, &status, WNOHANG)) > 0) {
    if (ended != child) continue;
    return status_of(status);
  }
  return std::nullopt;
}

}  // namespace

std::optional<int> stand_in_for_init() {
  if (::getpid() != 1) return std::nullopt;
  // An ignored SIGCHLD would have the kernel reap the child with its status.
  ::signal(SIGCHLD, SIG_DFL);
  sigset_t all, before;
  sigfillset(&all);
  ::sigprocmask(SIG_BLOCK, &all, &before);
  const pid_t child = ::fork();
  if (child <= 0) {
    // Without a child orphans stay, and all else works.
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    return std::nullopt;
  }
  ::prctl(PR_SET_NAME, "spread-init");
  close_all();
  while (true) {
    siginfo_t info;
    const int number = ::sigwaitinfo(&all, &info);
    if (number == SIGCHLD) {
      if (const auto status = reap(child)) return status;
    } else if (number > 0 && info.si_code != SI_KERNEL) {
      // The child gets what the terminal sends from the terminal: it is in the same process group.
      ::kill(child, number);
    }
  }
}

namespace {

Status change_directory(const std::string& name) {
  if (::chdir(name.c_str()) == 0) return {};
  return tl::unexpected(errno_error("cannot go to " + name));
}

/// Ctrl-C, of one who waits for it to begin, is meant for it, and would not reach it. Blocked while
/// this exists, which in the child is not for long.
struct PassedOn {
  PassedOn() {
    sigemptyset(&signals);
    for (const int number : {SIGINT, SIGQUIT, SIGTERM}) sigaddset(&signals, number);
    ::sigprocmask(SIG_BLOCK, &signals, &before);
  }
  ~PassedOn() { ::sigprocmask(SIG_SETMASK, &before, nullptr); }
  PassedOn(const PassedOn&) = delete;
  PassedOn& operator=(const PassedOn&) = delete;

  sigset_t signals, before;
};

/// Returns when `begun` can be read: what the child has written, or its end.
void pass_on(const sigset_t& signals, pid_t child, int begun) {
  const UniqueFd pending(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  pollfd wait[] = {{begun, POLLIN, 0}, {pending.get(), POLLIN, 0}};
  while (true) {
    // What may fail is an interruption alone.
    if (::poll(wait, 2, -1) > 0 && wait[0].revents != 0) return;
    signalfd_siginfo signal;
    if (::read(pending.get(), &signal, sizeof signal) == sizeof signal) {
      ::kill(child, static_cast<int>(signal.ssi_signo));
    }
  }
}

/// What the child says when it begins is one byte; nothing, if it ends before.
Detached wait_for(pid_t child, int begun, const sigset_t& signals) {
  Detached parent;
  parent.pid = static_cast<std::uint64_t>(child);
  pass_on(signals, child, begun);
  Byte byte;
  parent.has_begun = read_some(begun, &byte, 1).state == IoState::Done;
  if (parent.has_begun) return parent;
  int status = 0;
  // The only one that there is, and no handler is installed: nothing interrupts this.
  ::waitpid(child, &status, 0);
  parent.status = status_of(status);
  return parent;
}

Result<Detached> detach(int log) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return tl::unexpected(errno_error("cannot make a pipe"));
  const UniqueFd begun(ends[0]);
  UniqueFd begins(ends[1]);
  // Were it ignored, the kernel would reap the child with its status.
  ::signal(SIGCHLD, SIG_DFL);
  const PassedOn passed;
  const pid_t child = ::fork();
  if (child < 0) return tl::unexpected(errno_error("cannot fork"));
  if (child > 0) {
    begins.reset();
    return wait_for(child, begun.get(), passed.signals);
  }
  ::setsid();
  const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!null || ::dup2(null.get(), 0) < 0 || ::dup2(log, 1) < 0 || ::dup2(log, 2) < 0) {
    return tl::unexpected(errno_error("cannot leave the terminal"));
  }
  Detached here;
  here.is_child = true;
  here.begun = begins.release();
  return here;
}

}  // namespace

ProcessControl process_control() { return {change_directory, detach}; }

}  // namespace spread
