#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "spread/api/time.h"

namespace spread {

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
