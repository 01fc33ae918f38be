#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "spread/core/scheduler.h"

namespace spread::test {

/// A Scheduler, and verbs to play the world around it.
class Table {
 public:
  explicit Table(SchedulerOptions options = {}) : scheduler(options, 1) {}

  Table& slots(std::uint32_t count, std::uint32_t host = 0, std::uint32_t key = 0) {
    SlotAdded slot;
    slot.host = HostId{host};
    slot.key = key;
    for (; count > 0; --count) tell(slot);
    return *this;
  }
  Table& complete() { return tell(SlotsComplete{}); }
  Table& tasks(int count, std::size_t bytes = 4) {
    for (; count > 0; --count) {
      Value payload;
      payload.body = Slice::copy_of(as_bytes(std::string(bytes, 'x')));
      tell(TaskArrived{TaskId{arrived_++}, std::move(payload)});
    }
    return *this;
  }
  Table& end() { return tell(InputEnded{}); }
  Table& tell(Event event) {
    scheduler.handle(std::move(event), now, seen);
    scheduler.check_invariants();
    return *this;
  }
  Table& answer(std::uint32_t worker, std::uint64_t task, AnswerKind kind = AnswerKind::Ok) {
    return tell(Answered{WorkerId{worker}, TaskId{task}, kind, 1});
  }
  /// decide(), and every worker that is to be started starts at once.
  Table& decide() {
    const std::size_t before = seen.size();
    scheduler.decide(now, seen);
    scheduler.check_invariants();
    std::vector<WorkerId> starting;
    for (std::size_t i = before; i < seen.size(); ++i) {
      if (const auto* start = std::get_if<StartWorker>(&seen[i])) starting.push_back(start->worker);
    }
    for (const WorkerId worker : starting) tell(WorkerUp{worker});
    if (!starting.empty()) decide();
    return *this;
  }
  Table& wait(Duration duration) {
    now += duration;
    return *this;
  }

  template <typename A>
  std::vector<A> all() const {
    std::vector<A> found;
    for (const Action& action : seen) {
      if (const auto* each = std::get_if<A>(&action)) found.push_back(*each);
    }
    return found;
  }
  /// "worker:task ..." of the sends so far.
  std::string sent() const {
    std::string text;
    for (const SendTask& send : all<SendTask>()) {
      text += (text.empty() ? "" : " ") + std::to_string(number(send.worker)) + ":" +
              std::to_string(number(send.task));
    }
    return text;
  }

  Scheduler scheduler;
  TimePoint now{};
  Actions seen;

 private:
  std::uint64_t arrived_ = 0;
};

inline SchedulerOptions window_of(std::uint32_t window) {
  SchedulerOptions options;
  options.window = window;
  return options;
}

}  // namespace spread::test
