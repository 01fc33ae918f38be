#pragma once

#include <cstdint>

#include "spread/api/result.h"
#include "spread/jobs/job_setup.h"

namespace spread {

/// `map --dry-run`: the commands on stdout, one after the other, each as a line for sh; not those
/// that --resume skips. `slots`: what {%} takes its numbers from. A bad record is an Error, told
/// when all others have been shown.
Status print_commands(const JobSetup& setup, std::uint32_t slots);

}  // namespace spread
