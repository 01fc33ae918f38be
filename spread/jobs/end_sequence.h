#pragma once

#include <vector>

#include "spread/api/end_step.h"
#include "spread/jobs/job_setup.h"

namespace spread {

/// --term-seq, or what is done without it.
inline std::vector<EndStep> end_sequence_of(const JobSetup& setup) {
  if (!setup.job.end_sequence.empty()) return setup.job.end_sequence;
  return {EndStep::term(setup.ends.kill_grace)};
}

}  // namespace spread
