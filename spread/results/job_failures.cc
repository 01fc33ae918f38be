#include "spread/results/job_failures.h"

#include <fmt/format.h>

#include "spread/base/printable.h"

namespace spread {
namespace {

constexpr std::size_t kCommandBytes = 200;
constexpr std::size_t kLineBytes = 300;

std::string jobs_were(std::uint64_t n, std::string_view what) {
  return n == 0 ? "" : fmt::format("{} job{} {}", n, n == 1 ? " was" : "s were", what);
}

}  // namespace

void JobFailures::failed(TaskId task, std::string_view how, std::string_view command,
                         std::string_view last_lines) {
  if (++failed_ > kShown) return;
  std::string text =
      fmt::format("  job {}: {}: {}", number(task) + 1, printable_line(how, kLineBytes),
                  printable_line(command, kCommandBytes));
  while (!last_lines.empty()) {
    const std::size_t end = last_lines.find('\n');
    text += "\n    | " + printable_line(last_lines.substr(0, end), kLineBytes);
    last_lines.remove_prefix(end == std::string_view::npos ? last_lines.size() : end + 1);
  }
  shown_[number(task)] = std::move(text);
}

std::vector<std::string> JobFailures::summary(std::uint64_t jobs, std::string_view why_not) const {
  std::vector<std::string> lines;
  if (failed_ > 0) {
    lines.push_back(fmt::format("{} of {} job{} failed:", failed_, jobs, jobs == 1 ? "" : "s"));
    lines.back() += '\n';
    for (const auto& [task, each] : shown_) lines.back() += each + '\n';
    if (failed_ > kShown) lines.back() += fmt::format("  and {} more\n", failed_ - kShown);
    lines.back().pop_back();
  }
  std::string left = jobs_were(not_finished_, "not finished");
  if (not_finished_ > 0 && not_run_ > 0) left += ", and ";
  left += jobs_were(not_run_, "not run");
  if (!left.empty() && !why_not.empty()) left += ": " + std::string(why_not);
  if (!left.empty()) lines.push_back(std::move(left));
  return lines;
}

}  // namespace spread
