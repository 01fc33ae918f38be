#include "spread/core/median.h"

#include <algorithm>
#include <cmath>

namespace spread {

void Median::add(Duration d) {
  const double microseconds = std::max(to_seconds(d) * 1e6, 1.0);
  const auto bucket =
      std::min(static_cast<std::size_t>(std::log2(microseconds) * kPerOctave), buckets_.size() - 1);
  ++buckets_[bucket];
  ++count_;
  if (bucket < median_) ++below_;
  // Half of the samples, rounded up, are in the buckets up to the median's. Each step passes over
  // a bucket that was on the other side, so a long way is rare.
  while (2 * (below_ + buckets_[median_]) < count_) below_ += buckets_[median_++];
  while (2 * below_ >= count_) below_ -= buckets_[--median_];
}

Duration Median::value() const {
  if (count_ == 0) return Duration::zero();
  return from_seconds(1e-6 * std::exp2(static_cast<double>(median_ + 1) / kPerOctave));
}

}  // namespace spread
