#include "spread/io/subprocess.h"

#include <signal.h>
#include <sys/timerfd.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

#include "spread/base/posix.h"
#include "spread/io/children.h"
#include "spread/sys/calls.h"

namespace spread {
namespace {

/// It can be reaped; that is left for later.
bool has_ended(int pid) {
  siginfo_t info{};
  return sys::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
         info.si_pid == pid;
}

/// To its group, and to itself where it has left that for another one of its session (setpgid):
/// it is not reaped, so its number is its own.
void signal_family(int pid, int group, int signal) {
  sys::kill(-group, signal);
  if (group > 0 && sys::getpgid(pid) != group) sys::kill(pid, signal);
}

}  // namespace

Result<int> open_ticks() {
  constexpr long kLookEveryNs = 10'000'000;
  const int timer = sys::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (timer < 0) return tl::unexpected(errno_error("timerfd_create"));
  const itimerspec every{{0, kLookEveryNs}, {0, kLookEveryNs}};
  sys::timerfd_settime(timer, 0, &every);
  return timer;
}

void Spawner::Children::leave_behind(int pid, int group) {
  signal_family(pid, group, SIGKILL);
  unreaped.push_back({pid, group});
}

void Spawner::Children::reap() {
  std::erase_if(unreaped, [this](const Unreaped& child) {
    if (!has_ended(child.pid)) return false;
    forget(child.group);
    sys::waitpid(child.pid, nullptr, WNOHANG);
    return true;
  });
}

bool ExitStatus::is_success(std::span<const std::uint8_t> ok) const {
  if (signal != 0 || ok.empty()) return clean();
  return std::find(ok.begin(), ok.end(), code) != ok.end();
}

std::string ExitStatus::text(bool by_us) const {
  if (signal == 0) return "exit status " + std::to_string(code);
  std::string text = "killed by signal " + std::to_string(signal) + " (" + ::strsignal(signal);
  if (signal == SIGKILL && !by_us) text += "; out of memory, perhaps";
  return text + ")";
}

Subprocess::Subprocess(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Subprocess::Subprocess(Subprocess&&) noexcept = default;
Subprocess& Subprocess::operator=(Subprocess&& other) noexcept {
  // By way of a third one, which ends the process that this one held.
  Subprocess old(std::move(*this));
  impl_ = std::move(other.impl_);
  input = std::move(other.input);
  output = std::move(other.output);
  errors = std::move(other.errors);
  return *this;
}

Subprocess::~Subprocess() {
  if (!impl_) return;
  --impl_->children.living;
  if (!impl_->running) return;
  impl_->children.leave_behind(impl_->pid, impl_->group);
}

int Subprocess::pid() const { return impl_->pid; }
int Subprocess::exit_fd() const { return impl_->ticks ? impl_->ticks.get() : impl_->exit_fd.get(); }

std::optional<ExitStatus> Subprocess::try_wait() {
  // Looked at, forgotten, reaped, in this order: whenever spread is killed, the guard knows exactly
  // the groups that may have a living process, and no number that may be another's.
  if (!has_ended(impl_->pid)) {
    // A timer is to be readable at its next tick only.
    std::uint64_t ticks;
    const IoResult read = read_some(exit_fd(), reinterpret_cast<Byte*>(&ticks), sizeof ticks);
    if (read.state == IoState::Failed && !impl_->ticks) {
      // A pidfd stays readable from the end on; but a tracer is told before spread can reap.
      if (const Result<int> timer = open_ticks()) impl_->ticks = UniqueFd(*timer);
    }
    return std::nullopt;
  }
  impl_->children.forget(impl_->group);
  int status = 0;
  sys::waitpid(impl_->pid, &status, WNOHANG);
  impl_->running = false;
  impl_->ticks.reset();
  impl_->exit_fd.reset();
  if (WIFSIGNALED(status)) return ExitStatus{0, WTERMSIG(status)};
  return ExitStatus{WEXITSTATUS(status), 0};
}

bool Subprocess::has_failed() const {
  siginfo_t info{};
  const auto pid = static_cast<id_t>(impl_->pid);
  return sys::waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0 &&
         (info.si_code != CLD_EXITED || info.si_status != 0);
}

void Subprocess::signal_group(int signal) { signal_family(impl_->pid, impl_->group, signal); }
void Subprocess::kill_group() { signal_group(SIGKILL); }

}  // namespace spread
