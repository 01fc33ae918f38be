#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <utility>
#include <variant>

#include "spread/base/assert.h"
#include "spread/core/scheduler.h"

namespace spread {

/// A Scheduler, and the order in which it is told and obeyed.
///
/// Carrying an action out may lead to events at once: a job that cannot be started has failed, a
/// slot without a job that is to be ended has ended. Such an event waits until every action at hand
/// has been carried out. So no action is ever carried out after the Scheduler has changed its mind
/// about it, and what an action refers to (a task's payload) is there.
///
/// The Carrier has `carry_out(Action&)`, and `before(const E&)`, which is called when the Scheduler
/// is about to be told.
template <typename Carrier>
class Driver {
 public:
  Driver(const SchedulerOptions& options, std::uint64_t seed, Carrier& carrier)
      : scheduler_(options, seed), carrier_(carrier) {}

  Scheduler& scheduler() { return scheduler_; }
  const Scheduler& scheduler() const { return scheduler_; }
  /// Actions are being carried out: what handle() is given now waits.
  bool carrying_out() const { return carrying_out_; }

  template <typename E>
  void handle(E event, TimePoint now) {
    if (carrying_out_) {
      inbox_.emplace_back(std::move(event));
      return;
    }
    tell(std::move(event), now);
    carry_out_all(now);
  }

  /// True if a worker was started, which is done at once: there is more to decide.
  bool decide(TimePoint now) {
    SPREAD_ASSERT(!carrying_out_);
    scheduler_.decide(now, actions_);
    const bool starts = std::any_of(actions_.begin(), actions_.end(), [](const Action& action) {
      return std::holds_alternative<StartWorker>(action);
    });
    carry_out_all(now);
    return starts;
  }

 private:
  template <typename E>
  void tell(E&& event, TimePoint now) {
    carrier_.before(event);
    scheduler_.handle(std::move(event), now, actions_);
  }

  void carry_out_all(TimePoint now) {
    if (actions_.empty()) return;
    carrying_out_ = true;
    carry_out_actions();
    while (!inbox_.empty()) {
      Event event = std::move(inbox_.front());
      inbox_.pop_front();
      tell(std::move(event), now);
      carry_out_actions();
    }
    carrying_out_ = false;
  }

  void carry_out_actions() {
    for (Action& action : actions_) carrier_.carry_out(action);
    actions_.clear();
  }

  Scheduler scheduler_;
  Carrier& carrier_;
  Actions actions_;
  std::deque<Event> inbox_;
  bool carrying_out_ = false;
};

}  // namespace spread
