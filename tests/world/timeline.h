#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

namespace spread::world {

/// Nanoseconds since the machine was switched on.
using Time = std::int64_t;
inline constexpr Time kMicrosecond = 1000, kMillisecond = 1000 * kMicrosecond,
                      kSecond = 1000 * kMillisecond;

/// What will happen, in the order of time, and of being asked for.
class Timeline {
 public:
  Time now() const { return now_; }
  bool empty() const { return events_.empty(); }
  Time next() const { return events_.begin()->first; }

  void at(Time when, std::function<void()> what) {
    events_.emplace(when < now_ ? now_ : when, std::move(what));
  }
  void after(Time span, std::function<void()> what) { at(now_ + span, std::move(what)); }

  /// Moves on to `when`, and through all that happens until then.
  void advance(Time when) {
    while (!events_.empty() && events_.begin()->first <= when) {
      auto event = events_.extract(events_.begin());
      now_ = event.key();
      event.mapped()();
    }
    now_ = when;
  }

 private:
  Time now_ = 0;
  std::multimap<Time, std::function<void()>> events_;
};

}  // namespace spread::world
