#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "spread/api/result.h"

namespace spread {

/// What --resume and --resume-failed know of an earlier run: which jobs are in its joblog, by their
/// number and their command. A job whose command is another one now is not the same job.
class JoblogRecord {
 public:
  /// `text` is a joblog; `name` is what messages call it. A line that is cut off at the end (the
  /// run was killed) is no line; one that cannot be read before is an Error naming it.
  static Result<JoblogRecord> parse(std::string_view text, std::string_view name);

  /// Whether job `sequence` (from 1) with this command need not be run. `failed_too`: if it failed,
  /// it is to be run again (--resume-failed).
  bool is_done(std::uint64_t sequence, std::string_view command, bool again_if_failed) const;
  bool empty() const { return succeeded_.empty(); }

 private:
  using Job = std::pair<std::uint64_t, std::string>;  ///< the command as the file has it, escaped
  std::map<Job, bool> succeeded_;
};

}  // namespace spread
