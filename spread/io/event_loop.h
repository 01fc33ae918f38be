// spread/io: the only folder that touches epoll, processes, signals, terminals and clocks. It knows
// nothing of tasks or workers. Start here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "spread/api/result.h"
#include "spread/api/time.h"
#include "spread/base/posix.h"

namespace spread {

class EventLoop;

/// A moment at which EventLoop::wait() calls back, once, behind the descriptors that are ready by
/// then: what has happened comes before the deadlines that have passed. A thousand of them cost a
/// turn of the loop nothing; set() costs a logarithm.
///
/// The loop must outlive it. It may be set within its callback, but not be destroyed there.
class Timer {
 public:
  Timer(EventLoop& loop, std::function<void()> rings) : loop_(loop), rings_(std::move(rings)) {}
  ~Timer() { set(kForever); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// Instead of the time set before; kForever: it does not ring. One that is set to a past time
  /// rings at the next wait().
  void set(TimePoint at);
  /// kForever if it is not set, or has rung.
  TimePoint at() const { return at_; }

 private:
  friend class EventLoop;
  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

  EventLoop& loop_;
  std::function<void()> rings_;
  TimePoint at_ = kForever;
  std::size_t place_ = kNowhere;  ///< in the loop's heap
};

/// Told when a descriptor is ready. Level-triggered: told again as long as it is.
class ReadyHandler {
 public:
  virtual ~ReadyHandler() = default;
  /// `readable` also at end of file and on errors: a read says which.
  virtual void on_ready(int fd, bool readable, bool writable) = 0;
};

/// epoll, and a clock that stands still while events are handled, so that everything that follows
/// from one wait is decided at one instant.
class EventLoop {
 public:
  /// epoll takes so many descriptors; a test may want fewer.
  static Result<EventLoop> create(std::size_t watches_max = SIZE_MAX);

  /// `handler` must outlive the registration. A descriptor that cannot be waited for (a regular
  /// file) is ready at every wait. One that epoll has no room for (max_user_watches, memory) is
  /// looked at a hundred times a second. Adding the same descriptor twice is a broken invariant.
  void add(int fd, bool read, bool write, ReadyHandler* handler);
  void change(int fd, bool read, bool write);
  /// Its handler is not called until change() wants something again: epoll itself would report the
  /// other side's end again and again, whether it is asked to or not.
  void pause(int fd);
  /// Must come before the descriptor is closed: a child that is just being started may still hold a
  /// copy, which would keep the registration alive. No event of it is delivered any more, not even
  /// one that was already collected.
  void remove(int fd);

  /// Waits until something is ready, a Timer is due or `deadline` is reached, advances now(), and
  /// calls the handlers, then the timers. Returns how many descriptors were ready.
  std::size_t wait(TimePoint deadline);
  TimePoint now() const { return now_; }
  /// Reads the clock again: for work that takes long within one turn.
  void advance();

 private:
  struct Entry {
    ReadyHandler* handler = nullptr;
    std::uint32_t generation = 0;
    bool read = false;
    bool write = false;
    bool always_ready = false;
    bool paused = false;  ///< not in epoll's set at the moment
    bool polled = false;  ///< not in epoll's set at all: it has no room
  };

  EventLoop(UniqueFd epoll, std::size_t watches_max);
  void watch(int operation, int fd, Entry& entry);
  void unwatch(int fd, const Entry& entry);
  std::size_t tell(int fd, bool readable, bool writable, bool broken);
  std::size_t tell_polled();
  std::uint32_t control(int operation, int fd, const Entry& entry);

  friend class Timer;
  void put_timer(Timer* timer, std::size_t place);
  void raise_timer(std::size_t place);
  void sink_timer(std::size_t place);
  void drop_timer(std::size_t place);
  void ring_timers();

  UniqueFd epoll_;
  std::vector<Entry> entries_;  ///< by descriptor
  std::vector<int> always_ready_;
  std::vector<int> polled_;
  std::vector<Timer*> timers_;  ///< a heap, the next one in front
  bool ringing_ = false;
  std::size_t watches_ = 0, watches_max_;
  TimePoint now_{};
};

/// Seconds since the epoch: for logs that people read, never for decisions.
double wall_clock_seconds();

}  // namespace spread
