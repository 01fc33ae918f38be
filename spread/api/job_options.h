// What `map` and `pipe` execute. The defaults here are those of --help.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "spread/api/command_options.h"
#include "spread/api/end_step.h"
#include "spread/api/failure_options.h"

namespace spread {

/// What is executed, and what becomes of its output.
struct JobOptions {
  enum class Mode : std::uint8_t {
    Automatic,  ///< several words are exec'd; one word may be a script
    Shell,      ///< -c
    Exec        ///< -q
  };
  enum class Output : std::uint8_t {
    Grouped,
    LineBuffered,  ///< --lb
    Ungrouped      ///< -u: jobs write to spread's own stdout and stderr
  };
  enum class Table : std::uint8_t { None, Csv, Tsv, Json };

  CommandOptions command;
  Mode mode = Mode::Automatic;
  std::string shell;            ///< --shell-path; empty = $SPREAD_SHELL, or what the script needs
  bool literal_braces = false;  ///< --literal-braces
  Output output = Output::Grouped;
  bool ordered = true;            ///< -k; else as jobs print
  std::string tag;                ///< --tagstring; --tag is "{}"; empty = none
  std::string results_directory;  ///< --results
  Table table = Table::None;      ///< --results x.csv, x.tsv, x.json: rows of this file
  std::string results_table;
  bool records = false;         ///< --out records
  bool print_commands = false;  ///< -t, -v: each on stderr when it starts
  std::optional<int> nice;      ///< --nice: added to spread's own
  ProcessLimits limits;
  /// --term-seq. Empty: TERM, then KILL after EndOptions::kill_grace.
  std::vector<EndStep> end_sequence;
  OkStatuses ok_statuses;
  bool xargs_status = false;            ///< --exit-status xargs
  std::vector<std::string> base_files;  ///< --basefile: once on every other host
  bool clean_up = false;                ///< --cleanup: files do not stay there
};

}  // namespace spread
