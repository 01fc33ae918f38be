#include "spread/results.h"

#include <algorithm>
#include <map>

namespace spread {
inline namespace v1 {

Results::Results(std::vector<TaskResult> tasks, std::vector<Value> parameters,
                 std::vector<Worker> workers)
    : tasks_(std::move(tasks)), parameters_(std::move(parameters)), workers_(std::move(workers)) {
  if (parameters_.size() != tasks_.size()) {
    throw ValueError("there are " + std::to_string(tasks_.size()) + " results of " +
                     std::to_string(parameters_.size()) + " tasks");
  }
}

std::size_t Results::count(State state) const {
  return static_cast<std::size_t>(std::count_if(
      begin(), end(), [state](const TaskResult& each) { return each.state == state; }));
}

const Results& Results::check() const {
  for (std::size_t i = 0; i < size(); ++i) {
    if (tasks_[i].state != State::ok) throw_failure(i, *tasks_[i].failure);
  }
  return *this;
}

std::vector<WorkerResults> Results::by_worker() const {
  std::map<unsigned, WorkerResults> parts;  // -1 as unsigned is behind all others
  for (std::size_t i = 0; i < size(); ++i) {
    WorkerResults& part = parts[static_cast<unsigned>(tasks_[i].worker)];
    part.worker = tasks_[i].worker;
    part.tasks.push_back(i);
    part.parameters.push_back(parameters_[i]);
    part.results.push_back(tasks_[i]);
  }
  std::vector<WorkerResults> list;
  for (auto& [number, part] : parts) {
    if (number < workers_.size()) {
      part.host = workers_[number].host;
      part.arguments = workers_[number].arguments;
    }
    list.push_back(std::move(part));
  }
  return list;
}

}  // namespace v1
}  // namespace spread
