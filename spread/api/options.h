// Every option of the program as plain data: cli/ fills it in, the other folders read it. The
// defaults here are the defaults in --help (cli/ prints them from here).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spread/api/environment.h"
#include "spread/api/streams.h"
#include "spread/api/time.h"
#include "spread/api/xargs_options.h"

namespace spread {

enum class Command : std::uint8_t { Run, All, Map, Pipe, Hosts, HistoryShow, HistoryReset };

/// Plain commands, a process for each task, instead of workers that speak the protocol.
constexpr bool is_jobs(Command command) {
  return command == Command::Map || command == Command::Pipe;
}

/// The form of the records on stdin, in `-a` files and in `--prep-file`.
enum class InputFormat : std::uint8_t { Lines, Json, Msgpack, Csv };
enum class OutputFormat : std::uint8_t { Text, Json, Msgpack, Records };
enum class Wire : std::uint8_t { Msgpack, Json, Lines };
/// As users and workers (SPREAD_WIRE) write them.
inline constexpr std::string_view kWireNames[] = {"msgpack", "json", "lines"};
constexpr std::string_view name_of(Wire wire) { return kWireNames[static_cast<std::size_t>(wire)]; }
enum class TailsTo : std::uint8_t { Stdout, Stderr, None, Directory };
enum class ProgressStyle : std::uint8_t { Automatic, Bar, Eta, Plain, None };

struct InputOptions {
  InputFormat format = InputFormat::Lines;
  /// Ends a record in Lines format: '\n', NUL for -0, any byte for -d.
  char delimiter = '\n';
  /// -a FILE: read one after the other, instead of stdin ("-" is stdin).
  std::vector<std::string> files;
  /// `::: ITEM...`: each item is one record of text; and `:::: FILE`. In the order given.
  struct Group {
    bool from_file = false;
    std::vector<std::string> words;  ///< items, or file names where from_file
    bool linked = false;             ///< `:::+`, `::::+`: paired with the group before (map)
  };
  std::vector<Group> groups;
};

struct OutputOptions {
  OutputFormat format = OutputFormat::Text;
  /// Ends a record in Text format: '\n', NUL for --out0.
  char terminator = '\n';
  bool ordered = true;
  TailsTo tails = TailsTo::Stdout;
  std::string tails_directory;
  bool show_output = true;  ///< what workers attach to answers goes to stderr
};

struct PrepItem {
  enum class Kind : std::uint8_t { Text, Json, File };
  Kind kind = Kind::Text;
  std::string text;  ///< the text, the JSON document, or the file's name
};

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

struct FailureOptions {
  std::uint32_t retries = 1;                  ///< tries in all for a task that failed; 0 = for ever
  std::uint32_t crash_retries = 3;            ///< tries in all for a task that crashes its worker
  std::uint32_t start_retries = 3;            ///< launch failures in a row before a slot closes
  Duration bench = std::chrono::seconds(30);  ///< how long a host with no open slot is left alone
  /// --timeout: an absolute span, or a percentage of the median duration of successes.
  std::optional<Duration> timeout;
  std::optional<double> timeout_percent;
  std::optional<Duration> max_busy;
  std::vector<std::uint8_t> ok_statuses;  ///< --ok: of a command; empty = 0 alone
};

/// --halt WHEN,WHY=N|N%.
struct HaltOptions {
  enum class When : std::uint8_t { Never, Soon, Now };
  enum class Why : std::uint8_t { Fail, Success, Done };
  When when = When::Never;
  Why why = Why::Fail;
  double count = 0;  ///< tasks, or per cent of the tasks where `percent`
  bool percent = false;
};

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

struct ReportOptions {
  std::string speaker = "spread";  ///< what messages begin with
  ProgressStyle progress = ProgressStyle::Automatic;
  std::string joblog;  ///< empty = none; "-" is not special
  std::string events;  ///< FILE or "fd:N"; empty = none
  bool explain = false;
  bool summary = false;  ///< a table of workers and hosts on stderr, at the end
  bool dry_run = false;
  bool traces = false;  ///< of every failed task, not only of the first
};

struct HistoryOptions {
  bool enabled = true;
  std::string file;  ///< empty = $XDG_STATE_HOME/spread/history.db
};

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

/// `spread pipe`: how the input is cut into blocks of whole records (docs/pipe.md). The command and
/// its output are MapOptions.
struct PipeOptions {
  std::size_t block_bytes = std::size_t{1} << 20;
  std::uint64_t blocks_per_slot = 0;  ///< --block -N with --pipepart: instead of block_bytes
  std::optional<std::string> record_start, record_end;
  bool record_patterns = false;  ///< --regexp: these two are regular expressions
  std::size_t records = 0;       ///< -N: of a block; 0 = as many as block_bytes holds
  std::size_t lines = 0;         ///< -L: of a record; 0 = records are what record_end says
  std::size_t header_lines = 0;  ///< given to every command in front of its block
  bool remove_separators = false;
  bool round_robin = false;  ///< long-lived filters instead of a process for each block
  bool by_ranges = false;    ///< --pipepart: the file is read by ranges
};

struct Options {
  Command command = Command::Run;
  MapOptions map;
  PipeOptions pipe;
  InputOptions input;
  OutputOptions output;
  std::vector<PrepItem> prep;
  HostOptions hosts;
  Wire wire = Wire::Msgpack;
  bool start_all = false;
  FailureOptions failure;
  HaltOptions halt;
  LimitOptions limits;
  ReportOptions report;
  HistoryOptions history;
  bool check_hosts = false;                ///< `spread hosts --check`
  std::vector<std::string> history_words;  ///< what `history show|reset` is restricted to
  Environment environment;                 ///< of this process; a child has it, too
  Streams streams;                         ///< of this process
};

/// `--wire lines --window N`: answers belong to lines by their number alone, and may sit in a
/// filter's buffer until its input ends.
inline bool counts_answers(const Options& options) {
  return options.command == Command::Run && options.wire == Wire::Lines &&
         options.limits.window > 1;
}

}  // namespace spread
