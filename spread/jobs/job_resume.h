#pragma once

#include <cstdint>
#include <string_view>

#include "spread/api/result.h"
#include "spread/jobs/job_commands.h"
#include "spread/results/joblog_reader.h"

namespace spread {

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
