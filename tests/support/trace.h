#pragma once

#include <string>

#include "spread/core/event.h"

namespace spread::simulation {

/// One line for a person who reads what happened in a simulated run (SPREAD_SIM_TRACE=1).
std::string describe(const Event& event);
std::string describe(const Action& action);

}  // namespace spread::simulation
