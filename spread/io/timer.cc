#include "spread/io/timer.h"

#include <vector>

#include "spread/io/event_loop.h"

namespace spread {

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
