// What `map` and `pipe` execute, and how items of the input become the arguments of jobs (`map`,
// `xargs`). The defaults here are those of --help.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "spread/api/shared_options.h"

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

/// Which jobs of an earlier run, which its joblog has, need not be run.
struct ResumeOptions {
  bool resume = false;  ///< --resume and --resume-failed
  bool resume_failed = false;
  bool retry_failed = false;         ///< the jobs are those of the joblog that failed
  bool retry_drops_command = false;  ///< and a command or items were given besides
};

struct ItemOptions {
  InputOptions input;
  char delimiter = '\n';  ///< -0, -d: ends an item of a file
  ArgumentOptions arguments;
  std::string replacement;  ///< -I; empty = {}
  bool allow_paste = false;
  bool to_stdin = false;  ///< --stdin
  ResumeOptions resume;
  /// For jobs on other machines, with placeholders.
  std::vector<std::string> transfer_files;  ///< --transferfile: before each job
  std::vector<std::string> return_files;    ///< --return: after it
  std::optional<XargsOptions> xargs;        ///< `spread xargs`: where it differs
};

/// `spread pipe`: how the input is cut into blocks of whole records (docs/pipe.md).
struct CutOptions {
  std::vector<std::string> files;  ///< -a: read one after the other; empty = stdin ("-")
  std::size_t block_bytes = std::size_t{1} << 20;
  std::uint64_t blocks_per_slot = 0;  ///< --block -N with --pipepart: instead of block_bytes
  std::optional<std::string> record_start, record_end;
  bool record_patterns = false;  ///< --regexp: these two are regular expressions
  std::size_t records = 0;       ///< -N: of a block; 0 = as many as block_bytes holds
  std::size_t lines = 0;         ///< -L: of a record; 0 = records are what record_end says
  std::size_t header_lines = 0;  ///< given to every command in front of its block
  bool remove_separators = false;
  bool by_ranges = false;  ///< --pipepart: the file is read by ranges
};

}  // namespace spread
