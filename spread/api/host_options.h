// Where workers and jobs run. The defaults here are those of --help.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace spread {

struct HostOptions {
  /// -j: unset = the CPUs usable there. A count, or a percentage of those CPUs (at least one slot).
  std::optional<double> slots;
  bool slots_percent = false;
  int slots_offset = 0;  ///< -j +N, -j -N (map): the CPUs usable there and so many, at least 1 slot
  std::vector<std::string> sshlogins;  ///< -S, each "[N/]HOST,..." as given
  std::vector<std::string> slf_files;
  std::vector<std::string> worker_lists;  ///< --worker, each shell-quoted words or a JSON array
  std::vector<std::string> args_files;
  std::string ssh;                ///< --ssh: what logs in instead of ssh; empty = ssh
  std::string launch;             ///< --launch: empty = ssh for remote hosts, none for local ones
  std::string working_directory;  ///< --wd; empty = the default
  /// --env: variables that go to other machines, too, with their values; exported functions of bash
  /// under the names that it gives them.
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<std::string> command;  ///< the words after `--`; may be empty with worker_lists
  /// The first of them that is an option of spread, perhaps in the wrong place; empty = none.
  std::string option_behind;
};

}  // namespace spread
