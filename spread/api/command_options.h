// What is started, and when it may be. The defaults here are those of --help.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "spread/api/time.h"

namespace spread {

struct CommandOptions {
  std::vector<std::string> words;  ///< empty where lists of words are given instead
  std::string directory;           ///< --wd; empty = the default
  /// --env: variables that go to other machines, too, with their values; exported functions of bash
  /// under the names that it gives them.
  std::vector<std::pair<std::string, std::string>> environment;
};

/// What has to be waited for before a worker or job is started.
struct StartOptions {
  struct Load {
    double value = 0;
    bool percent = false;  ///< of the CPUs
  };
  Duration delay{};                          ///< --delay: between two starts
  std::optional<Load> load_max;              ///< --load
  std::optional<std::uint64_t> free_memory;  ///< --memfree, bytes
};

/// What each process of a worker or job may use.
struct ProcessLimits {
  std::optional<std::uint64_t> memory;  ///< --limit-memory, bytes
  std::optional<Duration> cpu;          ///< --limit-cpu
};

}  // namespace spread
