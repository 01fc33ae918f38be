#pragma once

#include <cstdint>
#include <map>

#include "spread/api/task.h"
#include "spread/shards/shard_reader.h"

namespace spread {

/// How far all shards are together, in numbers of the range. It never falls, also where a shard is
/// tried again from its start, and reaches max() when all have succeeded.
class RangeProgress {
 public:
  /// `reader` has made the tasks, and outlives this.
  explicit RangeProgress(const ShardReader& reader) : reader_(reader) {}

  /// A task that is under way has done this part (0 to 1) of its shard.
  void said(TaskId task, double fraction);
  /// It has succeeded.
  void finished(TaskId task);
  /// The attempt has come to nothing.
  void dropped(TaskId task);

  std::uint64_t sum() const { return shown_; }
  std::uint64_t max() const { return reader_.max(); }

 private:
  void show();

  const ShardReader& reader_;
  std::map<TaskId, std::uint64_t> under_way_;  ///< what each has done
  std::uint64_t sum_ = 0;                      ///< of those under way, and those that succeeded
  std::uint64_t shown_ = 0;                    ///< the most that this ever was
};

}  // namespace spread
