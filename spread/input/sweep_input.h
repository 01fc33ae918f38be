#pragma once

#include <memory>
#include <string>
#include <vector>

#include "spread/api/environment.h"
#include "spread/api/result.h"
#include "spread/api/shared_options.h"
#include "spread/sweep/sweep.h"

namespace spread {

/// Reads the files that `options` name, and those that these name, and makes the sweep. Whatever is
/// wrong with it is an Error here, before anything runs.
Result<std::unique_ptr<Sweep>> open_sweep(const SweepOptions& options, Streams streams);

/// The files that hold specifications; "-" is standard input.
std::vector<std::string> sweep_files(const SweepOptions& options);

}  // namespace spread
