#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "spread/api/result.h"
#include "spread/input/task_input.h"
#include "spread/jobs/job_commands.h"
#include "spread/results/joblog.h"

namespace spread {

/// The tasks of `map`: its sources opened, and cut into jobs' arguments. `slots`: over so many the
/// last items of -X and -m are shared out. `source` is the input's reader, for its names.
Result<std::unique_ptr<TaskInput>> open_job_input(const JobSetup& setup,
                                                  const JobCommands& commands, std::uint32_t slots,
                                                  EventLoop& loop, const ArgumentSource*& source);

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
