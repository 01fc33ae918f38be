#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scenario.h"

namespace spread::world {

/// What came of a run.
struct Outcome {
  std::optional<int> status;  ///< nothing: it was stopped, and `why`
  std::string why;
  std::string out, errors;  ///< what was read of its stdout and stderr
  Time ended = 0;
  Time out_read_last = 0, errors_read_last = 0;  ///< when something was read of them last
  Time last_activity = 0;                        ///< of all that it had to wait for
};

/// What of a job is shown: what its last try wrote.
std::string job_text(const Scenario& scenario, std::size_t task);

/// What is wrong with it; empty if nothing is. Knows the scenario, the machine afterwards, and the
/// manual; nothing of the program's code.
std::vector<std::string> judge(const Scenario& scenario, const Machine& machine,
                               const Outcome& outcome);

}  // namespace spread::world
