#include "spread/results/job_failures.h"

#include <algorithm>

#include <fmt/format.h>

#include "spread/base/printable.h"

namespace spread {
namespace {

constexpr std::size_t kCommandBytes = 200;
constexpr std::size_t kLineBytes = 300;
constexpr std::size_t kJobRanges = 10;

std::string jobs_were(std::uint64_t n, std::string_view what) {
  return n == 0 ? "" : fmt::format("{} job{} {}", n, n == 1 ? " was" : "s were", what);
}

std::string jobs_text(const IdRanges& jobs) {
  return (jobs.count() == 1 ? "job " : "jobs ") + jobs.text(kJobRanges);
}

}  // namespace

void JobFailures::failed(TaskId task, std::string_view how, std::string_view command,
                         std::string_view last_lines, std::optional<std::uint64_t> shown_at) {
  ++failed_;
  std::string key = std::string(how) + '\n' + std::string(last_lines);
  const auto known = ways_.find(key);
  if (known == ways_.end() && ways_.size() == kWaysMax) {
    ++unkept_;
    return;
  }
  Way& way = known == ways_.end() ? ways_[std::move(key)] : known->second;
  if (way.jobs.count() == 0 || number(task) < way.first) {
    way.first = number(task);
    way.command = printable_line(command, kCommandBytes);
  }
  if (way.jobs.count() == 0) {
    way.how = printable_line(how, kLineBytes);
    way.last_lines = last_lines;
  }
  way.shown_at = shown_at;
  way.jobs.add(task);
}

/// "exit status 3: sh x 1", and the last lines of stderr where the screen does not show them any
/// more.
std::string JobFailures::text_of(const Way& way, std::uint64_t written) const {
  std::string text = way.how + ": " + way.command;
  if (way.shown_at && written - std::min(written, *way.shown_at) <= kScreenBytes) return text;
  std::string_view rest = way.last_lines;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    text += "\n    | " + printable_line(rest.substr(0, end), kLineBytes);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return text;
}

std::vector<std::string> JobFailures::summary(std::uint64_t jobs, std::string_view why_not,
                                              std::uint64_t written) const {
  std::vector<std::string> lines;
  std::vector<const Way*> ways;
  for (const auto& [key, way] : ways_) ways.push_back(&way);
  std::sort(ways.begin(), ways.end(),
            [](const Way* a, const Way* b) { return a->first < b->first; });
  std::string total = fmt::format("{} of {} job{} failed", failed_, jobs, jobs == 1 ? "" : "s");
  if (ways.size() == 1 && unkept_ == 0) {
    const Way& way = *ways.front();
    if (failed_ < jobs) total += " (" + jobs_text(way.jobs) + ")";
    total += ": " + text_of(way, written);
  } else {
    std::uint64_t others = unkept_;
    for (std::size_t i = 0; i < ways.size(); ++i) {
      if (i < kShown || all_) {
        lines.push_back(jobs_text(ways[i]->jobs) + ": " + text_of(*ways[i], written));
      } else {
        others += ways[i]->jobs.count();
      }
    }
    if (others > 0) {
      lines.push_back(fmt::format("{} more job{} failed, each in another way{}", others,
                                  others == 1 ? "" : "s", all_ ? "" : " (-v shows all)"));
    }
  }
  if (failed_ > 0) lines.push_back(std::move(total));
  std::string left = jobs_were(not_finished_, "not finished");
  if (not_finished_ > 0 && not_run_ > 0) left += ", and ";
  left += jobs_were(not_run_, "not run");
  if (!left.empty() && !why_not.empty()) left += ": " + std::string(why_not);
  if (!left.empty()) lines.push_back(std::move(left));
  return lines;
}

}  // namespace spread
