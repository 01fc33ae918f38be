#pragma once

#include <cstdint>
#include <optional>

namespace spread {

/// What is known of the slots of one host and argument list.
struct KeyRecord {
  bool proven = false;      ///< one of them has answered in this run
  bool says_hello = false;  ///< one of them has
  /// None has, but in a part of the run that went before: of so many deaths without a word the
  /// tasks are to blame all the same.
  std::uint32_t trusted_deaths = 0;
  std::optional<double> prior_seconds;
  std::optional<double> prior_factor;
  std::optional<double> prior_launch;
  double seconds = 0;  ///< moving average of the seconds per task; 0 = no answer yet
  bool clean = false;  ///< `seconds` holds no start of a process

  // For the history
  double total_seconds = 0;  ///< of `answers` tasks, without the first one of each process
  std::uint64_t answers = 0;
  double first_seconds = 0;  ///< the same of the first ones: starting and preparing may be in it
  std::uint64_t first_answers = 0;
  std::uint64_t failures = 0;
  std::uint64_t refusals = 0;
  double launch_seconds = 0;  ///< from the start to the first sign of life, summed
  std::uint64_t launches = 0;

  /// What dies at a task dies of it.
  bool works() const { return proven || trusted_deaths > 0; }

  /// Expected seconds from a start until it works, 0 = unknown: until its hello, or, for those
  /// that say none, what the first answer took longer than others.
  double expected_launch() const {
    if (launches > 0) return launch_seconds / static_cast<double>(launches);
    if (first_answers > 0 && answers > 0) {
      const double longer = first_seconds / static_cast<double>(first_answers) -
                            total_seconds / static_cast<double>(answers);
      return longer > 0 ? longer : 0;
    }
    return prior_launch.value_or(0);
  }
};

}  // namespace spread
