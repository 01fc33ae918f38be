#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "spread/api/result.h"

namespace spread {

/// What --resume and --resume-failed know of an earlier run: which jobs are in its joblog, by their
/// number and their command. A job whose command is another one now is not the same job.
///
/// Of a command only a digest is kept, 16 bytes a job in all.
class JoblogRecord {
 public:
  /// `ok`: the exit statuses that are success; 0, where there are none.
  explicit JoblogRecord(std::span<const std::uint8_t> ok = {}) : ok_(ok.begin(), ok.end()) {}

  /// The next line of a joblog, without its newline. `name` is what messages call it. A line that
  /// cannot be read is an Error naming it. (One that is cut off at the end, since the run was
  /// killed, is no line: it is not to be given.)
  Status add_line(std::string_view line, std::string_view name);
  /// After the last line.
  void complete();
  /// All of it, with its newlines.
  static Result<JoblogRecord> parse(std::string_view text, std::string_view name,
                                    std::span<const std::uint8_t> ok = {});
  /// Whether a last line without newline is the start of one of ours, or of a header.
  static bool is_torn_line(std::string_view rest);

  /// Whether job `sequence` (from 1) with this command need not be run. `failed_too`: if it failed,
  /// it is to be run again (--resume-failed).
  bool is_done(std::uint64_t sequence, std::string_view command, bool again_if_failed) const;
  bool empty() const { return jobs_.empty(); }

 private:
  struct Job {
    std::uint64_t sequence = 0;
    std::uint64_t succeeded : 1 = 0;
    std::uint64_t command : 63 = 0;  ///< digest of the command as the file has it, escaped
    bool is_before(const Job& other) const {
      return sequence != other.sequence ? sequence < other.sequence : command < other.command;
    }
  };
  std::vector<std::uint8_t> ok_;
  std::vector<Job> jobs_;  ///< sorted after complete()
  std::size_t lines_ = 0;
};

}  // namespace spread
