#include "job_table.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

namespace spread {
inline namespace v1 {
namespace pool_detail {

TaskResult not_computed(const std::string& type, const std::string& why) {
  auto failure = std::make_shared<Failure>();
  failure->state = State::not_computed;
  failure->type = type;
  failure->message = why;
  TaskResult result;
  result.failure = std::move(failure);
  return result;
}

LiveJob JobTable::make(std::vector<Value> parameters, Promise<Results> promise) {
  LiveJob job;
  job.number = next_++;
  job.open = parameters.size();
  job.results.resize(parameters.size());
  job.parameters = std::move(parameters);
  job.promise = std::move(promise);
  return job;
}

void JobTable::begin(LiveJob job, std::uint64_t first) {
  job.first = first;
  live_.emplace(first, std::move(job));
}

LiveJob JobTable::take_waiting() {
  LiveJob job = std::move(waiting_.front());
  waiting_.pop_front();
  return job;
}

JobTable::Found JobTable::find(std::uint64_t task) {
  const auto behind = live_.upper_bound(task);
  if (behind == live_.begin()) return {};
  LiveJob& job = std::prev(behind)->second;
  if (task - job.first >= job.results.size()) return {};
  return {&job, static_cast<std::size_t>(task - job.first)};
}

std::optional<LiveJob> JobTable::finish(const Found& task, TaskResult result) {
  LiveJob& job = *task.job;
  if (result.state != State::ok) job.failed = true;
  if (job.fractions.empty()) {
    job.done += 1;
  } else {
    progress(task, 1);
  }
  job.results[task.index] = std::move(result);
  if (--job.open > 0) return std::nullopt;
  const auto ended = live_.find(job.first);
  LiveJob whole = std::move(ended->second);
  live_.erase(ended);
  return whole;
}

double JobTable::progress(const Found& task, double fraction) {
  LiveJob& job = *task.job;
  const std::size_t size = job.results.size();
  if (job.fractions.empty()) {
    for (const TaskResult& each : job.results) {
      job.fractions.push_back(each.state == State::ok || each.failure ? 1 : 0);
    }
  }
  float& mine = job.fractions[task.index];
  const auto now = static_cast<float>(std::clamp(fraction, 0.0, 1.0));
  job.done += static_cast<double>(now) - static_cast<double>(mine);
  mine = now;
  return job.done / static_cast<double>(size);
}

JobTable::Ended JobTable::drop_waiting(const std::string& type, const std::string& why) {
  Ended dropped;
  for (LiveJob& job : waiting_) {
    for (TaskResult& each : job.results) each = not_computed(type, why);
    dropped.push_back(std::move(job));
  }
  waiting_.clear();
  return dropped;
}

}  // namespace pool_detail
}  // namespace v1
}  // namespace spread
