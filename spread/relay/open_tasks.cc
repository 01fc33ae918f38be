#include "spread/relay/open_tasks.h"

#include <utility>

#include "spread/base/assert.h"

namespace spread {

bool OpenTasks::add(MasterId id, Record record) {
  const Place place{false, waited_ + waiting_.size()};
  if (!by_id_.emplace(number(id), place).second) return false;
  waiting_bytes_ += record.payload.size();
  ++waiting_count_;
  waiting_.push_back({id, std::move(record)});
  return true;
}

bool OpenTasks::give(Record& record) {
  while (!waiting_.empty()) {
    Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    ++waited_;
    if (next.cancelled) continue;
    --waiting_count_;
    waiting_bytes_ -= next.record.payload.size();
    by_id_.at(number(next.id)) = {true, given_count_};
    if (recent_.size() == kRecentMax) drop_first();
    recent_.push_back(Given{next.id, true, false, {}, {}});
    ++given_count_;
    record = std::move(next.record);
    return true;
  }
  return false;
}

OpenTasks::Cancelled OpenTasks::cancel(MasterId id) {
  const auto found = by_id_.find(number(id));
  if (found == by_id_.end()) return {};
  if (found->second.given) return {false, TaskId{found->second.number}};
  Waiting& waiting = waiting_[found->second.number - waited_];
  waiting_bytes_ -= waiting.record.payload.size();
  --waiting_count_;
  waiting.record = Record();
  waiting.cancelled = true;
  by_id_.erase(found);
  return {true, std::nullopt};
}

std::optional<OpenTasks::MasterId> OpenTasks::take_waiting() {
  while (!waiting_.empty()) {
    const Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    ++waited_;
    if (next.cancelled) continue;
    --waiting_count_;
    waiting_bytes_ -= next.record.payload.size();
    by_id_.erase(number(next.id));
    return next.id;
  }
  return std::nullopt;
}

void OpenTasks::drop_first() {
  if (recent_.front().open) old_.emplace(first_recent(), std::move(recent_.front()));
  recent_.pop_front();
}

OpenTasks::Given* OpenTasks::find(TaskId given) {
  if (number(given) < first_recent()) {
    const auto found = old_.find(number(given));
    return found == old_.end() ? nullptr : &found->second;
  }
  if (number(given) >= given_count_) return nullptr;
  Given& task = recent_[number(given) - first_recent()];
  return task.open ? &task : nullptr;
}

OpenTasks::Given OpenTasks::take(TaskId given) {
  Given* const task = find(given);
  SPREAD_ASSERT(task != nullptr);
  Given taken = std::move(*task);
  task->open = false;
  if (number(given) < first_recent()) old_.erase(number(given));
  by_id_.erase(number(taken.id));
  return taken;
}

}  // namespace spread
