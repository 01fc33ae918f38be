#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace spread {

/// `spread xargs`: the command line of xargs, as far as it is not in JobOptions.
struct XargsOptions {
  std::string name;                        ///< what messages begin with: "xargs", or "spread xargs"
  std::vector<std::string> command;        ///< and its first arguments; never empty
  std::optional<char> delimiter;           ///< -0, -d
  std::string end_mark;                    ///< -E; empty = none
  std::string replacement;                 ///< -I; empty = not given
  std::uint64_t lines_max = 0;             ///< -L; 0 = not given
  std::uint64_t items_max = 0;             ///< -n; 0 = not given
  std::optional<std::uint64_t> bytes_max;  ///< -s
  std::uint64_t processes = 1;             ///< -P; 0 = as many as descriptors allow
  bool exit_if_long = false;               ///< -x
  bool run_if_empty = true;                ///< not -r
  bool open_terminal = false;              ///< -o: jobs read from /dev/tty
  bool ask = false;                        ///< -p: before each command line
  bool show_limits = false;                ///< --show-limits
  std::string slot_variable;               ///< --process-slot-var; empty = none
  /// What else the command line asked for, to be told first: an option that another one overrides.
  std::vector<std::string> warnings;
};

}  // namespace spread
