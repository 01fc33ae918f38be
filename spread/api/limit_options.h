// Limits of memory, of the spill file and of patience. The defaults here are those of --help.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

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

}  // namespace spread
