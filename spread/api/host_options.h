// Where workers and jobs run. The defaults here are those of --help.
// What is started, and when it may be. The defaults here are those of --help.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "spread/api/time.h"

namespace spread {

struct HostOptions {
  /// -j: unset = the CPUs usable there. A count, or a percentage of those CPUs (at least one slot).
  std::optional<double> slots;
  bool slots_percent = false;
  int slots_offset = 0;  ///< -j +N, -j -N: the CPUs usable there and so many, at least 1 slot
  bool slots_unlimited = false;        ///< -j 0: as many as there are descriptors for
  std::string slots_file;              ///< -j FILE: looked at again whenever a task or job ends
  std::vector<std::string> sshlogins;  ///< -S, each "[N/]HOST,..." as given
  std::vector<std::string> slf_files;
  std::string ssh;     ///< --ssh: what logs in instead of ssh; empty = ssh
  std::string launch;  ///< --launch: empty = ssh for remote hosts, none for local ones
};

/// Whole argument lists, each for a worker on this machine.
struct WorkerLists {
  std::vector<std::string> lists;  ///< --worker, each shell-quoted words or a JSON array
  std::vector<std::string> files;  ///< --args-file
};

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

/// What is remembered of hosts.
struct HistoryFile {
  bool enabled = true;
  std::string name;  ///< empty = $XDG_STATE_HOME/spread/history.db
};

}  // namespace spread
