#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "spread/api/result.h"
#include "spread/api/task.h"
#include "spread/results/waiting_values.h"

namespace spread {

/// Results that are all held to the end of the run, and come out by rising key: in memory, then in
/// the spill file as sorted runs. The key of a result is its `id`, which the caller may choose;
/// each once.
class HeldResults {
 public:
  /// Less memory than 64 KiB is taken as this much. `spill` must outlive this.
  HeldResults(std::size_t memory_bytes, SpillFile& spill);

  void put(TaskResult&& result);
  /// An Error when memory and spill file are used up, with the words of the latter: since nothing
  /// leaves before the end, to wait for room would be to hang. What comes after it is still taken.
  const Status& status() const { return status_; }
  bool empty() const { return size_ == 0; }
  std::uint64_t size() const { return size_; }
  std::size_t memory_in_use() const;

  /// The one with the lowest key. Nothing is put any more. Its value may lie in a read buffer. An
  /// Error if the spill file cannot be read, which is the end of the run.
  Status take(TaskResult& result);

 private:
  std::vector<TaskResult*> sorted();
  void spill();

  WaitingValues values_;
  std::deque<TaskResult> held_;
  std::size_t memory_bytes_;
  SpillRuns runs_;
  Status status_;
  std::uint64_t size_ = 0;         ///< here and in the file
  std::vector<TaskResult*> rest_;  ///< while they are taken: those in memory, the next one last
  bool taking_ = false;
};

}  // namespace spread
