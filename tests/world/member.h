#pragma once

#include <optional>

#include "coroutine.h"
#include "process.h"
#include "scenario.h"

namespace spread::world {

/// The tasks of a worker of `gang`, and what it says to its peers: docs/gangs.md, with code of its
/// own. What it ends with; nothing: its input has ended. `scenario` is told what it should not have
/// heard.
Co<std::optional<int>> do_tasks_in_gangs(Process& self, Scenario& scenario);

}  // namespace spread::world
