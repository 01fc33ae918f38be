#pragma once

#include <optional>
#include <string>

#include "process.h"
#include "scenario.h"

namespace spread::world {

/// What the words of a child mean in this world: "worker", "job I...", "filter", "command".
/// Nothing: there is no such program. `scenario` counts what is begun and finished.
std::optional<Program> find_program(Scenario& scenario, Process& process);

/// Writes `input` to descriptor 0.
Program feeder(const StreamPlan& plan, std::string input, Time& last);
/// Reads descriptor 0 into `read`. `last`: when it has read last.
Program reader(const StreamPlan& plan, std::string& read, Time& last);

}  // namespace spread::world
