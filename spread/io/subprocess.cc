// The only file that knows Boost.Process. Its stock launchers fork the whole master and leave
// zombies behind a failed exec (docs/decisions/0001-process-launch.md), so the process is started
// here (spawn_call.h) and handed to Boost.Process as a pid and a pidfd.
#include "spread/io/subprocess.h"

#include <fcntl.h>
#include <signal.h>
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
#include "spread/io/child_environment.h"
#include "spread/io/event_loop.h"
#include "spread/io/guard.h"
#include "spread/io/launcher_threads.h"
#include "spread/io/spawn_call.h"

namespace spread {
namespace {

// See docs/decisions/0010-launcher-threads.md.
constexpr std::size_t kThreads = 2;

using Process = boost::process::v2::basic_process<boost::asio::io_context::executor_type>;

/// Of a pipe that was just made: it has no other flags.
void set_nonblocking(int fd) { ::fcntl(fd, F_SETFL, O_NONBLOCK); }

/// Where there is no pidfd: becomes readable a hundred times a second, and try_wait() looks each
/// time whether the process has ended.
Result<int> open_ticks() {
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
  std::size_t* living;  ///< the Spawner's count
  Guard* guard = nullptr;
  bool running = true;
};

Subprocess::Subprocess(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Subprocess::Subprocess(Subprocess&&) noexcept = default;
Subprocess& Subprocess::operator=(Subprocess&& other) noexcept {
  // By way of a third one, which ends what was ours.
  Subprocess old(std::move(*this));
  impl_ = std::move(other.impl_);
  input = std::move(other.input);
  output = std::move(other.output);
  errors = std::move(other.errors);
  return *this;
}

Subprocess::~Subprocess() {
  // Boost's own destructor would kill the leader alone, and then wait for it.
  if (impl_ && impl_->running) signal_group(SIGKILL);
  if (impl_ && impl_->guard != nullptr) impl_->guard->forget(impl_->pid);
  if (impl_) --*impl_->living;
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

struct Spawner::Impl final : ReadyHandler {
  Guard* guard;
  EventLoop* loop;
  // Never run: Boost.Process wants an executor to hold a process handle. The waiting is done by
  // EventLoop on the same pidfd.
  boost::asio::io_context context{1};
  UniqueFd null;  // /dev/null, opened when it is first wanted
  ChildEnvironment environment;
  std::size_t living = 0;  ///< Subprocess objects

  struct Start {
    std::unique_ptr<SpawnCall> call;
    StartHandler* handler;  ///< null: it was abandoned
  };
  std::vector<Start> starts;  ///< under way
  std::size_t others_min = 1;
  std::size_t background_max = LauncherThreads::kUnderWayMax;
  std::vector<std::unique_ptr<SpawnCall>> spare;
  std::unique_ptr<LauncherThreads> threads;  ///< made when they are first wanted

  Impl(Guard* its_guard, EventLoop* its_loop) : guard(its_guard), loop(its_loop) {}
  ~Impl() override;

  bool overlaps();
  Status fill(SpawnCall& call, const SpawnOptions& options, bool keep);
  Status connect(SpawnCall& call, int fd, const SpawnOptions& options, Connect to, bool keep);
  std::unique_ptr<SpawnCall> take_call();
  void give_back(std::unique_ptr<SpawnCall> call);
  void watch_starts(int by) {
    if (guard != nullptr) guard->starting(by);
  }
  Result<Subprocess> run(std::unique_ptr<SpawnCall> call);
  Result<Subprocess> finish(SpawnCall& call);
  void on_ready(int fd, bool readable, bool writable) override;
};

Spawner::Spawner(Guard* guard, EventLoop* loop) : impl_(std::make_unique<Impl>(guard, loop)) {
  if (guard != nullptr) impl_->environment.mark = guard->mark();
}
Spawner::~Spawner() = default;

Spawner::Impl::~Impl() {
  if (!threads) return;
  loop->remove(threads->fd());
  threads->stop();
  for (const Start& start : starts) {
    if (start.call->pid < 0) {
      watch_starts(-1);
      continue;
    }
    // Its end is that of the Subprocess which nobody takes.
    static_cast<void>(finish(*start.call));
  }
}

std::unique_ptr<SpawnCall> Spawner::Impl::take_call() {
  if (spare.empty()) return std::make_unique<SpawnCall>();
  std::unique_ptr<SpawnCall> call = std::move(spare.back());
  spare.pop_back();
  return call;
}

void Spawner::Impl::give_back(std::unique_ptr<SpawnCall> call) {
  call->clear();
  spare.push_back(std::move(call));
}

/// Makes what the child's `fd` is to be. `keep`: our caller's descriptors may be closed before the
/// child has been started.
Status Spawner::Impl::connect(SpawnCall& call, int fd, const SpawnOptions& options, Connect to,
                              bool keep) {
  UniqueFd& theirs = call.theirs[fd];
  if (to == Connect::Ours) return {};
  if (to == Connect::File) {
    if (!keep) {
      call.dup_to(options.files[fd], fd);
      return {};
    }
    theirs = UniqueFd(::fcntl(options.files[fd], F_DUPFD_CLOEXEC, 3));
    if (!theirs) return tl::unexpected(errno_error("fcntl(F_DUPFD_CLOEXEC)"));
    call.dup_to(theirs.get(), fd);
    return {};
  }
  if (to == Connect::Null) {
    if (!null) null = UniqueFd(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!null) return tl::unexpected(errno_error("open /dev/null"));
    call.dup_to(null.get(), fd);
    return {};
  }
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return tl::unexpected(errno_error("pipe2"));
  UniqueFd& ours = call.ours[fd];
  ours = UniqueFd(ends[fd == 0 ? 1 : 0]);
  theirs = UniqueFd(ends[fd == 0 ? 0 : 1]);
  call.dup_to(theirs.get(), fd);
  set_nonblocking(ours.get());
  return {};
}

Status Spawner::Impl::fill(SpawnCall& call, const SpawnOptions& options, bool keep) {
  SPREAD_TRY(connect(call, 0, options, options.input, keep));
  SPREAD_TRY(connect(call, 1, options, options.output, keep));
  SPREAD_TRY(connect(call, 2, options, options.errors, keep));
  call.set_directory(options.directory);
  if (options.argv != nullptr) {
    call.set_words(options.argv);
  } else {
    call.set_words(options.arguments);
  }
  if (keep) call.keep_words();
  environment.give_to(call, options.environment);
  return {};
}

/// What came of a call that has been run. Its descriptors and our bookkeeping are put in order.
Result<Subprocess> Spawner::Impl::finish(SpawnCall& call) {
  for (UniqueFd& fd : call.theirs) fd.reset();
  const int pid = call.pid;
  if (call.error == 0 && guard != nullptr) guard->watch(pid);
  watch_starts(-1);
  if (call.error != 0) {
    return tl::unexpected(
        Error{"cannot start " + call.name() + ": " + errno_text(call.error), call.error});
  }
  const Result<int> exit_fd = call.exit_fd ? call.exit_fd.release() : open_ticks();
  if (!exit_fd) {
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    if (guard != nullptr) guard->forget(pid);
    return tl::unexpected(exit_fd.error());
  }
  ++living;
  Subprocess child(std::make_unique<Subprocess::Impl>(Subprocess::Impl{
      Process(context.get_executor(), pid, *exit_fd), pid, *exit_fd, &living, guard}));
  child.input = std::move(call.ours[0]);
  child.output = std::move(call.ours[1]);
  child.errors = std::move(call.ours[2]);
  return child;
}

Result<Subprocess> Spawner::Impl::run(std::unique_ptr<SpawnCall> call) {
  call->run();
  Result<Subprocess> child = finish(*call);
  give_back(std::move(call));
  return child;
}

Result<Subprocess> Spawner::spawn(const SpawnOptions& options) {
  std::unique_ptr<SpawnCall> call = impl_->take_call();
  SPREAD_TRY(impl_->fill(*call, options, false));
  impl_->watch_starts(+1);
  return impl_->run(std::move(call));
}

// ---------------------------------------------------------------- in the background

/// Whether the loop may have something else to do while a child is being started. A lone one is
/// started sooner without a thread.
bool Spawner::Impl::overlaps() {
  if (loop == nullptr || living + starts.size() < others_min) return false;
  if (starts.size() >= background_max) return false;
  if (!threads) {
    auto made = LauncherThreads::create(kThreads);
    if (!made) return false;
    threads = std::move(*made);
    loop->add(threads->fd(), true, false, this);
  }
  return threads->has_room();
}

Result<std::optional<Subprocess>> Spawner::start(const SpawnOptions& options,
                                                 StartHandler& handler) {
  const bool later = impl_->overlaps();
  std::unique_ptr<SpawnCall> call = impl_->take_call();
  SPREAD_TRY(impl_->fill(*call, options, later));
  impl_->watch_starts(+1);
  if (later && impl_->threads->submit(*call)) {
    impl_->starts.push_back({std::move(call), &handler});
    return std::nullopt;
  }
  auto child = impl_->run(std::move(call));
  if (!child) return tl::unexpected(child.error());
  return std::optional<Subprocess>(std::move(*child));
}

bool Spawner::idle() const { return impl_->living == 0 && impl_->starts.empty(); }

void Spawner::limit_background(std::size_t descriptors, std::size_t others_min) {
  impl_->others_min = others_min;
  constexpr std::size_t kPerStart = 3, kOwn = 1;
  static_assert(kOwn + kPerStart * LauncherThreads::kUnderWayMax == kBackgroundDescriptors);
  impl_->background_max =
      std::min(std::max(descriptors, kOwn) - kOwn, kBackgroundDescriptors - kOwn) / kPerStart;
}

void Spawner::abandon(const StartHandler& handler) {
  for (Impl::Start& start : impl_->starts) {
    if (start.handler == &handler) start.handler = nullptr;
  }
}

void Spawner::Impl::on_ready(int, bool, bool) {
  std::vector<SpawnCall*> done;
  threads->take_done(done);
  for (SpawnCall* call : done) {
    const auto found = std::find_if(starts.begin(), starts.end(), [call](const Start& start) {
      return start.call.get() == call;
    });
    Start start = std::move(*found);
    starts.erase(found);
    Result<Subprocess> child = finish(*call);
    give_back(std::move(start.call));
    // It may start another one, or abandon one that is done, too.
    if (start.handler != nullptr) start.handler->on_started(std::move(child));
  }
}

}  // namespace spread
