#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/task.h"

namespace spread {

/// The jobs of `map` that did not succeed, told at the end, when nothing scrolls them away: their
/// exit status, command and last words. Bounded: the first kShown are kept, the rest counted.
class JobFailures {
 public:
  static constexpr std::size_t kShown = 20;

  /// `how`: "exit status 3". `last_lines`: of its stderr; may be empty.
  void failed(TaskId task, std::string_view how, std::string_view command,
              std::string_view last_lines);
  /// A job without an end of its own. `started`: it had begun, and was killed or lost.
  void not_computed(bool started) { ++(started ? not_finished_ : not_run_); }

  /// Lines without "spread: " and newline; none if all went well. `jobs`: in all; `why_not`: why
  /// some were not run, or not to their end.
  std::vector<std::string> summary(std::uint64_t jobs, std::string_view why_not) const;

 private:
  std::uint64_t failed_ = 0;
  std::uint64_t not_run_ = 0;
  std::uint64_t not_finished_ = 0;
  std::map<std::uint64_t, std::string> shown_;  ///< by task
};

}  // namespace spread
