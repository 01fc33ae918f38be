#include "spread/shards/range_progress.h"

#include <algorithm>
#include <cmath>

namespace spread {

void RangeProgress::show() { shown_ = std::max(shown_, sum_); }

void RangeProgress::said(TaskId task, double fraction) {
  const std::uint64_t size = reader_.size_of(task);
  // Rounded down: 1 alone is all of it, also where a double cannot tell it from one less.
  const double part = std::floor(static_cast<double>(size) * std::clamp(fraction, 0.0, 1.0));
  const std::uint64_t done =
      fraction >= 1 ? size : std::min(size, static_cast<std::uint64_t>(part));
  std::uint64_t& before = under_way_[task];
  sum_ += done - before;
  before = done;
  show();
}

void RangeProgress::finished(TaskId task) {
  said(task, 1);
  under_way_.erase(task);
}

void RangeProgress::dropped(TaskId task) {
  const auto found = under_way_.find(task);
  if (found == under_way_.end()) return;
  sum_ -= found->second;
  under_way_.erase(found);
}

}  // namespace spread
