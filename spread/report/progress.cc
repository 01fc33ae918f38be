#include "spread/report/progress.h"

#include <algorithm>
#include <utility>

namespace spread {
namespace {

// Long enough for bursts to even out, short enough to follow a host that goes away.
constexpr Duration kRateSpan = std::chrono::seconds(10);
constexpr Duration kSampleSpacing = std::chrono::milliseconds(200);

}  // namespace

void Progress::set_total(std::uint64_t total, bool final, double share) {
  total_ = total;
  total_final_ = final;
  share_ = share;
}

Progress::Worker& Progress::worker(WorkerId id) {
  const std::size_t index = number(id);
  if (index >= workers_.size()) workers_.resize(index + 1);
  return workers_[index];
}

void Progress::on(const WorkerStarted& event, TimePoint) {
  Worker& started = worker(event.worker);
  if (!started.alive) ++alive_;
  started.alive = true;
  if (loads_ && !started.loading) ++loading_;
  started.loading = loads_;
}

void Progress::on(const WorkerEnded& event, TimePoint now) {
  Worker& ended = worker(event.worker);
  if (ended.alive) --alive_;
  if (ended.loading) --loading_;
  ended = {};
  if (unit_ != ProgressUnit::Workers) return;
  ++counts_.finished;
  if (!event.expected) ++counts_.failed;
  keep_sample(now);
}

void Progress::prepared(WorkerId id) {
  if (std::exchange(worker(id).loading, false)) --loading_;
}

void Progress::sample(const ProgressCounts& counts, TimePoint now) {
  if (unit_ == ProgressUnit::Workers) return;
  const bool news = counts.finished != counts_.finished;
  counts_ = counts;
  if (news) keep_sample(now);
}

void Progress::keep_sample(TimePoint now) {
  const bool first = samples_taken_ == 0;
  if (!first && now - samples_[(samples_taken_ - 1) % kSamples].when < kSampleSpacing) return;
  samples_[samples_taken_++ % kSamples] = {now, counts_.finished};
}

std::uint64_t Progress::trusted_count() const { return 2 * std::uint64_t{alive_} + 2; }

Progress::Sample Progress::rate_origin(TimePoint now) const {
  const std::size_t kept = std::min(samples_taken_, kSamples);
  for (std::size_t back = 1; back <= kept; ++back) {
    const Sample& sample = samples_[(samples_taken_ - back) % kSamples];
    if (now - sample.when >= kRateSpan && counts_.finished - sample.finished >= trusted_count()) {
      return sample;
    }
  }
  if (samples_taken_ > kSamples) return samples_[samples_taken_ % kSamples];
  return {start_, 0};
}

Duration Progress::median_duration() const {
  std::array<Duration, kDurations> sorted = durations_;
  const auto kept = static_cast<std::ptrdiff_t>(std::min(durations_taken_, kDurations));
  std::nth_element(sorted.begin(), sorted.begin() + kept / 2, sorted.begin() + kept);
  return sorted[static_cast<std::size_t>(kept / 2)];
}

std::optional<Duration> Progress::time_left(const ProgressSnapshot& shown,
                                            std::uint64_t measured) const {
  const std::uint64_t total = total_final_ ? total_ : shown.likely_total.value_or(0);
  if (total == 0 && !total_final_) return std::nullopt;
  const std::uint64_t open = total - std::min(counts_.finished, total);
  if (open == 0) return Duration::zero();
  // A rate speaks for all workers, fast and slow. Before each has finished two or so, it says more
  // about their start than about them; the median does not mind the one task that took long.
  if (measured >= trusted_count() && shown.rate > 0) {
    return from_seconds(static_cast<double>(open) / shown.rate);
  }
  if (durations_taken_ == 0 || alive_ == 0) return std::nullopt;
  const double rounds = static_cast<double>(open) / static_cast<double>(alive_);
  return from_seconds(rounds * to_seconds(median_duration()));
}

ProgressSnapshot Progress::snapshot(TimePoint now) const {
  ProgressSnapshot shown;
  shown.unit = unit_;
  shown.total = total_;
  shown.total_final = total_final_;
  static_cast<ProgressCounts&>(shown) = counts_;
  shown.workers = alive_;
  shown.loading = loading_;
  if (!total_final_ && share_ > 0 && share_ <= 1) {
    shown.likely_total = static_cast<std::uint64_t>(static_cast<double>(total_) / share_);
  }
  shown.elapsed = now - start_;
  const Sample origin = rate_origin(now);
  const double span = to_seconds(now - origin.when);
  const std::uint64_t measured = counts_.finished - origin.finished;
  if (span > 0) shown.rate = static_cast<double>(measured) / span;
  shown.left = time_left(shown, measured);
  return shown;
}

}  // namespace spread
