#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spread/api/result.h"
#include "spread/api/task.h"
#include "spread/api/time.h"
#include "spread/base/buffers.h"

namespace spread {

/// One line of --joblog: a task's last attempt.
struct JoblogLine {
  TaskId task{};
  std::string_view host;
  double started = 0;   ///< seconds since 1970, from the wall clock
  Duration duration{};  ///< TaskResult::duration
  std::uint64_t sent_bytes = 0, received_bytes = 0;
  int exit_status = 0;  ///< run: 0 = a value, 1 = failed, -1 = lost, not computed or timed out
  int signal = 0;       ///< 15 after a time-out
  /// map: the command. run: the task's payload as append_joblog_command() shows it.
  std::string_view command;
};

/// The TSV of GNU parallel's --joblog, so that what reads one reads the other:
///   Seq Host Starttime JobRuntime Send Receive Exitval Signal Command
/// Seq is the task's id + 1. Unlike there, a TAB, newline, CR or backslash in Command and Host is
/// written \t \n \r \\, so that a line is always one line of nine columns. Both end in a newline.
std::string joblog_header();
void append_joblog_line(const JoblogLine& line, ByteBuffer& out);

/// The escapes of Command and Host.
std::string joblog_escape(std::string_view text);

/// Appends what the Command column shows of a payload of `run`, not escaped: strings as they are,
/// anything else as compact JSON; no more than the first kJoblogCommandBytes of it, followed by
/// "...", cut between characters.
inline constexpr std::size_t kJoblogCommandBytes = 4096;
void append_joblog_command(const Value& payload, ByteBuffer& out);

/// A job's line. The texts are a part of it, as they stand there.
struct JoblogEntry {
  std::uint64_t sequence = 0;  ///< from 1
  std::string_view host, command;
  bool succeeded = false;
};

/// `line` without its newline; `ok`: the exit statuses that are success; 0, where there are none.
/// Nothing for a header. An Error names line `number` of `name`, which cannot be read.
Result<std::optional<JoblogEntry>> read_joblog_line(std::string_view line, std::string_view name,
                                                    std::size_t number,
                                                    std::span<const std::uint8_t> ok);

/// The command of a line, as it was run. GNU parallel escapes nothing but a newline, which is a NUL
/// there. Its host is `:`. A line of its jobs on other machines is told from one of spread by what
/// spread does not write (a TAB, a NUL, a backslash before something else than t, n, r, \).
std::string joblog_command_of(const JoblogEntry& entry);

/// What --retry-failed runs: of each number the last line, if it failed.
class JoblogFailures {
 public:
  /// As that of JoblogRecord.
  explicit JoblogFailures(std::span<const std::uint8_t> ok = {}) : ok_(ok.begin(), ok.end()) {}
  Status add_line(std::string_view line, std::string_view name);
  /// By number, from 1.
  std::map<std::uint64_t, std::string> take_commands() { return std::move(commands_); }

 private:
  std::vector<std::uint8_t> ok_;
  std::map<std::uint64_t, std::string> commands_;
  std::size_t lines_ = 0;
};

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
  /// Whether a last line without newline is the start of a line of spread, or of a header, or
  /// nothing; zeros may follow.
  static bool is_torn_line(std::string_view rest);

  /// Whether job `sequence` (from 1) with this command need not be run. With
  /// `again_if_failed` (--resume-failed) one that has failed must be run again.
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
