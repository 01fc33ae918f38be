#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "spread/api/time.h"
#include "spread/core/key_record.h"
#include "spread/core/slot.h"

namespace spread {

/// Expected seconds per task: what the scheduler's two questions need (who is fastest? is it worth
/// using a slow one?). From, in this order: the answers of the key's workers in this run, the past
/// of the key (SlotAdded::service_seconds), the past of its host relative to the others
/// (SlotAdded::host_factor) times what the others show, and else the mean of what is known.
class Performance {
 public:
  /// A batch of `count` answers that took `seconds` each.
  void answered(KeyRecord& key, double seconds, std::uint32_t count, bool first_of_process);
  /// To be called now and then: what is known of some keys says something about the others.
  void compare(const std::vector<KeyRecord>& keys);

  double expected_seconds(const KeyRecord& key) const;
  /// The same for a slot: where nothing is known of its key, a worker that has had its first task
  /// for longer than expected is at least so slow.
  double expected_seconds(const Slot& slot, const KeyRecord& key, TimePoint now) const;

  /// How uneven the tasks themselves are: the mean of |duration / expected - 1|, whatever the
  /// speed of the worker.
  double unevenness() const { return deviation_; }

 private:
  double base_ = 0;    ///< seconds per task on a host of factor 1; 0 = unknown
  double launch_ = 0;  ///< what a process needs before it works, where it does not say so
  double deviation_ = 0;
  std::uint64_t compared_ = 0;
};

/// A running median of durations in constant memory and time: a histogram whose buckets are 1/8 of
/// an octave wide, from a microsecond up, so that the answer is at most 9 % above the true median.
class Median {
 public:
  void add(Duration d);
  std::uint64_t count() const { return count_; }
  /// The upper edge of the bucket that holds the median; zero without samples.
  Duration value() const;

 private:
  static constexpr int kPerOctave = 8;
  std::array<std::uint64_t, 48 * kPerOctave> buckets_{};
  std::uint64_t count_ = 0;
  std::size_t median_ = 0;   ///< the bucket that holds it
  std::uint64_t below_ = 0;  ///< samples in the buckets before that one
};

}  // namespace spread
