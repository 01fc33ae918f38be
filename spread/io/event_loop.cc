#include "spread/io/event_loop.h"

#include <poll.h>
#include <sys/epoll.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <utility>
#include <vector>

#include "spread/base/assert.h"
#include "spread/base/posix.h"
#include "spread/sys/calls.h"

namespace spread {
namespace {

TimePoint read_clock() { return TimePoint(std::chrono::nanoseconds(sys::monotonic_ns())); }

// epoll_wait counts milliseconds. Rounding up: waking a little late is better than spinning.
int timeout_milliseconds(TimePoint deadline, TimePoint now) {
  if (deadline == kForever) return -1;
  if (deadline <= now) return 0;
  constexpr std::int64_t kMost = 3'600'000;
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(deadline - now).count();
  return static_cast<int>(std::min<std::int64_t>(ms, kMost));
}

}  // namespace

double wall_clock_seconds() {
  return std::chrono::duration<double>(std::chrono::nanoseconds(sys::realtime_ns())).count();
}

EventLoop::EventLoop(UniqueFd epoll, std::size_t watches_max)
    : epoll_(std::move(epoll)), watches_max_(watches_max), now_(read_clock()) {}

Result<EventLoop> EventLoop::create(std::size_t watches_max) {
  UniqueFd epoll = above_standard(sys::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return tl::unexpected(errno_error("epoll_create1"));
  return EventLoop(std::move(epoll), watches_max);
}

std::uint32_t EventLoop::control(int operation, int fd, const Entry& entry) {
  epoll_event event{};
  event.events = (entry.read ? EPOLLIN | EPOLLRDHUP : 0u) | (entry.write ? EPOLLOUT : 0u);
  // The generation tells an event of an earlier life of this descriptor number from this one's.
  event.data.u64 = (std::uint64_t{entry.generation} << 32) | static_cast<std::uint32_t>(fd);
  return sys::epoll_ctl(epoll_.get(), operation, fd, &event) == 0
             ? 0
             : static_cast<std::uint32_t>(errno);
}

void EventLoop::add(int fd, bool read, bool write, ReadyHandler* handler) {
  SPREAD_ASSERT(fd >= 0);
  if (static_cast<std::size_t>(fd) >= entries_.size()) {
    entries_.resize(static_cast<std::size_t>(fd) + 64);
  }
  Entry& entry = entries_[static_cast<std::size_t>(fd)];
  SPREAD_ASSERT(entry.handler == nullptr);
  entry.handler = handler;
  ++entry.generation;
  entry.read = read;
  entry.write = write;
  entry.always_ready = entry.paused = entry.polled = false;
  watch(EPOLL_CTL_ADD, fd, entry);
}

/// Adds to epoll's set, or changes there. Where that cannot be, the next best way is found.
void EventLoop::watch(int operation, int fd, Entry& entry) {
  const bool adds = operation == EPOLL_CTL_ADD;
  const bool full = adds && watches_ >= watches_max_;
  const std::uint32_t error = full ? ENOSPC : control(operation, fd, entry);
  watches_ += adds && error == 0 ? 1 : 0;
  if (error == 0) return;
  if (error == EPERM) {
    entry.always_ready = true;
    always_ready_.push_back(fd);
    return;
  }
  SPREAD_ASSERT(error == ENOSPC || error == ENOMEM);
  if (!adds) unwatch(fd, entry);
  entry.polled = true;
  polled_.push_back(fd);
}

void EventLoop::unwatch(int fd, const Entry& entry) {
  control(EPOLL_CTL_DEL, fd, entry);
  --watches_;
}

void EventLoop::change(int fd, bool read, bool write) {
  Entry& entry = entries_[static_cast<std::size_t>(fd)];
  SPREAD_ASSERT(entry.handler != nullptr);
  if (entry.read == read && entry.write == write) return;
  entry.read = read;
  entry.write = write;
  if (entry.always_ready) return;
  const bool was_paused = std::exchange(entry.paused, false);
  if (!entry.polled) watch(was_paused ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, entry);
}

void EventLoop::pause(int fd) {
  Entry& entry = entries_[static_cast<std::size_t>(fd)];
  SPREAD_ASSERT(entry.handler != nullptr);
  entry.read = entry.write = false;
  if (entry.always_ready || std::exchange(entry.paused, true) || entry.polled) return;
  unwatch(fd, entry);
}

void EventLoop::remove(int fd) {
  Entry& entry = entries_[static_cast<std::size_t>(fd)];
  SPREAD_ASSERT(entry.handler != nullptr);
  if (entry.always_ready) {
    std::erase(always_ready_, fd);
  } else if (entry.polled) {
    std::erase(polled_, fd);
  } else if (!entry.paused) {
    unwatch(fd, entry);
  }
  entry.handler = nullptr;
}

/// Tells only what is waited for now: an earlier handler of the same wait may have written all that
/// was to be written, and "writable" would then be taken for the news that the reader is gone.
std::size_t EventLoop::tell(int fd, bool readable, bool writable, bool broken) {
  const Entry entry = entries_[static_cast<std::size_t>(fd)];
  const bool reads = broken || (readable && entry.read);
  const bool writes = broken || (writable && entry.write);
  if (!reads && !writes) return 0;
  entry.handler->on_ready(fd, reads, writes);
  return 1;
}

std::size_t EventLoop::tell_polled() {
  std::vector<pollfd> asked;
  for (const int fd : polled_) {
    const Entry& entry = entries_[static_cast<std::size_t>(fd)];
    const int what = (entry.read ? POLLIN | POLLRDHUP : 0) | (entry.write ? POLLOUT : 0);
    if (!entry.paused) asked.push_back({fd, static_cast<short>(what), 0});
  }
  if (sys::poll(asked.data(), asked.size(), 0) <= 0) return 0;
  std::size_t ready = 0;
  for (const pollfd& each : asked) {
    const Entry entry = entries_[static_cast<std::size_t>(each.fd)];
    if (each.revents == 0 || entry.handler == nullptr || !entry.polled) continue;
    ready += tell(each.fd, (each.revents & (POLLIN | POLLRDHUP)) != 0,
                  (each.revents & POLLOUT) != 0, (each.revents & (POLLERR | POLLHUP)) != 0);
  }
  return ready;
}

void EventLoop::advance() { now_ = std::max(now_, read_clock()); }

std::size_t EventLoop::wait(TimePoint deadline) {
  constexpr int kEventsPerWait = 256;
  std::array<epoll_event, kEventsPerWait> events;
  const bool poll_only = std::any_of(always_ready_.begin(), always_ready_.end(), [&](int fd) {
    const Entry& entry = entries_[static_cast<std::size_t>(fd)];
    return entry.read || entry.write;
  });
  if (!timers_.empty()) deadline = std::min(deadline, timers_.front()->at());
  int timeout = poll_only ? 0 : timeout_milliseconds(deadline, now_);
  constexpr int kPollEveryMs = 10;
  if (!polled_.empty() && (timeout < 0 || timeout > kPollEveryMs)) timeout = kPollEveryMs;
  int count = sys::epoll_wait(epoll_.get(), events.data(), kEventsPerWait, timeout);
  // EINTR comes after a stop (SIGSTOP, SIGCONT). Events that came meanwhile are handled before the
  // deadlines that have passed: a job that has ended is not late.
  if (count < 0 && errno == EINTR) {
    count = sys::epoll_wait(epoll_.get(), events.data(), kEventsPerWait, 0);
  }
  SPREAD_ASSERT(count >= 0 || errno == EINTR);  // any other error is a fault of spread
  advance();
  std::size_t ready = 0;
  for (int i = 0; i < count; ++i) {
    const auto fd = static_cast<std::uint32_t>(events[static_cast<std::size_t>(i)].data.u64);
    const auto generation =
        static_cast<std::uint32_t>(events[static_cast<std::size_t>(i)].data.u64 >> 32);
    const Entry entry = entries_[fd];
    if (entry.handler == nullptr || entry.generation != generation) continue;
    const std::uint32_t what = events[static_cast<std::size_t>(i)].events;
    ready += tell(static_cast<int>(fd), (what & (EPOLLIN | EPOLLRDHUP)) != 0,
                  (what & EPOLLOUT) != 0, (what & (EPOLLERR | EPOLLHUP)) != 0);
  }
  if (!polled_.empty()) ready += tell_polled();
  const std::vector<int> files = always_ready_;
  for (const int fd : files) {
    const Entry entry = entries_[static_cast<std::size_t>(fd)];
    if (entry.handler == nullptr || !(entry.read || entry.write)) continue;
    ++ready;
    entry.handler->on_ready(fd, entry.read, entry.write);
  }
  if (!timers_.empty() && timers_.front()->at() <= now_) ring_timers();
  return ready;
}

// A binary heap whose members know their places, so that any of them can be moved or taken out.

void Timer::set(TimePoint at) {
  // One that sets itself to now again and again must not keep the descriptors waiting.
  if (loop_.ringing_ && at <= loop_.now()) at = loop_.now() + Duration(1);
  if (at == at_) return;
  const bool earlier = at < at_;
  at_ = at;
  std::vector<Timer*>& heap = loop_.timers_;
  if (place_ == kNowhere) {
    place_ = heap.size();
    heap.push_back(this);
  }
  if (at == kForever) return loop_.drop_timer(place_);
  earlier ? loop_.raise_timer(place_) : loop_.sink_timer(place_);
}

void EventLoop::put_timer(Timer* timer, std::size_t place) {
  timers_[place] = timer;
  timer->place_ = place;
}

void EventLoop::raise_timer(std::size_t place) {
  Timer* const timer = timers_[place];
  for (; place > 0; place = (place - 1) / 2) {
    Timer* const above = timers_[(place - 1) / 2];
    if (above->at_ <= timer->at_) break;
    put_timer(above, place);
  }
  put_timer(timer, place);
}

void EventLoop::sink_timer(std::size_t place) {
  Timer* const timer = timers_[place];
  while (2 * place + 1 < timers_.size()) {
    std::size_t below = 2 * place + 1;
    if (below + 1 < timers_.size() && timers_[below + 1]->at_ < timers_[below]->at_) ++below;
    if (timers_[below]->at_ >= timer->at_) break;
    put_timer(timers_[below], place);
    place = below;
  }
  put_timer(timer, place);
}

void EventLoop::drop_timer(std::size_t place) {
  timers_[place]->place_ = Timer::kNowhere;
  Timer* const last = timers_.back();
  timers_.pop_back();
  if (place == timers_.size()) return;
  put_timer(last, place);
  raise_timer(place);
  sink_timer(last->place_);
}

void EventLoop::ring_timers() {
  ringing_ = true;
  while (!timers_.empty() && timers_.front()->at_ <= now_) {
    Timer* const timer = timers_.front();
    timer->set(kForever);
    timer->rings_();
  }
  ringing_ = false;
}

}  // namespace spread
