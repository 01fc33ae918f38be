#pragma once

#include <optional>

#include "coroutine.h"
#include "process.h"
#include "scenario.h"

namespace spread::world {

/// The tasks of a worker of `run` that hands parts of them back to the master: docs/subtasks.md,
/// with code of its own. What it ends with; nothing: its input has ended. `scenario` is told what
/// it should not have been sent.
Co<std::optional<int>> do_tasks_in_parts(Process& self, Scenario& scenario);

}  // namespace spread::world
