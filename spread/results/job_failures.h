#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/task.h"
#include "spread/results/failure_report.h"

namespace spread {

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
