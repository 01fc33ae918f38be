#pragma once

#include <string>
#include <string_view>

#include "spread/api/task.h"
#include "spread/api/time.h"
#include "spread/base/byte_buffer.h"

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

}  // namespace spread
