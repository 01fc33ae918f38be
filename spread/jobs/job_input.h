#pragma once

#include <memory>

#include "spread/api/result.h"
#include "spread/input/task_input.h"
#include "spread/jobs/job_commands.h"

namespace spread {

/// The tasks of `map`: its sources opened, and cut into jobs' arguments. `slots`: over so many the
/// last items of -X and -m are shared out. `source` is the input's reader, for its names.
Result<std::unique_ptr<TaskInput>> open_job_input(const JobSetup& setup,
                                                  const JobCommands& commands, std::uint32_t slots,
                                                  EventLoop& loop, const ArgumentSource*& source);

}  // namespace spread
