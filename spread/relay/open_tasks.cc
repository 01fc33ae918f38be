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
    given_[given_count_++].id = next.id;
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

OpenTasks::Given* OpenTasks::find(TaskId given) {
  const auto found = given_.find(number(given));
  return found == given_.end() ? nullptr : &found->second;
}

OpenTasks::Given OpenTasks::take(TaskId given) {
  auto node = given_.extract(number(given));
  SPREAD_ASSERT(!node.empty());
  by_id_.erase(number(node.mapped().id));
  return std::move(node.mapped());
}

}  // namespace spread
