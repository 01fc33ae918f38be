#include "spread/journal/awaited_answers.h"

namespace spread {

void AwaitedAnswers::add(const TaskResult& result, TimePoint now) {
  waiting_.emplace(number(result.id), result);
  came_.emplace_back(number(result.id), now);
  bytes_ += result.value.size();
}

void AwaitedAnswers::skip_taken() {
  while (!came_.empty() && waiting_.count(came_.front().first) == 0) came_.pop_front();
}

bool AwaitedAnswers::take(TaskId task) {
  const auto found = waiting_.find(number(task));
  if (found == waiting_.end()) return false;
  bytes_ -= found->second.value.size();
  waiting_.erase(found);
  skip_taken();
  return true;
}

std::optional<TaskResult> AwaitedAnswers::overdue(TimePoint now) {
  if (came_.empty() || (now < deadline() && bytes_ <= kBytesMax)) return std::nullopt;
  TaskResult result = waiting_.find(came_.front().first)->second;
  take(result.id);
  return result;
}

TimePoint AwaitedAnswers::deadline() const {
  return came_.empty() ? kForever : after(came_.front().second, kPatience);
}

}  // namespace spread
