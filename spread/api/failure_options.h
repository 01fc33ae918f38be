// How often what fails is tried, and when a run is given up. The defaults here are those of --help.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "spread/api/time.h"

namespace spread {

struct FailureOptions {
  std::uint32_t retries = 1;                  ///< tries in all for a task that failed; 0 = for ever
  std::uint32_t crash_retries = 3;            ///< tries in all for a task that crashes its worker
  std::uint32_t start_retries = 3;            ///< launch failures in a row before a slot closes
  Duration bench = std::chrono::seconds(30);  ///< how long a host with no open slot is left alone
  /// --timeout: an absolute span, or a percentage of the median duration of successes.
  std::optional<Duration> timeout;
  std::optional<double> timeout_percent;
  std::optional<Duration> max_busy;
  std::vector<std::uint8_t> ok_statuses;  ///< --ok: of a command; empty = 0 alone
};

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
