#include "spread/core/median.h"

#include <algorithm>
#include <cmath>

namespace spread {

void Median::add(Duration d) {
  const double microseconds = std::max(to_seconds(d) * 1e6, 1.0);
  const auto bucket = static_cast<std::size_t>(std::log2(microseconds) * kPerOctave);
  ++buckets_[std::min(bucket, buckets_.size() - 1)];
  ++count_;
}

Duration Median::value() const {
  if (count_ == 0) return Duration::zero();
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    below += buckets_[i];
    if (2 * below >= count_) {
      return from_seconds(1e-6 * std::exp2(static_cast<double>(i + 1) / kPerOctave));
    }
  }
  return kNoLimit;
}

}  // namespace spread
