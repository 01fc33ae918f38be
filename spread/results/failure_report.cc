#include "spread/results/failure_report.h"

#include <fmt/format.h>
#include <algorithm>
#include <iterator>
#include <utility>

#include "spread/base/quote.h"

namespace spread {

namespace {

constexpr std::size_t kRangesShown = 20;
constexpr std::size_t kMessageBytes = 500;
constexpr std::size_t kInputBytes = 60;

std::string_view verb(Outcome outcome) {
  switch (outcome) {
    case Outcome::Ok: return "succeeded";
    case Outcome::Failed: return "failed";
    case Outcome::Lost: return "was lost";
    case Outcome::NotComputed: return "was not computed";
  }
  return {};
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string first_line(std::string_view text) {
  text = trim(text);
  return printable_line(text.substr(0, text.find('\n')), kMessageBytes);
}

}  // namespace

void IdRanges::add(TaskId id) {
  const std::uint64_t n = number(id);
  ++count_;
  auto after = ranges_.upper_bound(n);
  if (after != ranges_.begin()) {
    auto before = std::prev(after);
    if (n <= before->second) return;
    if (before->second + 1 == n) {
      before->second = n;
      if (after != ranges_.end() && after->first == n + 1) {
        before->second = after->second;
        ranges_.erase(after);
      }
      return;
    }
  }
  if (after != ranges_.end() && after->first == n + 1) {
    const std::uint64_t last = after->second;
    ranges_.emplace_hint(ranges_.erase(after), n, last);
    return;
  }
  if (ranges_.size() == max_ranges_) {
    // The lowest ids are what is shown.
    incomplete_ = true;
    const auto highest = std::prev(ranges_.end());
    if (highest->first < n) return;
    ranges_.erase(highest);
  }
  ranges_.emplace(n, n);
}

std::string IdRanges::text(std::size_t max_ranges) const {
  std::string text;
  std::size_t shown = 0;
  for (const auto& [first, last] : ranges_) {
    if (shown++ == max_ranges) return text + ", ...";
    if (!text.empty()) text += ", ";
    text += std::to_string(first + 1);
    if (last != first) text += fmt::format("-{}", last + 1);
  }
  return incomplete_ ? text + ", ..." : text;
}

std::string place_in_trace(std::string_view trace) {
  std::string all, own;
  while (!trace.empty()) {
    const std::size_t end = std::min(trace.find('\n'), trace.size());
    std::string_view line = trim(trace.substr(0, end));
    trace.remove_prefix(std::min(end + 1, trace.size()));
    constexpr std::string_view kStart = "File \"", kLine = "\", line ";
    const std::size_t quote = line.find(kLine);
    if (!line.starts_with(kStart) || quote == line.npos) continue;
    std::string_view file = line.substr(kStart.size(), quote - kStart.size());
    const bool foreign = file.find("-packages/") != file.npos || file.starts_with('<') ||
                         file.find("/lib/python") != file.npos ||
                         file.find("/spread_worker/") != file.npos;
    const std::size_t slash = file.rfind('/');
    if (slash != file.npos) file.remove_prefix(slash + 1);
    all = fmt::format("{}:{}", file, line.substr(quote + kLine.size()));
    if (!foreign) own = all;
  }
  return own.empty() ? all : own;
}

std::string FailureReport::add(TaskId task, Outcome outcome, std::string_view host,
                               std::string_view type, std::string_view message,
                               const FailurePlace& place) {
  ++counts_[static_cast<std::size_t>(outcome)];
  switch (outcome) {
    case Outcome::Ok: return {};
    case Outcome::Failed: failed_.add(task); break;
    case Outcome::Lost: lost_.add(task); break;
    case Outcome::NotComputed: not_computed_.add(task); return {};
  }
  if (shown_ == shown_max_) {
    ++shown_;
    return "further failures are only counted";
  }
  if (shown_ > shown_max_) return {};
  std::string how;
  // Of a lost task the message says that there was no response.
  if (outcome != Outcome::Lost) how = first_line(type);
  if (const std::string text = first_line(message); !text.empty()) {
    how += (how.empty() ? "" : ": ") + text;
  }
  const std::string code = first_line(place_in_trace(place.trace));
  if (!code.empty()) how += " (" + code + ")";
  if (!how.empty() && !ways_.insert(how).second) {
    return std::exchange(same_told_, true) ? ""
                                           : "tasks that fail in the same way are only counted";
  }
  ++shown_;
  ++told_;
  std::string line = fmt::format("task {}", number(task) + 1);
  std::string which = first_line(place.where);
  if (const std::string input = printable_line(place.input, kInputBytes); !input.empty()) {
    which += (which.empty() ? "" : ": ") + input;
  }
  if (!which.empty()) line += " (" + which + ")";
  line += fmt::format(" {}", verb(outcome));
  if (!host.empty()) line += fmt::format(" on {}", first_line(host));
  return how.empty() ? line : line + ": " + how;
}

std::uint64_t FailureReport::unsuccessful() const {
  return count(Outcome::Failed) + count(Outcome::Lost) + count(Outcome::NotComputed);
}

std::vector<std::string> FailureReport::summary() const {
  std::vector<std::string> lines;
  if (unsuccessful() == 0) return lines;
  const std::uint64_t all = unsuccessful() + count(Outcome::Ok);
  if (count(Outcome::NotComputed) == all) {
    return {all == 1 ? "the only task was not computed"
                     : fmt::format("none of {} tasks was computed", all)};
  }
  std::string line =
      fmt::format("{} of {} task{} did not succeed:", unsuccessful(), all, all == 1 ? "" : "s");
  const char* separator = " ";
  const auto tell = [&](const IdRanges& ids, std::string_view name, bool list) {
    if (ids.count() == 0) return;
    line += fmt::format("{}{} {}", separator, ids.count(), name);
    separator = ", ";
    if (!list) return;
    lines.push_back(fmt::format("{}: {} ({} task{})", name, ids.text(kRangesShown), ids.count(),
                                ids.count() == 1 ? "" : "s"));
  };
  // A few failures have been shown one by one, and there is nothing to add.
  tell(failed_, "failed", failed_.count() + lost_.count() > told_);
  tell(lost_, "lost", true);
  tell(not_computed_, "not computed", true);
  lines.insert(lines.begin(), line);
  return lines;
}

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
