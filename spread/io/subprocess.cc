#include "spread/io/subprocess.h"

#include <signal.h>
#include <sys/timerfd.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "spread/base/posix.h"
#include "spread/io/child_end.h"
#include "spread/io/children.h"
#include "spread/sys/calls.h"

namespace spread {
namespace {

constexpr int kLook = WEXITED | WNOHANG | WNOWAIT, kReap = WEXITED | WNOHANG;

/// To its group, and to itself where it has left that for another one of its session (setpgid):
/// if it is not reaped, its number is its own. Of one that was reaped by something else, the number
/// is that of its group as long as this has a process; then no process can have it.
void signal_family(int pid, int pidfd, int group, int signal) {
  siginfo_t end;
  const bool taken = wait_for_child(pid, pidfd, end, kLook) == ChildState::Taken;
  if (taken && (sys::kill(pid, 0) == 0 || errno != ESRCH)) return;
  sys::kill(-group, signal);
  if (!taken && group > 0 && sys::getpgid(pid) != group) sys::kill(pid, signal);
}

ExitStatus status_of(const siginfo_t& end) {
  if (end.si_code == CLD_EXITED) return {end.si_status, 0};
  return {0, end.si_status};
}

}  // namespace

Result<UniqueFd> open_ticks() {
  constexpr long kLookEveryNs = 10'000'000;
  UniqueFd timer = above_standard(sys::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!timer) return tl::unexpected(errno_error("timerfd_create"));
  const itimerspec every{{0, kLookEveryNs}, {0, kLookEveryNs}};
  sys::timerfd_settime(timer.get(), 0, &every);
  return timer;
}

void Spawner::Children::leave_behind(int pid, int group, UniqueFd exit_fd) {
  signal_family(pid, exit_fd.get(), group, SIGKILL);
  unreaped.push_back({pid, group, std::move(exit_fd)});
}

void Spawner::Children::reap() {
  std::erase_if(unreaped, [this](const Unreaped& child) {
    siginfo_t end;
    if (wait_for_child(child.pid, child.exit_fd.get(), end, kLook) == ChildState::Runs)
      return false;
    forget(child.group);
    wait_for_child(child.pid, child.exit_fd.get(), end, kReap);
    return true;
  });
}

bool ExitStatus::is_success(std::span<const std::uint8_t> ok) const {
  if (signal != 0 || ok.empty()) return clean();
  return std::find(ok.begin(), ok.end(), code) != ok.end();
}

std::string ExitStatus::text(bool by_us) const {
  if (!known()) return "exit status unknown";
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
  of_guest = other.of_guest;
  output = std::move(other.output);
  errors = std::move(other.errors);
  return *this;
}

Subprocess::~Subprocess() {
  if (!impl_) return;
  --impl_->children.living;
  if (!impl_->running) return;
  impl_->children.leave_behind(impl_->pid, impl_->group, std::move(impl_->exit_fd));
}

int Subprocess::pid() const { return impl_->pid; }
int Subprocess::exit_fd() const { return impl_->ticks ? impl_->ticks.get() : impl_->exit_fd.get(); }

std::optional<ExitStatus> Subprocess::try_wait() {
  // Looked at, forgotten, reaped, in this order: whenever spread is killed, the guard knows exactly
  // the groups that may have a living process, and no number that may be another's.
  siginfo_t end;
  const ChildState state = wait_for_child(impl_->pid, impl_->exit_fd.get(), end, kLook);
  if (state == ChildState::Runs) {
    // A timer is to be readable at its next tick only.
    std::uint64_t ticks;
    const IoResult read = read_some(exit_fd(), reinterpret_cast<Byte*>(&ticks), sizeof ticks);
    if (read.state == IoState::Failed && !impl_->ticks) {
      // A pidfd stays readable from the end on; but a tracer is told before spread can reap.
      if (Result<UniqueFd> timer = open_ticks()) impl_->ticks = std::move(*timer);
    }
    return std::nullopt;
  }
  impl_->children.forget(impl_->group);
  const ExitStatus status = state == ChildState::Ended ? status_of(end) : ExitStatus::unknown();
  if (state == ChildState::Ended) wait_for_child(impl_->pid, impl_->exit_fd.get(), end, kReap);
  impl_->running = false;
  impl_->ticks.reset();
  impl_->exit_fd.reset();
  return status;
}

bool Subprocess::has_failed() const {
  siginfo_t end;
  const ChildState state = wait_for_child(impl_->pid, impl_->exit_fd.get(), end, kLook);
  return state == ChildState::Taken || (state == ChildState::Ended && !status_of(end).clean());
}

void Subprocess::signal_group(int signal) {
  signal_family(impl_->pid, impl_->exit_fd.get(), impl_->group, signal);
}
void Subprocess::kill_group() { signal_group(SIGKILL); }

}  // namespace spread
