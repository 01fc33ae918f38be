#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "spread/future.h"
#include "spread/observer.h"
#include "spread/results.h"

namespace spread {
inline namespace v1 {
namespace pool_detail {

/// A job that has not ended.
struct LiveJob {
  std::uint64_t number = 0;  ///< counted over the jobs of the Pool
  std::uint64_t first = 0;   ///< of its tasks, as the engine counts them; of no use while it waits
  std::vector<Value> parameters;
  std::vector<std::string> payloads;  ///< the same for the engine, until it begins
  std::vector<TaskResult> results;
  std::size_t open = 0;          ///< tasks that are not final
  bool failed = false;           ///< a task has no value
  double done = 0;               ///< the sum of `fractions`; without them, tasks that are final
  std::vector<float> fractions;  ///< of each task; empty until one says something: most say nothing
  std::string withdrawn_type = "NotComputed", withdrawn_why;  ///< of tasks that are taken back
  Promise<Results> promise;
};

/// The jobs that have not ended, and which task of the engine's is which of theirs. Pure.
class JobTable {
 public:
  using Ended = std::vector<LiveJob>;
  struct Found {
    LiveJob* job = nullptr;  ///< null: it is none of a job that lives
    std::size_t index = 0;
  };

  LiveJob make(std::vector<Value> parameters, Promise<Results> promise);
  /// It begins: its tasks are those from `first` on.
  void begin(LiveJob job, std::uint64_t first);
  void wait(LiveJob job) { waiting_.push_back(std::move(job)); }
  bool any_live() const { return !live_.empty(); }
  bool any_waiting() const { return !waiting_.empty(); }
  LiveJob take_waiting();
  Found find(std::uint64_t task);
  /// A task is final. The job, if that was its last one.
  std::optional<LiveJob> finish(const Found& task, TaskResult result);
  /// A worker says that it has got so far; returns the fraction of the whole job.
  double progress(const Found& task, double fraction);
  /// Those that wait, each with every task not computed, for this reason.
  Ended drop_waiting(const std::string& type, const std::string& why);
  template <typename F>
  void each_live(F f) {
    for (auto& [first, job] : live_) f(job);
  }

 private:
  std::map<std::uint64_t, LiveJob> live_;  ///< by their first tasks
  std::deque<LiveJob> waiting_;
  std::uint64_t next_ = 0;
};

/// A task without a value that no worker has answered.
TaskResult not_computed(const std::string& type, const std::string& why);

}  // namespace pool_detail
}  // namespace v1
}  // namespace spread
