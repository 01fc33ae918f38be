#include "spread/io/launcher_threads.h"

#include <signal.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <utility>

#include "spread/base/posix.h"
#include "spread/sys/calls.h"

namespace spread {
namespace {

// A call brings a stack for the child; its own frames take some hundred bytes. The rest is for
// sanitizers, and never touched.
constexpr std::size_t kStackBytes = 128 * 1024;

}  // namespace

LauncherThreads::LauncherThreads(UniqueFd wake, std::size_t threads_max)
    : wake_(std::move(wake)), threads_max_(threads_max) {
  waiting_.reserve(kUnderWayMax);
  done_.reserve(kUnderWayMax);
}

Result<std::unique_ptr<LauncherThreads>> LauncherThreads::create(std::size_t threads_max) {
  UniqueFd wake(sys::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake) return tl::unexpected(errno_error("eventfd"));
  return std::unique_ptr<LauncherThreads>(new LauncherThreads(std::move(wake), threads_max));
}

LauncherThreads::~LauncherThreads() { stop(); }

bool LauncherThreads::add_thread() {
  pthread_t thread;
  const int error = sys::pthread_create(
      &thread, std::max<std::size_t>(kStackBytes, PTHREAD_STACK_MIN), enter, this);
  if (error == 0) threads_.push_back(thread);
  return error == 0;
}

bool LauncherThreads::submit(SpawnCall& call) {
  if (!has_room()) return false;
  bool all_busy;
  {
    const std::lock_guard lock(mutex_);
    all_busy = idle_ <= waiting_.size();
  }
  if (all_busy && threads_.size() < threads_max_) add_thread();
  if (threads_.empty()) return false;
  ++under_way_;
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(&call);
  }
  wanted_.notify_one();
  return true;
}

void LauncherThreads::take_done(std::vector<SpawnCall*>& done) {
  std::uint64_t wakes;
  static_cast<void>(read_some(wake_.get(), reinterpret_cast<Byte*>(&wakes), sizeof wakes));
  const std::lock_guard lock(mutex_);
  done.insert(done.end(), done_.begin(), done_.end());
  under_way_ -= done_.size();
  done_.clear();
}

void LauncherThreads::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    done_.insert(done_.end(), waiting_.begin(), waiting_.end());
    waiting_.clear();
  }
  wanted_.notify_all();
  for (const pthread_t thread : threads_) sys::pthread_join(thread);
  threads_.clear();
}

void* LauncherThreads::enter(void* self) {
  static_cast<LauncherThreads*>(self)->work();
  return nullptr;
}

void LauncherThreads::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    while (!stopping_ && waiting_.empty()) wanted_.wait(lock);
    --idle_;
    if (stopping_) return;
    SpawnCall* call = waiting_.front();
    waiting_.erase(waiting_.begin());
    lock.unlock();
    call->run();
    lock.lock();
    done_.push_back(call);
    if (done_.size() > 1) continue;
    // Without the lock: the thread that is woken takes it.
    lock.unlock();
    const std::uint64_t one = 1;
    const ByteView bytes(reinterpret_cast<const Byte*>(&one), sizeof one);
    static_cast<void>(write_some(wake_.get(), {&bytes, 1}));
    lock.lock();
  }
}

}  // namespace spread
