// How children are started, at once or by launcher threads. What becomes of each is in
// subprocess.cc.
#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "spread/base/posix.h"
#include "spread/io/children.h"
#include "spread/io/event_loop.h"
#include "spread/io/guard.h"
#include "spread/io/launcher_threads.h"
#include "spread/io/subprocess.h"
#include "spread/io/system.h"
#include "spread/sys/calls.h"

namespace spread {
namespace {

// See docs/decisions/0010-launcher-threads.md.
constexpr std::size_t kThreads = 2;

/// Of a pipe that was just made: it has no other flags.
void set_nonblocking(int fd) { sys::fcntl(fd, F_SETFL, O_NONBLOCK); }

}  // namespace

struct Spawner::Impl final : ReadyHandler {
  EventLoop* loop;
  Children children;
  UniqueFd null;  // /dev/null, opened when it is first wanted
  std::uint64_t descriptor_limit = 0;
  int nicer_by = 0;
  const bool guest;
  const int streams[3];
  ChildEnvironment environment;
  const char* search_path;

  struct Start {
    std::unique_ptr<SpawnCall> call;
    StartHandler* handler;  ///< null: it was abandoned
  };
  std::vector<Start> starts;  ///< under way
  std::size_t others_min = 1;
  std::size_t background_max = LauncherThreads::kUnderWayMax;
  std::vector<std::unique_ptr<SpawnCall>> spare;
  std::unique_ptr<LauncherThreads> threads;  ///< made when they are first wanted

  Impl(Environment ours, Streams its_streams, Guard* its_guard, EventLoop* its_loop)
      : loop(its_loop),
        guest(its_streams.guest),
        streams{its_streams.input, its_streams.output, its_streams.errors},
        environment(ours),
        search_path(ours.search_path()) {
    children.guard = its_guard;
  }
  ~Impl() override;
  void stop_threads();

  bool overlaps();
  Status fill(SpawnCall& call, const SpawnOptions& options, bool keep);
  Status connect(SpawnCall& call, int fd, const SpawnOptions& options, Connect to, bool keep);
  std::unique_ptr<SpawnCall> take_call();
  void give_back(std::unique_ptr<SpawnCall> call);
  void watch_starts(int by) {
    if (children.guard != nullptr) children.guard->starting(by);
  }
  Result<Subprocess> run(std::unique_ptr<SpawnCall> call);
  Result<Subprocess> finish(SpawnCall& call);
  void on_ready(int fd, bool readable, bool writable) override;
};

Spawner::Spawner(Environment environment, Streams streams, Guard* guard, EventLoop* loop)
    : impl_(std::make_unique<Impl>(environment, streams, guard, loop)) {
  if (guard != nullptr) impl_->environment.mark = guard->mark();
}
Spawner::~Spawner() = default;

Spawner::Impl::~Impl() {
  stop_threads();
  // What was just killed is gone in a moment, unless it cannot be.
  constexpr int kLooks = 100;
  for (int look = 0; look < kLooks && !children.unreaped.empty(); ++look) {
    if (look > 0) sys::poll(nullptr, 0, 1);
    children.reap();
  }
}

void Spawner::Impl::stop_threads() {
  if (!threads) return;
  loop->remove(threads->fd());
  threads->stop();
  for (const Start& start : starts) {
    if (start.call->pid < 0) {
      watch_starts(-1);
      continue;
    }
    // The Subprocess is dropped at once, which ends the process.
    static_cast<void>(finish(*start.call));
  }
}

std::unique_ptr<SpawnCall> Spawner::Impl::take_call() {
  if (spare.empty()) return std::make_unique<SpawnCall>(guest);
  std::unique_ptr<SpawnCall> call = std::move(spare.back());
  spare.pop_back();
  return call;
}

void Spawner::Impl::give_back(std::unique_ptr<SpawnCall> call) {
  call->clear();
  spare.push_back(std::move(call));
}

/// Makes what the child's `fd` is to be. `keep`: the caller's descriptors may be closed before the
/// child has been started.
Status Spawner::Impl::connect(SpawnCall& call, int fd, const SpawnOptions& options, Connect to,
                              bool keep) {
  UniqueFd& theirs = call.theirs[fd];
  if (to == Connect::Inherit && streams[fd] >= 0) {
    if (streams[fd] != fd) call.dup_to(streams[fd], fd);
    return {};
  }
  if (to == Connect::File) {
    if (!keep) {
      call.dup_to(options.files[fd], fd);
      return {};
    }
    theirs = UniqueFd(sys::fcntl(options.files[fd], F_DUPFD_CLOEXEC, 3));
    if (!theirs) return tl::unexpected(errno_error("fcntl(F_DUPFD_CLOEXEC)"));
    call.dup_to(theirs.get(), fd);
    return {};
  }
  if (to == Connect::Null || to == Connect::Inherit) {
    if (!null) null = open_file("/dev/null", O_RDWR | O_CLOEXEC);
    if (!null) return tl::unexpected(errno_error("open /dev/null"));
    call.dup_to(null.get(), fd);
    return {};
  }
  UniqueFd& ours = call.ours[fd];
  const bool made = fd == 0 ? open_pipe(theirs, ours) : open_pipe(ours, theirs);
  if (!made) return tl::unexpected(errno_error("pipe2"));
  call.dup_to(theirs.get(), fd);
  set_nonblocking(ours.get());
  return {};
}

Status Spawner::Impl::fill(SpawnCall& call, const SpawnOptions& options, bool keep) {
  SPREAD_TRY(connect(call, 0, options, options.input, keep));
  SPREAD_TRY(connect(call, 1, options, options.output, keep));
  SPREAD_TRY(connect(call, 2, options, options.errors, keep));
  call.set_directory(options.directory);
  call.set_search_path(search_path);
  const bool inherits = options.inherits && !guest;
  if (!inherits) call.keep_standard_only();
  call.keep_ignored(inherits);
  call.limit_descriptors(descriptor_limit);
  call.be_nicer(nicer_by);
  if (!options.own_group) call.stay_in_our_group();
  if (options.argv != nullptr) {
    call.set_words(options.argv);
  } else {
    call.set_words(options.arguments);
  }
  if (keep) call.keep_words();
  if (options.directory.empty()) {
    environment.give_to(call, options.environment);
    return {};
  }
  // As a shell's cd does: make's $(PWD) and others look there.
  std::vector<std::pair<std::string, std::string>> with_directory(options.environment.begin(),
                                                                  options.environment.end());
  with_directory.emplace_back("PWD", absolute_directory(options.directory));
  environment.give_to(call, with_directory);
  return {};
}

/// What came of a call that has been run. Puts its descriptors and the Spawner's books in order.
Result<Subprocess> Spawner::Impl::finish(SpawnCall& call) {
  for (UniqueFd& fd : call.theirs) fd.reset();
  const int pid = call.pid;
  const int group = call.own_group() ? pid : -pid;
  children.reap();
  if (call.error == 0 && children.guard != nullptr) children.guard->watch(group);
  watch_starts(-1);
  if (call.error != 0) {
    return tl::unexpected(Error{"cannot start " + call.name() + ": " + call.problem(), call.error});
  }
  if (!call.exit_fd) {
    Result<UniqueFd> ticks = open_ticks();
    if (!ticks) {
      children.leave_behind(pid, group, {});
      return tl::unexpected(ticks.error());
    }
    call.exit_fd = std::move(*ticks);
  }
  ++children.living;
  Subprocess child(std::make_unique<Subprocess::Impl>(
      Subprocess::Impl{pid, group, std::move(call.exit_fd), children, {}}));
  child.input = std::move(call.ours[0]);
  child.of_guest = guest;
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
  if (loop == nullptr || children.living + starts.size() < others_min) return false;
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

bool Spawner::idle() const { return impl_->children.living == 0 && impl_->starts.empty(); }

void Spawner::settle() {
  constexpr int kLooks = 10, kLookEveryMs = 100;
  for (int look = 0; look < kLooks && !impl_->starts.empty(); ++look) {
    pollfd wake{impl_->threads->fd(), POLLIN, 0};
    if (sys::poll(&wake, 1, kLookEveryMs) > 0) impl_->on_ready(wake.fd, true, false);
  }
}

void Spawner::give_descriptor_limit(std::uint64_t soft) { impl_->descriptor_limit = soft; }

Status Spawner::give_niceness(int by) {
  impl_->nicer_by = by;
  if (by >= 0) return {};
  // Who may ask for less is for the kernel to say: of a child that is to become a program without a
  // name, which is never there.
  SpawnCall attempt;
  const std::string nothing[1];
  char* no_variables[] = {nullptr};
  attempt.environment.assign(no_variables, no_variables + 1);
  attempt.set_words(nothing);
  attempt.be_nicer(by);
  attempt.run();
  if (attempt.error == ENOENT) return {};
  return fail("--nice " + std::to_string(by) + ": " + errno_text(attempt.error));
}

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
