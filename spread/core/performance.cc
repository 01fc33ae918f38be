#include "spread/core/performance.h"

#include <algorithm>
#include <cmath>

namespace spread {
namespace {

// Moving averages: what counts is the tasks near the end, and tasks drift.
constexpr double kNewest = 0.1;

double weight(std::uint64_t samples) {
  return std::max(kNewest, 1.0 / static_cast<double>(samples));
}

}  // namespace

void Performance::answered(KeyRecord& key, double seconds, std::uint32_t count,
                           bool first_of_process) {
  seconds = std::max(seconds, 1e-9);
  if (first_of_process) {
    key.first_seconds += seconds;
    ++key.first_answers;
    // Only an upper bound: good as long as there is nothing better.
    if (!key.clean) key.seconds = key.seconds == 0 ? seconds : std::min(key.seconds, seconds);
    return;
  }
  if (key.clean && count == 1) {
    const double deviation = std::min(1.0, std::abs(seconds / key.seconds - 1));
    deviation_ += weight(++compared_) * (deviation - deviation_);
  }
  key.total_seconds += seconds * count;
  key.answers += count;
  if (!key.clean) {
    key.clean = true;
    key.seconds = seconds;
    return;
  }
  key.seconds += std::min(1.0, weight(key.answers) * count) * (seconds - key.seconds);
}

void Performance::compare(const std::vector<KeyRecord>& keys) {
  double launches = 0;
  std::uint32_t launching = 0;
  for (const KeyRecord& key : keys) {
    if (key.first_answers == 0 || key.answers == 0) continue;
    launches += std::max(0.0, key.first_seconds / static_cast<double>(key.first_answers) -
                                  key.total_seconds / static_cast<double>(key.answers));
    ++launching;
  }
  launch_ = launching == 0 ? 0 : launches / launching;

  double sum = 0;
  std::uint32_t known = 0;
  for (const KeyRecord& key : keys) {
    const double seconds = key.seconds > 0 ? key.seconds : key.prior_seconds.value_or(0);
    if (seconds <= 0) continue;
    sum += seconds / key.prior_factor.value_or(1);
    ++known;
  }
  base_ = known == 0 ? 0 : sum / known;
}

double Performance::expected_seconds(const KeyRecord& key) const {
  // While no time is known at all only the factors can be compared: in a unit so big that the age
  // of a running task says nothing.
  constexpr double kUnknownBase = 1e9;
  constexpr double kLeastPart = 0.1;
  if (key.seconds > 0) {
    return key.clean ? key.seconds : std::max(kLeastPart * key.seconds, key.seconds - launch_);
  }
  if (key.prior_seconds && *key.prior_seconds > 0) return *key.prior_seconds;
  return (base_ > 0 ? base_ : kUnknownBase) * key.prior_factor.value_or(1);
}

double Performance::expected_seconds(const Slot& slot, const KeyRecord& key, TimePoint now) const {
  const double seconds = expected_seconds(key);
  if (key.seconds > 0 || key.prior_seconds || slot.in_flight().empty()) return seconds;
  return std::max(seconds, to_seconds(now - slot.in_flight().front().since));
}

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
