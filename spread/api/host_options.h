// Where workers and jobs run. The defaults here are those of --help.
#pragma once

#include <optional>
#include <string>
#include <vector>

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

}  // namespace spread
