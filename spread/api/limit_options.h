// Limits of memory, of the spill file and of patience. The defaults here are those of --help.
// How often what fails is tried, and when a run is given up. The defaults here are those of --help.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "spread/api/time.h"

namespace spread {

/// What a worker is sent ahead of its answers.
struct WindowOptions {
  std::uint32_t tasks = 0;  ///< 0 = adaptive
  std::size_t bytes = 64 * 1024;
};

inline constexpr std::size_t kFrameBytesDefault = std::size_t{1} << 30;
/// Tasks read and not yet sent.
inline constexpr std::size_t kReadAheadDefault = 10000;

/// Results that wait for those before them.
struct SpillOptions {
  std::size_t memory = 4 * 1024 * 1024;
  std::string directory;                     ///< empty = temporary_directory
  std::string temporary_directory = "/tmp";  ///< of this process
  std::uint64_t max_bytes = std::uint64_t{10} << 30;

  const std::string& place() const { return directory.empty() ? temporary_directory : directory; }
};

/// How long what has been asked to end may take.
struct EndOptions {
  /// After the end of a worker's input; unset = none (the default of `all`).
  std::optional<Duration> shutdown_timeout = std::chrono::seconds(60);
  Duration kill_grace = std::chrono::seconds(5);
};

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

/// A signal to a process group, and how long its effect is waited for.
struct EndStep {
  int signal = 0;
  Duration wait{};
  static EndStep term(Duration wait) { return {15, wait}; }
};

}  // namespace spread
