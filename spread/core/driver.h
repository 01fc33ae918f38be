#pragma once

#include <cstdint>
#include <utility>
#include <variant>

#include "spread/base/assert.h"
#include "spread/core/inbox.h"
#include "spread/core/scheduler.h"

namespace spread {

/// A Scheduler, and the order in which it is told and obeyed (docs/decisions/0015-inbox.md).
///
/// Whatever happens is posted to the inbox. drain() tells the Scheduler one event after the other
/// and carries the actions out that follow from it; what these lead to (a job that cannot be
/// started has failed) is posted in turn, behind all the rest. So no action is ever carried out
/// after the Scheduler has changed its mind about it, and no caller is called back during its call.
///
/// A Carrier has
///   carry_out(Action&)                             does it, and returns nothing,
///   succeeded(Inbox::Success&, Scheduler::Success&)  a DeliverTask of the fast path,
///   takes_successes()                              whether it can do with the fast path,
///   before(const E&)                               is called when the Scheduler is about to be
///   told.
template <typename Carrier>
class Driver {
 public:
  Driver(const SchedulerOptions& options, std::uint64_t seed, Carrier& carrier)
      : scheduler_(options, seed), carrier_(carrier) {}

  const Scheduler& scheduler() const { return scheduler_; }
  Inbox& inbox() { return inbox_; }

  /// Tells all that has been posted, and carries out what follows, until nothing is left.
  void drain(TimePoint now) {
    SPREAD_ASSERT(!working_);
    if (inbox_.empty()) return;
    begin();
    const bool fast_path = carrier_.takes_successes();
    inbox_.take_all([&](Inbox::Success& success) { tell_success(success, fast_path, now); },
                    [&](Event& event) { tell(std::move(event), now); });
    working_ = false;
  }

  /// A task of the input, on the spot, since the next one is read only if it is wanted still. Not
  /// while actions are carried out.
  template <typename E>
  void feed(E&& event, TimePoint now) {
    begin();
    tell(std::forward<E>(event), now);
    working_ = false;
  }

  /// drain(), decide, carry out, drain().
  void decide(TimePoint now) {
    drain(now);
    begin();
    scheduler_.decide(now, actions_);
    carry_out_actions();
    working_ = false;
    drain(now);
  }

 private:
  void begin() {
    SPREAD_ASSERT(!working_);
    working_ = true;
  }

  template <typename E>
  void tell(E&& event, TimePoint now) {
    carrier_.before(event);
    scheduler_.handle(std::forward<E>(event), now, actions_);
    if (!actions_.empty()) carry_out_actions();
  }

  void tell_success(Inbox::Success& success, bool fast_path, TimePoint now) {
    Scheduler::Success taken;
    if (fast_path && scheduler_.take_success(success.worker, success.task, now, taken)) {
      carrier_.succeeded(success, taken);
      return;
    }
    Answered answered;
    answered.worker = success.worker;
    answered.task = success.task;
    answered.answer = std::move(success.value);
    answered.job = std::move(success.job);
    tell(std::move(answered), now);
  }

  void carry_out_actions() {
    for (Action& action : actions_) carrier_.carry_out(action);
    actions_.clear();
  }

  Scheduler scheduler_;
  Carrier& carrier_;
  Actions actions_;
  Inbox inbox_;
  bool working_ = false;
};

}  // namespace spread
