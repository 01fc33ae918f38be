// What `map` and `pipe` execute. The defaults here are those of --help.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "spread/api/time.h"
#include "spread/api/xargs_options.h"

namespace spread {

/// `spread map`: how items of the input become a job's arguments.
struct ArgumentOptions {
  enum class Fill : std::uint8_t {
    No,
    Joined,  ///< -m: as many items as fit into one command line, all of them where {} stands
    Context  ///< -X: the word around {} is repeated for each
  };
  enum class Trim : std::uint8_t { No, Left, Right, Both };
  std::string column_separator;  ///< --colsep, a pattern; empty = one column
  bool csv = false;
  bool header = false;                       ///< --header: the first record names the columns
  std::optional<Trim> trim;                  ///< unset = Both with column_separator, else No
  bool link = false;                         ///< --link: items of all sources are paired
  std::optional<std::uint64_t> items_max;    ///< -n
  std::optional<std::uint64_t> items_exact;  ///< -N: {1} to {N}; 0 = take one, insert none
  std::optional<std::uint64_t> lines;        ///< -L
  Fill fill = Fill::No;
  bool fill_evenly = true;  ///< -m, -X: the last items shared out over the slots; --xargs: not
  std::optional<std::size_t> bytes_max;  ///< -s: of a job's command line
  bool exit_if_long = false;             ///< -x: an item that is longer ends the run
  bool skip_blank = false;               ///< -r: items of white space alone are left out
};

/// `spread map`: what is executed, when, and what becomes of its output.
struct MapOptions {
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
  ArgumentOptions arguments;
  Mode mode = Mode::Automatic;
  std::string shell;        ///< --shell-path; empty = $SPREAD_SHELL, or what the script needs
  std::string replacement;  ///< -I; empty = {}
  bool allow_paste = false;
  bool literal_braces = false;  ///< --literal-braces
  bool item_to_stdin = false;   ///< --stdin
  Output output = Output::Grouped;
  /// --tagstring; --tag is "{}"; empty = none. In `all` it stands for the host's name.
  std::string tag;
  std::string results_directory;  ///< --results
  enum class Table : std::uint8_t { None, Csv, Tsv, Json };
  Table table = Table::None;  ///< --results x.csv, x.tsv, x.json: rows of this file
  std::string results_table;
  bool records = false;         ///< --out records
  bool print_commands = false;  ///< -t, -v: each on stderr when it starts
  bool resume = false;          ///< --resume and --resume-failed
  bool resume_failed = false;
  bool retry_failed = false;         ///< the jobs are those of the joblog that failed
  bool retry_drops_command = false;  ///< and a command or items were given besides
  bool joblog_append = false;        ///< --joblog +FILE
  Duration delay{};                  ///< --delay: between two starts
  struct Load {
    double value = 0;
    bool percent = false;  ///< of the CPUs
  };
  std::optional<Load> load_max;               ///< --load
  std::optional<std::uint64_t> free_memory;   ///< --memfree, bytes
  std::optional<int> nice;                    ///< --nice: added to spread's own
  std::optional<std::uint64_t> memory_limit;  ///< --limit-memory: of each process of a job, bytes
  std::optional<Duration> cpu_limit;          ///< --limit-cpu: likewise
  /// --term-seq: signals to a job that must end, and the waits between them. Empty: TERM, then
  /// KILL after LimitOptions::kill_grace.
  struct Step {
    int signal = 0;
    Duration wait{};
  };
  std::vector<Step> end_sequence;
  std::string jobs_file;              ///< -j FILE: looked at again whenever a job ends
  bool no_slot_limit = false;         ///< -j 0
  bool xargs_status = false;          ///< --exit-status xargs
  std::optional<XargsOptions> xargs;  ///< `spread xargs`, where it differs
  /// Files for jobs on other machines; all but base_files with placeholders.
  std::vector<std::string> base_files;      ///< --basefile: once on every host
  std::vector<std::string> transfer_files;  ///< --transferfile: before each job
  std::vector<std::string> return_files;    ///< --return: after it
  bool clean_up = false;                    ///< --cleanup: they do not stay there
};

}  // namespace spread
