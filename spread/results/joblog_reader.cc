#include "spread/results/joblog_reader.h"

#include <fmt/format.h>

#include <array>

#include "spread/base/parse.h"
#include "spread/results/joblog.h"

namespace spread {
namespace {

constexpr std::size_t kColumns = 9;

/// False where there are not so many.
bool split(std::string_view line, std::array<std::string_view, kColumns>& columns) {
  for (std::size_t i = 0; i + 1 < kColumns; ++i) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos) return false;
    columns[i] = line.substr(0, tab);
    line.remove_prefix(tab + 1);
  }
  columns.back() = line;
  return true;
}

}  // namespace

Result<JoblogRecord> JoblogRecord::parse(std::string_view text, std::string_view name) {
  JoblogRecord record;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) break;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.substr(0, 4) == "Seq\t") continue;  // each run begins with the header
    std::array<std::string_view, kColumns> columns;
    const bool complete = split(line, columns);
    const auto sequence = parse_count(complete ? columns[0] : "");
    if (!sequence || *sequence == 0) {
      return fail(fmt::format("{} line {}: this is no line of a joblog", name, number));
    }
    // A job that was run again has a line for each time; the last one counts. Several runs with
    // other commands may share a file (+FILE).
    record.succeeded_[{*sequence, std::string(columns[8])}] =
        columns[6] == "0" && columns[7] == "0";
  }
  return record;
}

bool JoblogRecord::is_done(std::uint64_t sequence, std::string_view command,
                           bool again_if_failed) const {
  const auto found = succeeded_.find({sequence, joblog_escape(command)});
  return found != succeeded_.end() && (found->second || !again_if_failed);
}

}  // namespace spread
