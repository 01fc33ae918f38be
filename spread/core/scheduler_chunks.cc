// Lists of tasks (--chunk; docs/scheduling.md, "Lists of tasks"). A list is in flight at a worker
// as its first task, which has the others behind it; so its window, its time-out and whose fault it
// was are those of one task. Here is where it is put together, and taken apart.
#include <algorithm>
#include <utility>

#include "spread/base/assert.h"
#include "spread/core/scheduler.h"

namespace spread {

/// Bytes that the payloads of what is in flight as this task have.
std::size_t Scheduler::flight_bytes(TaskIndex head) const {
  std::size_t bytes = tasks_[head].payload.size();
  for (TaskIndex i = tasks_[head].next; i != kNoTask; i = tasks_[i].next) {
    bytes += tasks_[i].payload.size();
  }
  return bytes;
}

std::size_t Scheduler::tasks_at(const Slot& worker) const {
  if (options_.chunk == 1) return worker.in_flight().size();
  std::size_t tasks = 0;
  for (std::size_t place = 0; place < worker.in_flight().size(); ++place) {
    tasks += 1 + tasks_[worker.in_flight()[place].task].behind;
  }
  return tasks;
}

/// Puts up to `most` further tasks behind one that is about to be sent, as far as a list of them
/// may be one frame. Returns how many.
std::size_t Scheduler::fill_list(TaskIndex head, std::size_t most) {
  // What a list adds to each payload, and its frame to all, in the largest encoding.
  constexpr std::size_t kEach = 5, kAll = 32;
  Task& first = tasks_[head];
  // Where little may be sent it is the oldest alone.
  if (first.alone || first.singly || first.for_unused || is_subtask(first.id) || output_.full) {
    return 0;
  }
  most = std::min<std::size_t>(most, options_.chunk - 1);
  std::size_t bytes = kAll + kEach + first.payload.size();
  TaskIndex last = head;
  const auto add = [&](TaskIndex i) {
    bytes += kEach + tasks_[i].payload.size();
    if (bytes > options_.chunk_bytes) return false;
    tasks_[last].next = i;
    last = i;
    return true;
  };
  std::size_t added = 0;
  if (first.came_back) {
    for (const TaskIndex i : tasks_.again().like(first, most)) {
      if (!add(i)) break;
      tasks_.take_again(i);
      ++added;
    }
  } else {
    while (added < most && tasks_.fresh_count() > 0 && add(tasks_.fresh_front())) {
      tasks_.take_fresh();
      ++added;
    }
  }
  if (added == 0) {
    first.next = kNoTask;
    return 0;
  }
  tasks_[last].next = kNoTask;
  first.behind = static_cast<std::uint32_t>(added);
  first.came_back = true;  // it is not plain
  return added;
}

/// Of a list that is sent: what stands behind its first task.
void Scheduler::send_list(TaskIndex head, SendTask& send) {
  const WorkerId worker = send.worker;
  send.rest.reserve(tasks_[head].behind);
  for (TaskIndex i = tasks_[head].next; i != kNoTask; i = tasks_[i].next) {
    Task& task = tasks_[i];
    ++task.attempts;
    task.holder = worker;
    send.rest.push_back({task.id, task.payload, task.attempts});
  }
}

/// All tasks of what was in flight as this one, in order: from here on each is by itself.
std::vector<TaskIndex> Scheduler::take_apart(TaskIndex head) {
  // Not with push_back(): one more caller, and that of every task is inlined no more.
  std::vector<TaskIndex> all(1 + tasks_[head].behind);
  TaskIndex next = head;
  for (TaskIndex& i : all) i = std::exchange(next, tasks_[next].next);
  for (const TaskIndex i : all) tasks_[i].next = kNoTask;
  tasks_[head].behind = 0;
  return all;
}

/// Each of them is tried again in a list of one, whatever --retries says: this was no try of it.
/// `how` is what would be delivered if it were the only one.
void Scheduler::list_failed(TaskIndex head, const DeliverTask& how, Why why, bool alone,
                            Actions& actions) {
  const Duration share = how.duration / (1 + tasks_[head].behind);
  for (const TaskIndex i : take_apart(head)) {
    Task& task = tasks_[i];
    if (stopping_) {
      DeliverTask delivery = how;
      delivery.duration = share;
      delivery.cut_short = is_cut_off();
      deliver(i, std::move(delivery), actions);
      continue;
    }
    task.singly = true;
    task.alone |= alone;
    task.avoid = how.worker;
    task.refused_since.reset();
    ++counts_.retried;
    actions.emplace_back(RetryTask{task.id, how.worker, task.attempts, how.timed_out, how.message,
                                   why, share, how.first, how.from_answer, how.answer, how.job,
                                   how.gang, how.rank});
    requeue(i, actions);
  }
}

/// It has been answered with as many values as it has tasks.
void Scheduler::list_succeeded(TaskIndex head, Answered& answered, Duration duration, bool first,
                               Actions& actions) {
  const std::vector<TaskIndex> all = take_apart(head);
  SPREAD_ASSERT(answered.values.size() == all.size());
  duration /= static_cast<Duration::rep>(all.size());
  for (std::size_t k = 0; k < all.size(); ++k) {
    answered.answer = std::move(answered.values[k]);
    deliver_value(all[k], answered, duration, first, actions);
  }
}

}  // namespace spread
