#pragma once

#include <vector>

#include "spread/api/options.h"
#include "spread/io/child.h"

namespace spread {

/// --term-seq, or what is done without it.
inline std::vector<EndStep> end_sequence_of(const Options& options) {
  std::vector<EndStep> steps;
  for (const MapOptions::Step& step : options.map.end_sequence) {
    steps.push_back({step.signal, step.wait});
  }
  if (steps.empty()) steps.push_back(EndStep::term(options.limits.kill_grace));
  return steps;
}

}  // namespace spread
