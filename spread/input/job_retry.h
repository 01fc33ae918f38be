#pragma once

#include <memory>

#include "spread/api/environment.h"
#include "spread/api/job_options.h"
#include "spread/api/shared_options.h"
#include "spread/api/result.h"
#include "spread/input/task_input.h"

namespace spread {

/// The tasks of --retry-failed: for each number that the joblog has, up to the last that failed,
/// its command, or nothing (an empty payload) if the job is not to be run. So a job has its number
/// still.
Result<std::unique_ptr<TaskInput>> open_retry_input(const std::string& joblog,
                                                    const OkStatuses& ok_statuses, EventLoop& loop,
                                                    Streams streams);

/// An Error if there is no joblog to retry from: it must be looked for before it is opened for
/// writing, which makes one.
Status check_retried_joblog(const std::string& joblog);

/// What to tell a user who gave a COMMAND or items as well; mostly empty.
const char* retry_note(const ResumeOptions& options);

}  // namespace spread
