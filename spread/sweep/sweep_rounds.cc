#include "spread/sweep/sweep_rounds.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "spread/sweep/sweep_reader.h"

namespace spread {

Pull SweepRounds::next(Record& record) {
  for (int i = 0; i < SweepReader::kRowsPerCall; ++i) {
    const Sweep::Step step = sweep_->next(record.payload);
    if (step == Sweep::Step::Row) {
      ++under_way_;
      record.bad.clear();
      return Pull::Record;
    }
    if (step == Sweep::Step::Skipped) continue;
    if (step == Sweep::Step::Drawn) break;
    if (under_way_ > 0) return Pull::Wait;
    if (!begin_round()) return Pull::End;
  }
  return Pull::Later;
}

/// False: there are enough successes, or no more rounds.
bool SweepRounds::begin_round() {
  // parameter_sweep's numbers: twice as many as the share of successes asks for, as if that were a
  // tenth at least.
  constexpr double kRateMin = 0.1;
  if (missing() == 0) return false;
  const std::uint64_t drawn = sweep_->rows();
  const double rate = static_cast<double>(ok_) / static_cast<double>(drawn);
  if (round_ == rounds_max_) {
    tell_missing("--max-rounds");
    return false;
  }
  if (rate < kRateMin && !std::exchange(warned_, true)) {
    messages_.push_back(fmt::format("--until-ok {}: of {} samples {} succeeded, less than a tenth",
                                    wanted_, drawn, ok_));
  }
  const double more = std::ceil(2 / std::max(rate, kRateMin) * static_cast<double>(missing()));
  const auto most = static_cast<double>(sweep_->samples_max());
  ++round_;
  sweep_->draw(static_cast<std::uint64_t>(std::min(more, most)));
  return true;
}

void SweepRounds::end() {
  if (missing() > 0) tell_missing("the run ended early");
}

void SweepRounds::tell_missing(std::string_view why) {
  if (std::exchange(told_missing_, true)) return;
  messages_.push_back(fmt::format(
      "--until-ok {}: {} of the {} samples that were drawn in {} round{} succeeded ({})", wanted_,
      ok_, sweep_->rows(), round_, round_ == 1 ? "" : "s", why));
}

}  // namespace spread
