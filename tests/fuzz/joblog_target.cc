#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "spread/base/assert.h"
#include "spread/results/joblog.h"
#include "support.h"
#include "targets.h"

namespace spread::fuzz {
namespace {

constexpr std::string_view kName = "joblog";

/// The same as spread would have written it: its command is the same one when it is read again.
void check_written_again(const JoblogEntry& entry) {
  JoblogLine line;
  line.task = TaskId{entry.sequence - 1};
  line.host = "h";
  const std::string command = joblog_command_of(entry);
  line.command = command;
  ByteBuffer out;
  append_joblog_line(line, out);
  const std::string_view text = as_text(out.view());
  SPREAD_ASSERT(std::count(text.begin(), text.end(), '\n') == 1);
  const auto again = read_joblog_line(text.substr(0, text.size() - 1), kName, 1, {});
  SPREAD_ASSERT(again && *again);
  SPREAD_ASSERT((*again)->sequence == entry.sequence);
  SPREAD_ASSERT((*again)->succeeded);
  // A NUL is none of an argument's bytes: it is a newline, once it has been read.
  if (command.find('\0') == std::string::npos) SPREAD_ASSERT(joblog_command_of(**again) == command);
  const auto record = JoblogRecord::parse(text, kName);
  SPREAD_ASSERT(record && record->is_done(entry.sequence, command, true));
}

/// Line by line, as --resume and --retry-failed read it. How many lines could be read.
std::size_t check_lines(std::string_view text, const std::vector<std::uint8_t>& ok) {
  JoblogRecord record(ok);
  JoblogFailures failures(ok);
  std::map<std::uint64_t, bool> last;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const bool whole = line.size() < text.size();
    text.remove_prefix(line.size() + (whole ? 1 : 0));
    if (!whole) break;
    const auto entry = read_joblog_line(line, kName, ++number, ok);
    SPREAD_ASSERT(record.add_line(line, kName).has_value() == entry.has_value());
    SPREAD_ASSERT(failures.add_line(line, kName).has_value() == entry.has_value());
    if (!entry) {
      SPREAD_ASSERT(entry.error().message.starts_with("joblog line "));
      return number - 1;
    }
    if (!*entry) continue;
    last[(*entry)->sequence] = (*entry)->succeeded;
    check_written_again(**entry);
  }
  record.complete();
  const auto commands = failures.take_commands();
  SPREAD_ASSERT(record.empty() == last.empty());
  for (const auto& [sequence, succeeded] : last) {
    SPREAD_ASSERT(commands.contains(sequence) == !succeeded);
  }
  return number;
}

}  // namespace

// A number of exit statuses that are success, and these; the text.
void joblog(ByteView bytes) {
  Input input(bytes);
  std::vector<std::uint8_t> ok(input.byte() % 3);
  for (std::uint8_t& status : ok) status = input.byte();
  const std::string_view text = as_text(input.rest());
  const std::size_t readable = check_lines(text, ok);
  const auto record = JoblogRecord::parse(text, kName, ok);
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  const std::string_view torn = text.substr(text.rfind('\n') + 1);
  SPREAD_ASSERT(record.has_value() ==
                (readable == lines && (torn.empty() || JoblogRecord::is_torn_line(torn))));
}

}  // namespace spread::fuzz
