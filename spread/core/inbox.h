#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "spread/core/event.h"

namespace spread {

/// What has happened and has not been told to the Scheduler yet, in the order in which it happened.
/// Whatever works in a slot puts its events here and learns nothing in return: that is all it can
/// do to the Scheduler. See Driver for when they are told.
class Inbox {
 public:
  /// An `ok`, which nearly every event is: the same as Answered, in 56 bytes.
  struct Success {
    Success(WorkerId from, TaskId id, Slice&& bytes, JobEndPtr&& end)
        : worker(from), task(id), value(std::move(bytes)), job(std::move(end)) {}
    WorkerId worker;
    TaskId task;
    Slice value;
    JobEndPtr job;
  };

  Inbox() = default;
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  template <typename E>
  void post(E event) {
    posted_->events.emplace_back(posted_->successes.size(), std::move(event));
    empty_ = false;
  }
  void post_success(WorkerId worker, TaskId task, Slice&& value, JobEndPtr job = nullptr) {
    posted_->successes.emplace_back(worker, task, std::move(value), std::move(job));
    empty_ = false;
  }
  bool empty() const { return empty_; }

  /// Takes all, what is posted meanwhile too, in order: `success(Success&)`, `event(Event&)`.
  template <typename OnSuccess, typename OnEvent>
  void take_all(OnSuccess&& success, OnEvent&& event) {
    while (!std::exchange(empty_, true)) {
      // What is called here posts to the other rows, so these stay where they are.
      Rows& taken = *std::exchange(posted_, other(posted_));
      Success* next = taken.successes.data();
      Success* const all = next + taken.successes.size();
      for (Entry& entry : taken.events) {
        for (Success* const end = taken.successes.data() + entry.behind; next != end; ++next) {
          success(*next);
        }
        event(entry.event);
      }
      for (; next != all; ++next) success(*next);
      taken.successes.clear();
      taken.events.clear();
    }
  }

 private:
  struct Entry {
    template <typename E>
    Entry(std::size_t successes, E&& what) : behind(successes), event(std::forward<E>(what)) {}
    std::size_t behind;  ///< so many successes
    Event event;
  };
  // Two rows rather than one of variants: an Event is three times as large as a Success.
  struct Rows {
    std::vector<Success> successes;
    std::vector<Entry> events;
  };

  Rows* other(const Rows* rows) { return rows == &rows_[0] ? &rows_[1] : &rows_[0]; }

  Rows rows_[2];
  Rows* posted_ = &rows_[0];  ///< the others are being taken
  bool empty_ = true;
};

}  // namespace spread
