// Options that the subcommands share: where workers and jobs run and what they may use, how often
// what fails is tried, where input comes from, what becomes of results, and the wires. The
// defaults here are those of --help.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spread/api/task.h"
#include "spread/api/time.h"

namespace spread {

// ---- the wires that tasks and answers take

enum class Wire : std::uint8_t { Msgpack, Json, Lines, Pickle };
/// As users and workers (SPREAD_WIRE) write them.
inline constexpr std::string_view kWireNames[] = {"msgpack", "json", "lines", "pickle"};
constexpr std::string_view name_of(Wire wire) { return kWireNames[static_cast<std::size_t>(wire)]; }

/// Tasks have ids, and workers can say more than answers: hello, log, questions. On the other wires
/// a payload goes down and a result comes up.
constexpr bool has_messages(Wire wire) { return wire == Wire::Msgpack || wire == Wire::Json; }

/// What bytes are in a pickle that spread writes: the str of Python 2, or the bytes of Python 3.
enum class PickleBytes : std::uint8_t { Python2, Python3 };
struct PickleOptions {
  PickleBytes bytes = PickleBytes::Python2;
  bool pair = false;             ///< a task is the tuple (id, payload)
  bool remote_is_error = false;  ///< a RemoteException is the failure of its task, not of the run
  bool verbatim = false;         ///< an answer is the pickle that the worker wrote (--out pickle)
};

/// `--wire lines --window N`: answers belong to lines by their number alone, and may sit in a
/// filter's buffer until its input ends.
constexpr bool counts_answers(Wire wire, std::uint32_t window) {
  return wire == Wire::Lines && window > 1;
}

// ---- where workers and jobs run, what is started, and when it may be

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

/// When the process of a worker is replaced by another one: it may answer what it has.
struct WorkerLimits {
  static constexpr std::uint64_t kNoTaskLimit = std::uint64_t{1} << 62;
  /// A process is sent so many tasks and no more, answered or refused.
  std::uint64_t max_tasks = kNoTaskLimit;
  /// One that is older is sent nothing more. One that was sent nothing yet is sent one task: else a
  /// process that takes longer to start would never do anything.
  Duration max_age = kNoLimit;
  /// Bytes of resident memory, of the process and what it has started; 0 = no limit.
  std::uint64_t max_rss = 0;
  /// The next one is started as soon as the one before has answered all, though it has not ended.
  bool overlap = false;
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

// ---- limits of memory, of the spill file and of patience; when a run is given up

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

/// --lost-after.
inline constexpr Duration kLostAfterDefault = std::chrono::seconds(10);

struct AttemptOptions {
  std::uint32_t retries = 1;  ///< tries in all for a task that failed; 0 = for ever
  /// --timeout: an absolute span, or a percentage of the median duration of successes.
  std::optional<Duration> timeout;
  std::optional<double> timeout_percent;
};

struct FailureOptions : AttemptOptions {
  std::uint32_t crash_retries = 3;            ///< tries in all for a task that crashes its worker
  std::uint32_t start_retries = 3;            ///< launch failures in a row before a slot closes
  Duration bench = std::chrono::seconds(30);  ///< how long a host with no open slot is left alone
  std::optional<Duration> max_busy;
};

/// --ok: the exit statuses of a command that are no failure; empty = 0 alone.
using OkStatuses = std::vector<std::uint8_t>;

/// --halt WHEN,WHY=N|N%.
struct HaltOptions {
  enum class When : std::uint8_t { Never, Soon, Now };
  enum class Why : std::uint8_t { Fail, Success, Done };
  When when = When::Never;
  Why why = Why::Fail;
  double count = 0;  ///< tasks, or per cent of the tasks where `percent`
  bool percent = false;
};

/// A signal to a process group, and how long its effect is waited for.
struct EndStep {
  int signal = 0;
  Duration wait{};
  static EndStep term(Duration wait) { return {15, wait}; }
};

// ---- what becomes of results and tails, and what is told beside them

/// What several values become in one: of a gang's task its members' values, by rank; of a whole run
/// the results of its tasks, in order. A list of them; rank 0's alone (of a gang only); the lists
/// that they are joined to one; a map from number to value; a list of {number, parameters, results}
/// for each worker.
enum class GatherAs : std::uint8_t { List, Root, Concat, Map, ByWorker };
inline constexpr std::string_view kGatherNames[] = {"list", "root", "concat", "map", "by-worker"};
/// Of the subcommand gang: each task is one of several workers at the same time.
struct GangOptions {
  std::uint32_t size = 0;  ///< 0: tasks are those of one worker
  bool exact = false;      ///< fewer members are as bad as none
  GatherAs gather = GatherAs::List;
};

enum class OutputFormat : std::uint8_t { Text, Json, Msgpack, Records, Csv, Pickle };
inline constexpr std::string_view kOutputNames[] = {"text",    "json", "msgpack",
                                                    "records", "csv",  "pickle"};
/// How the fields of --out csv are written: as they are, or as numpy.savetxt does, numbers alone.
enum class CsvStyle : std::uint8_t { Plain, Savetxt };
enum class TailsTo : std::uint8_t { Stdout, Stderr, None, Directory };

struct OutputOptions {
  OutputFormat format = OutputFormat::Text;
  /// Ends a record in Text format: '\n', NUL for --out0.
  char terminator = '\n';
  bool ordered = true;
  std::optional<GatherAs> gather;  ///< all results are one value; not Root
  CsvStyle csv_style = CsvStyle::Plain;
  std::vector<std::string> columns;  ///< of Csv; empty: all that there are
  PickleBytes pickle_bytes = PickleBytes::Python2;
};

struct TailOptions {
  TailsTo to = TailsTo::Stdout;
  std::string directory;
};

/// When the journal is on the disk, and not only in the kernel's memory.
enum class Durable : std::uint8_t { None, Batch, Answer };

/// --journal and what goes with it (docs/journal.md, docs/resume.md).
struct JournalOptions {
  std::string file;  ///< empty: none is kept
  Durable durable = Durable::Batch;
  bool resume = false;        ///< goes on where the run before was cut off
  bool by_content = false;    ///< --resume=content
  bool failed_again = false;  ///< --resume-failed
  bool take_over = false;     ///< though another run may be writing it
  bool force = false;         ///< -o may be a file that is not from it
  std::string kept_output;    ///< --dry-run: the file of -o, which is not written
  std::string stop_request;   ///< a file that asks the run to stop; empty: none is looked for
};

/// docs/run-directories.md
struct DirectoryOptions {
  std::string name;                 ///< empty: none
  bool detach = false;              ///< goes on without the terminal
  bool alone = false;               ///< run --dir DIR, and no worker: starts it, or goes on with it
  bool keeps_tails = false;         ///< no --tails names another place
  std::optional<Duration> timeout;  ///< of retrieve
};

/// docs/pool.md
struct PoolOptions {
  std::string name;              ///< empty: none
  std::optional<Duration> idle;  ///< unset: it never ends by itself
};

/// What `spread results` was asked for.
struct ResultsForm {
  std::optional<OutputFormat> format;  ///< none: that of the run
  char terminator = '\n';
  bool in_task_order = true;  ///< else each as it comes
  bool failed = false;  ///< only what failed or was lost, a line each unless `format` is Records
};

enum class ProgressStyle : std::uint8_t { Automatic, Bar, Eta, Plain, None };

struct ReportOptions {
  std::string speaker = "spread";  ///< what messages begin with
  ProgressStyle progress = ProgressStyle::Automatic;
  std::string output_file;                                ///< -o; empty = standard output
  std::string joblog;                                     ///< empty = none; "-" is not special
  bool joblog_append = false;                             ///< --joblog +FILE
  std::string events;                                     ///< FILE or "fd:N"; empty = none
  std::string log;                                        ///< the same, of what workers log
  LogLevel log_level = LogLevel::Debug;                   ///< the least that goes there
  std::optional<LogLevel> stderr_level = LogLevel::Info;  ///< ... to stderr; none = nothing does
  bool explain = false;
  bool summary = false;  ///< a table of workers and hosts on stderr, at the end
};

// ---- where tasks and items come from

enum class InputFormat : std::uint8_t { Lines, Json, Msgpack, Csv, Pickle };
inline constexpr std::string_view kInputNames[] = {"lines", "json", "msgpack", "csv", "pickle"};

/// The form of the records on stdin, in `-a` files and in `--prep-file`.
struct RecordOptions {
  InputFormat format = InputFormat::Lines;
  bool format_given = false;  ///< --in was there: files of --partition and --common are that
  /// Ends a record in Lines format: '\n', NUL for -0, any byte for -d.
  char delimiter = '\n';
  bool verbatim = false;  ///< of Pickle: a record is the pickle itself, for workers that read these
};

struct InputOptions {
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

/// How n numbers are shared out among k shards, where n is no multiple of k: spread evenly, or the
/// first ones have one more.
enum class Split : std::uint8_t { Even, Front };

/// Tasks that are no records but say which part of a range or of arrays they are: docs/shards.md.
struct ShardOptions {
  static constexpr std::uint64_t kRangeMax = std::uint64_t{INT64_MAX};

  std::optional<std::uint64_t> range;   ///< --range: 0 to N-1; at most kRangeMax
  std::vector<std::string> partitions;  ///< --partition: files of elements
  std::optional<std::uint64_t> shards;  ///< unset: as many as there are slots
  std::uint64_t piece = 0;              ///< --chunk: numbers in each, instead of `shards`
  Split split = Split::Even;

  bool any() const { return range.has_value() || !partitions.empty(); }
};

/// Tasks that are the rows of a sweep: docs/sweeps.md.
struct SweepOptions {
  std::vector<std::string> specs;        ///< each a specification, a file with one, or "-": stdin
  std::optional<std::uint32_t> seed;     ///< unset = 0
  std::optional<std::uint64_t> samples;  ///< of drawn parameters
  std::optional<std::uint64_t> runs;  ///< each row so often; unset = once, and no number of the run
  std::string where;                  ///< empty = all rows
  /// Samples are drawn in rounds until so many tasks have succeeded; unset = once.
  std::optional<std::uint64_t> until_ok;
  std::uint64_t max_rounds = 10;
};
/// The subcommand of sweeps: rows on stdout, instead of tasks.
struct SweepOutput {
  OutputFormat format = OutputFormat::Json;  ///< Json, Msgpack or Csv
  CsvStyle csv_style = CsvStyle::Plain;
};
/// Of SweepOptions::specs: it is no name of a file.
inline bool is_sweep_text(std::string_view spec) {
  return spec.find('=') != std::string_view::npos || spec.starts_with('{') ||
         spec.starts_with("zip(");
}

struct PrepItem {
  enum class Kind : std::uint8_t { Text, Json, File, Common, Encoded };
  Kind kind = Kind::Text;
  std::string text;  ///< the text, the JSON document, the file's name, or the value in msgpack
};

}  // namespace spread
