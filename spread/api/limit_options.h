// Limits of memory, of the spill file and of patience. The defaults here are those of --help.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "spread/api/time.h"

namespace spread {

struct LimitOptions {
  /// 0 = adaptive.
  std::uint32_t window = 0;
  std::size_t window_bytes = 64 * 1024;
  std::size_t max_frame = std::size_t{1} << 30;
  /// Tasks read and not yet sent.
  std::size_t read_ahead = 10000;
  std::size_t reorder_memory = 4 * 1024 * 1024;
  std::string spill_directory;  ///< empty = temporary_directory
  std::string temporary_directory = "/tmp";
  const std::string& spill_place() const {
    return spill_directory.empty() ? temporary_directory : spill_directory;
  }
  std::uint64_t spill_max = std::uint64_t{10} << 30;
  /// After the end of a worker's input; unset = none (the default of `all`).
  std::optional<Duration> shutdown_timeout = std::chrono::seconds(60);
  Duration kill_grace = std::chrono::seconds(5);
  bool strict = false;  ///< stray output is an error
};

}  // namespace spread
