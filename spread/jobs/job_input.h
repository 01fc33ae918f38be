// The jobs of `map`: from its sources, and those that the joblog of an earlier run says are to be
// run again.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "spread/api/environment.h"
#include "spread/api/job_options.h"
#include "spread/api/result.h"
#include "spread/api/shared_options.h"
#include "spread/engine/plan.h"
#include "spread/input/task_input.h"
#include "spread/jobs/job_commands.h"
#include "spread/results/joblog.h"

namespace spread {

/// Gives `take` the lines of a joblog, without their newlines, until it returns an Error. A last
/// line without one was cut off, and is none. `name` as --joblog has it: a file, fd:N.
Status read_joblog(const std::string& name, const std::function<Status(std::string_view)>& take);

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

/// The tasks of `map`: its sources opened, and cut into jobs' arguments. `slots`: over so many the
/// last items of -X and -m are shared out. `source` is the input's reader, for its names.
Result<std::unique_ptr<TaskInput>> open_job_input(const JobSetup& setup,
                                                  const JobCommands& commands, std::uint32_t slots,
                                                  EventLoop& loop, const ArgumentSource*& source);

/// Blocks for every slot (--pipepart) mean nothing where there are as many slots as jobs; and a
/// host that is yet to be asked has one at least.
std::uint32_t slots_of_blocks(const Plan& plan);

/// --resume, --resume-failed and --retry-failed: which jobs need not be run, by the joblog of an
/// earlier run.
class JobResume {
 public:
  /// Without these options, or a joblog, no job is done.
  static Result<JobResume> create(const JobSetup& setup);

  /// Whether the job `sequence` (from 1) of this payload is there, with the command that it has
  /// now.
  bool is_done(const JobCommands& commands, std::uint64_t sequence, std::string_view payload) const;

 private:
  JoblogRecord record_;
  bool again_if_failed_ = false;
  bool retry_ = false;
};

}  // namespace spread
