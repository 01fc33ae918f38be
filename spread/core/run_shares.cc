#include "spread/core/run_shares.h"

#include <algorithm>
#include <tuple>

namespace spread {

void RunShares::begin() {
  // What had neither workers nor tasks last time has gone, or has waited for nothing.
  std::erase_if(runs_,
                [](const auto& each) { return each.second.workers == 0 && !each.second.waits; });
  for (auto& [run, share] : runs_) {
    share.workers = 0;
    share.waits = false;
  }
}

RunShares::Share RunShares::of(RunId run) const {
  const auto found = runs_.find(run);
  return found == runs_.end() ? Share() : found->second;
}

bool RunShares::before(RunId run, RunId other) const {
  const Share a = of(run), b = of(other);
  return std::tie(a.workers, a.turn, run) < std::tie(b.workers, b.turn, other);
}

bool RunShares::may_go_on(RunId run) const {
  const std::uint32_t workers = of(run).workers;
  return std::none_of(runs_.begin(), runs_.end(), [&](const auto& each) {
    return each.first != run && each.second.waits && each.second.workers < workers;
  });
}

void RunShares::took(RunId run) {
  Share& share = runs_[run];
  ++share.workers;
  share.turn = ++turns_;
}

}  // namespace spread
