// The only file that knows Boost.Process. Its stock launchers fork the whole master and leave
// zombies behind a failed exec (docs/decisions/0001-process-launch.md), so the process is started
// here with posix_spawn and handed to Boost.Process as a pid and a pidfd.
#include "spread/io/subprocess.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#define BOOST_PROCESS_USE_STD_FS 1
#include <boost/optional.hpp>
#include <boost/type_traits.hpp>
#include <boost/utility/string_view.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/process/v2/process.hpp>

#include "spread/base/posix.h"
#include "spread/io/guard.h"

extern char** environ;

namespace spread {
namespace {

using Process = boost::process::v2::basic_process<boost::asio::io_context::executor_type>;

/// Of a pipe that was just made: it has no other flags.
void set_nonblocking(int fd) { ::fcntl(fd, F_SETFL, O_NONBLOCK); }

/// posix_spawn's two attribute objects, destroyed together.
class SpawnAttributes {
 public:
  SpawnAttributes() {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  ~SpawnAttributes() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

/// Ours plus what is added for a child; a name that is added replaces ours. Jobs of one run add the
/// same names with other values: which of ours stay is found out once.
class ChildEnvironment {
 public:
  std::string mark;  ///< "NAME=value", in every child

  using Additions = std::span<const std::pair<std::string, std::string>>;
  /// Good until the next call.
  char* const* with(Additions additions) {
    const bool same =
        std::equal(names_.begin(), names_.end(), additions.begin(), additions.end(),
                   [](const std::string& name, const auto& added) { return name == added.first; });
    if (!same || kept_ == 0) keep_others(additions);
    merged_.resize(kept_);
    added_.resize(additions.size());
    for (std::size_t i = 0; i < additions.size(); ++i) {
      added_[i].assign(additions[i].first).append("=").append(additions[i].second);
      merged_.push_back(added_[i].data());
    }
    if (!mark.empty()) merged_.push_back(mark.data());
    merged_.push_back(nullptr);
    return merged_.data();
  }

 private:
  void keep_others(Additions additions) {
    names_.clear();
    for (const auto& [name, value] : additions) names_.push_back(name);
    merged_.clear();
    for (char** entry = environ; *entry != nullptr; ++entry) {
      const std::string_view text(*entry);
      const std::string_view name = text.substr(0, text.find('='));
      if (std::find(names_.begin(), names_.end(), name) == names_.end()) merged_.push_back(*entry);
    }
    kept_ = merged_.size();
  }

  std::vector<std::string> names_;
  std::vector<std::string> added_;
  std::vector<char*> merged_;
  std::size_t kept_ = 0;  ///< of ours, at the front of merged_
};

std::vector<char*> pointers(std::span<const std::string> words) {
  std::vector<char*> result;
  result.reserve(words.size() + 1);
  for (const std::string& word : words) result.push_back(const_cast<char*>(word.c_str()));
  result.push_back(nullptr);
  return result;
}

/// Becomes readable when the process has ended. Where the kernel has no pidfd (before Linux 5.3,
/// and under valgrind) it becomes readable a hundred times a second, and try_wait() looks each
/// time.
Result<int> open_exit_fd(pid_t pid) {
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (fd >= 0) return fd;  // it is close-on-exec from birth
  if (errno != ENOSYS) return tl::unexpected(errno_error("pidfd_open"));
  constexpr long kLookEveryNs = 10'000'000;
  const int timer = ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (timer < 0) return tl::unexpected(errno_error("timerfd_create"));
  const itimerspec every{{0, kLookEveryNs}, {0, kLookEveryNs}};
  ::timerfd_settime(timer, 0, &every, nullptr);
  return timer;
}

}  // namespace

std::string ExitStatus::text(bool by_us) const {
  if (signal == 0) return "exit status " + std::to_string(code);
  std::string text = "killed by signal " + std::to_string(signal) + " (" + ::strsignal(signal);
  if (signal == SIGKILL && !by_us) text += "; out of memory, perhaps";
  return text + ")";
}

struct Subprocess::Impl {
  Process process;
  int pid;
  int exit_fd;
  bool running = true;
  Guard* guard = nullptr;
};

Subprocess::Subprocess(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Subprocess::Subprocess(Subprocess&&) noexcept = default;
Subprocess& Subprocess::operator=(Subprocess&&) noexcept = default;

Subprocess::~Subprocess() {
  // Boost's own destructor would kill the leader alone, and then wait for it.
  if (impl_ && impl_->running) signal_group(SIGKILL);
  if (impl_ && impl_->guard != nullptr) impl_->guard->forget(impl_->pid);
}

int Subprocess::pid() const { return impl_->pid; }
int Subprocess::exit_fd() const { return impl_->exit_fd; }

std::optional<ExitStatus> Subprocess::try_wait() {
  boost::system::error_code error;
  if (impl_->process.running(error)) {
    // Only a timer is ever readable before the end; this makes it not readable.
    std::uint64_t ticks;
    static_cast<void>(read_some(impl_->exit_fd, reinterpret_cast<Byte*>(&ticks), sizeof ticks));
    return std::nullopt;
  }
  impl_->running = false;
  const int status = impl_->process.native_exit_code();
  impl_->process.detach();
  if (WIFSIGNALED(status)) return ExitStatus{0, WTERMSIG(status)};
  return ExitStatus{WEXITSTATUS(status), 0};
}

void Subprocess::signal_group(int signal) { ::kill(-impl_->pid, signal); }
void Subprocess::kill_group() { signal_group(SIGKILL); }

struct Spawner::Impl {
  // Never run: Boost.Process wants an executor to hold a process handle. The waiting is done by
  // EventLoop on the same pidfd.
  boost::asio::io_context context{1};
  UniqueFd null;  // /dev/null, opened when it is first wanted
  ChildEnvironment environment;

  Status connect(SpawnAttributes& how, int fd, const SpawnOptions& options, Connect to,
                 UniqueFd& ours, UniqueFd& theirs);
};

Spawner::Spawner(Guard* guard) : impl_(std::make_unique<Impl>()), guard_(guard) {
  if (guard != nullptr) impl_->environment.mark = guard->mark();
}
Spawner::~Spawner() = default;

/// Makes what the child's `fd` is to be: `theirs` must be open until it has been started.
Status Spawner::Impl::connect(SpawnAttributes& how, int fd, const SpawnOptions& options, Connect to,
                              UniqueFd& ours, UniqueFd& theirs) {
  if (to == Connect::Ours) return {};
  if (to == Connect::File) {
    ::posix_spawn_file_actions_adddup2(&how.actions, options.files[fd], fd);
    return {};
  }
  if (to == Connect::Null) {
    if (!null) null = UniqueFd(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!null) return tl::unexpected(errno_error("open /dev/null"));
    ::posix_spawn_file_actions_adddup2(&how.actions, null.get(), fd);
    return {};
  }
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return tl::unexpected(errno_error("pipe2"));
  ours = UniqueFd(ends[fd == 0 ? 1 : 0]);
  theirs = UniqueFd(ends[fd == 0 ? 0 : 1]);
  ::posix_spawn_file_actions_adddup2(&how.actions, theirs.get(), fd);
  set_nonblocking(ours.get());
  return {};
}

Result<Subprocess> Spawner::spawn(const SpawnOptions& options) {
  SpawnAttributes how;
  UniqueFd ours[3], theirs[3];
  SPREAD_TRY(impl_->connect(how, 0, options, options.input, ours[0], theirs[0]));
  SPREAD_TRY(impl_->connect(how, 1, options, options.output, ours[1], theirs[1]));
  SPREAD_TRY(impl_->connect(how, 2, options, options.errors, ours[2], theirs[2]));
  ::posix_spawn_file_actions_addclosefrom_np(&how.actions, 3);
  if (!options.directory.empty()) {
    ::posix_spawn_file_actions_addchdir_np(&how.actions, options.directory.c_str());
  }
  const std::vector<char*> words = pointers(options.arguments);
  char* const* argv = options.argv != nullptr ? options.argv : words.data();
  char* const* envp = impl_->environment.with(options.environment);
  pid_t pid = -1;
  if (guard_ != nullptr) guard_->starting(true);
  int error = ::posix_spawnp(&pid, argv[0], &how.actions, &how.attributes, argv, envp);
  if (error == ENOEXEC) {
    // A script without #!, which a shell and execvp(3) run with sh.
    std::vector<char*> with_shell = {const_cast<char*>("/bin/sh")};
    for (char* const* word = argv; *word != nullptr; ++word) with_shell.push_back(*word);
    with_shell.push_back(nullptr);
    error =
        ::posix_spawnp(&pid, with_shell[0], &how.actions, &how.attributes, with_shell.data(), envp);
  }
  if (guard_ != nullptr) {
    if (error == 0) guard_->watch(pid);
    guard_->starting(false);
  }
  if (error != 0) {
    const std::string where = options.directory.empty() ? "" : " (in " + options.directory + ")";
    return tl::unexpected(
        Error{std::string("cannot start ") + argv[0] + where + ": " + errno_text(error), error});
  }
  const Result<int> exit_fd = open_exit_fd(pid);
  if (!exit_fd) {
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return tl::unexpected(exit_fd.error());
  }
  auto process = std::make_unique<Subprocess::Impl>(Subprocess::Impl{
      Process(impl_->context.get_executor(), pid, *exit_fd), static_cast<int>(pid), *exit_fd});
  process->guard = guard_;
  Subprocess child(std::move(process));
  child.input = std::move(ours[0]);
  child.output = std::move(ours[1]);
  child.errors = std::move(ours[2]);
  return child;
}

}  // namespace spread
