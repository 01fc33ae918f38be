// How often what fails is tried, and when a run is given up. The defaults here are those of --help.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "spread/api/time.h"

namespace spread {

struct AttemptOptions {
  std::uint32_t retries = 1;  ///< tries in all for a task that failed; 0 = for ever
  /// --timeout: an absolute span, or a percentage of the median duration of successes.
  std::optional<Duration> timeout;
  std::optional<double> timeout_percent;
};

struct FailureOptions : AttemptOptions {
  std::uint32_t crash_retries = 3;            ///< tries in all for a task that crashes its worker
  std::uint32_t start_retries = 3;            ///< launch failures in a row before a slot closes
  Duration bench = std::chrono::seconds(30);  ///< how long a host with no open slot is left alone
  std::optional<Duration> max_busy;
};

/// --ok: the exit statuses of a command that are no failure; empty = 0 alone.
using OkStatuses = std::vector<std::uint8_t>;

/// --halt WHEN,WHY=N|N%.
struct HaltOptions {
  enum class When : std::uint8_t { Never, Soon, Now };
  enum class Why : std::uint8_t { Fail, Success, Done };
  When when = When::Never;
  Why why = Why::Fail;
  double count = 0;  ///< tasks, or per cent of the tasks where `percent`
  bool percent = false;
};

}  // namespace spread
