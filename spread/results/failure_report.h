// Which tasks did not succeed, told to a person: those of `run`, the first few one by one,
// the rest as ranges (FailureReport); the jobs of `map`, by the way in which they ended
// (JobFailures).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/task.h"

namespace spread {

/// A set of tasks as ranges, of bounded size: when there are too many ranges, further ones are only
/// counted. For "6-20, 24": people count from 1.
class IdRanges {
 public:
  explicit IdRanges(std::size_t max_ranges = 4096) : max_ranges_(max_ranges) {}

  /// Each id once, in any order.
  void add(TaskId id);
  std::uint64_t count() const { return count_; }
  /// "6-20, 24, 41", at most `max_ranges` of them, then ", ..." if there is more.
  std::string text(std::size_t max_ranges) const;

 private:
  std::size_t max_ranges_;
  std::uint64_t count_ = 0;
  bool incomplete_ = false;
  std::map<std::uint64_t, std::uint64_t> ranges_;  // first -> last, apart by at least one id
};

/// What helps to find a failed task and its fault; each may be empty.
struct FailurePlace {
  std::string_view where;  ///< of the task, in the input: "line 3 of rows.csv"
  std::string_view input;  ///< the task itself; a piece of it is shown
  std::string_view trace;  ///< of the worker; of Python's the place in the user's code is shown
};

/// "csvw.py:3, in f": the innermost place of a Python traceback that is neither in an installed
/// package nor in the worker SDK. Empty where there is no traceback.
std::string place_in_trace(std::string_view trace);

/// Tells a person on stderr which tasks did not succeed: the first few at once, the rest as counts
/// and ranges at the end. Lines have no newline and no "spread: " prefix.
class FailureReport {
 public:
  explicit FailureReport(std::size_t shown_max = 20) : shown_max_(shown_max) {}

  /// Counts one final outcome (Ok too). What it returns, if not empty, is to be shown now:
  /// "task 18 (line 18: 7,x) failed on n1: ValueError: bad input (w.py:3, in f)". `host`, `type`
  /// and `message` may be empty; of a message with several lines the first is shown (a trace has
  /// its own field). Tasks that fail in the very same way are shown once.
  std::string add(TaskId task, Outcome outcome, std::string_view host, std::string_view type,
                  std::string_view message, const FailurePlace& place = {});

  /// Instead of add() for each success: they are many, and none is told.
  void set_succeeded(std::uint64_t count) { counts_[0] = count; }
  /// Of the given outcome.
  std::uint64_t count(Outcome outcome) const { return counts_[static_cast<std::size_t>(outcome)]; }
  /// Tasks that failed, were lost or not computed: what the exit status counts.
  std::uint64_t unsuccessful() const;
  /// Nothing if every task succeeded. Otherwise how many did not, and which were lost or not
  /// computed: "17 of 100 tasks did not succeed: 2 failed, 15 not computed" and
  /// "not computed: 6-20 (15 tasks)"; or that none was computed.
  std::vector<std::string> summary() const;

 private:
  std::size_t shown_max_;
  std::size_t shown_ = 0;
  std::uint64_t told_ = 0;  ///< tasks that have a line
  std::set<std::string> ways_;
  bool same_told_ = false;
  std::uint64_t counts_[4] = {};
  IdRanges failed_, lost_, not_computed_;
};

/// The jobs of `map` that did not succeed, told at the end: those that ended in the same way (the
/// same exit status, the same last words) together, the total last. Bounded: of very many ways the
/// first kWaysMax are kept, the rest counted.
class JobFailures {
 public:
  static constexpr std::size_t kShown = 5;
  static constexpr std::size_t kWaysMax = 1000;
  /// What a terminal of 24 lines of 80 columns shows.
  static constexpr std::uint64_t kScreenBytes = 1920;

  /// `all`: every way is shown, not only the first kShown.
  explicit JobFailures(bool all = false) : all_(all) {}

  /// `how`: "exit status 3". `last_lines`: of its stderr; may be empty. `shown_at`: how much had
  /// been written to stdout and stderr when those were, so that they are not told again while they
  /// are on the screen; none if they went elsewhere.
  void failed(TaskId task, std::string_view how, std::string_view command,
              std::string_view last_lines, std::optional<std::uint64_t> shown_at);
  /// A job without an end of its own. `started`: it had begun, and was killed or lost.
  void not_computed(bool started) { ++(started ? not_finished_ : not_run_); }

  /// Lines without "spread: " and newline; none if all went well. `jobs`: in all; `why_not`: why
  /// some were not run, or not to their end; `written`: so far, to stdout and stderr.
  std::vector<std::string> summary(std::uint64_t jobs, std::string_view why_not,
                                   std::uint64_t written) const;

 private:
  struct Way {
    std::uint64_t first = 0;  ///< of its jobs the one with the lowest number
    std::string how, command, last_lines;
    std::optional<std::uint64_t> shown_at;
    IdRanges jobs;
  };
  std::string text_of(const Way& way, std::uint64_t written) const;

  bool all_;
  std::uint64_t failed_ = 0;
  std::uint64_t unkept_ = 0;  ///< of them, those beyond kWaysMax
  std::uint64_t not_run_ = 0;
  std::uint64_t not_finished_ = 0;
  std::map<std::string, Way> ways_;
};

}  // namespace spread
