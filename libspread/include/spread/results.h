// What became of a job.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "spread/errors.h"
#include "spread/export.h"
#include "spread/value.h"

namespace spread {
inline namespace v1 {

/// What became of one task: a value, or why there is none.
struct TaskResult {
  State state = State::not_computed;
  Value value;                             ///< where state is ok
  std::shared_ptr<const Failure> failure;  ///< where it is not; else null
  int worker = -1;  ///< the number of the worker that gave the answer, from 0; -1: none did
  std::uint32_t attempts = 0;  ///< how often it was sent to a worker that began it; not refusals
  /// From the moment when the worker had nothing else to do to its answer; by the engine's clock.
  double seconds = 0;
};

/// One worker's part of a job.
struct WorkerResults {
  int worker = -1;   ///< its number, from 0; -1: the tasks that no worker answered
  std::string host;  ///< the machine it ran on, as the options called it
  std::vector<std::string>
      arguments;                    ///< what was started there, without what leads to the machine
  std::vector<std::size_t> tasks;   ///< their places in the job, ascending
  std::vector<Value> parameters;    ///< what each of these was sent
  std::vector<TaskResult> results;  ///< and what became of it
};

/// One entry for each task of a job, in the order in which they were given. A value: copies are
/// independent, and no Pool is needed to use them.
class SPREAD_API Results {
 public:
  /// A worker, as by_worker() names it.
  struct Worker {
    std::string host;
    std::vector<std::string> arguments;
  };

  Results() = default;
  /// `parameters` are as many as `tasks`; `workers` are by their numbers.
  Results(std::vector<TaskResult> tasks, std::vector<Value> parameters,
          std::vector<Worker> workers);

  std::size_t size() const { return tasks_.size(); }
  bool empty() const { return tasks_.empty(); }
  const TaskResult& operator[](std::size_t index) const { return tasks_[index]; }
  auto begin() const { return tasks_.begin(); }
  auto end() const { return tasks_.end(); }
  /// What the task was sent.
  const Value& parameter(std::size_t index) const { return parameters_[index]; }
  /// How many tasks ended so.
  std::size_t count(State state) const;

  /// Throws for the first task, by index, that has no value: NoResponse if it was lost, otherwise
  /// RemoteException. Returns itself.
  const Results& check() const;
  /// One value; throws as check() does if this task has none, and ValueError ("task 3: ...") if it
  /// is no T.
  template <class T>
  T value(std::size_t index) const {
    const TaskResult& task = tasks_.at(index);
    if (task.state != State::ok) throw_failure(index, *task.failure);
    try {
      return task.value.as<T>();
    } catch (const ValueError& error) {
      pool_detail::throw_at("task", index, error);
    }
  }
  /// All values, after check().
  template <class T>
  std::vector<T> list() const {
    check();
    std::vector<T> values;
    values.reserve(size());
    for (std::size_t i = 0; i < size(); ++i) values.push_back(value<T>(i));
    return values;
  }
  /// The same, where each value is a list of T: all of them as one.
  template <class T>
  std::vector<T> concat() const {
    check();
    std::vector<T> values;
    for (std::size_t i = 0; i < size(); ++i) {
      for (auto&& each : value<std::vector<T>>(i))
        values.push_back(std::forward<decltype(each)>(each));
    }
    return values;
  }
  /// T() and, with +=, each value in the order of the tasks, after check(): the same to the last
  /// bit in every run.
  template <class T>
  T sum() const {
    check();
    T total{};
    for (std::size_t i = 0; i < size(); ++i) total += value<T>(i);
    return total;
  }
  /// By workers, in the order of their numbers, each with the tasks it answered. Those that no
  /// worker answered come last, if there are any, as worker -1.
  std::vector<WorkerResults> by_worker() const;

 private:
  std::vector<TaskResult> tasks_;
  std::vector<Value> parameters_;
  std::vector<Worker> workers_;
};

}  // namespace v1
}  // namespace spread
