#include "spread/cli/option_table.h"

#include <algorithm>

#include "spread/cli/defaults_text.h"
#include "spread/cli/setters.h"

namespace spread::cli {
namespace {

constexpr Subcommands kWorkers = kRun | kAll;
constexpr Subcommands kLaunch = kRun | kAll | kHosts;

// clang-format off
const OptionSpec kTable[] = {
    {"-j,-P,--jobs", "N", kLaunch, Group::Hosts,
     "slots on every host without an N/ of its own; N% of its usable CPUs",
     [](const Options&) -> std::string { return "one per usable CPU"; }, set_jobs},
    {"-S,--sshlogin", "[N/]HOST,...", kLaunch, Group::Hosts,
     "the hosts to use, and no others; : is this machine; repeatable",
     [](const Options&) -> std::string { return ":"; }, set_sshlogin, Offer::Host},
    {"--slf,--sshloginfile", "FILE", kLaunch, Group::Hosts,
     "hosts from FILE, one a line, as for -S; repeatable",
     nullptr, set_slf, Offer::File},
    {"--worker", "'ARG LIST'", kLaunch, Group::Hosts,
     "one worker, exec'd with exactly these words, no shell, no placeholders; repeatable",
     nullptr, set_worker, Offer::Command},
    {"--args-file", "FILE", kLaunch, Group::Hosts,
     "a --worker for every line of FILE: shell words or a JSON array; repeatable",
     nullptr, set_args_file, Offer::File},
    {"--launch", "TEMPLATE", kLaunch, Group::Hosts,
     "how a host is reached: local, ssh, srun, mpirun, or words such as 'docker exec -i {host}'",
     [](const Options&) -> std::string { return "ssh"; }, set_launch, Offer::Words,
     "local ssh srun mpirun"},
    {"--wd", "DIR", kLaunch, Group::Hosts,
     "working directory; . is this one's path on every host",
     [](const Options&) -> std::string { return "this one here, the home elsewhere"; },
     set_working_directory, Offer::Directory},
    {"--wire", "WIRE", kWorkers, Group::Hosts,
     "form of tasks and answers: msgpack (frames), json (a line each) or lines (the payload only, "
     "for filters)",
     wire_default, set_wire, Offer::Words, "msgpack json lines"},
    {"--start-all", "", kRun, Group::Hosts,
     "start every slot at once, not when it gets a task",
     nullptr, set_start_all},
    {"--check", "", kHosts, Group::Hosts,
     "try each host: start and end one process there",
     nullptr, set_check},

    {"--in", "FORMAT", kWorkers, Group::Input,
     "records of the input: lines, json (JSON Lines), msgpack, csv (with a header)",
     input_default, set_in, Offer::Words, "lines json msgpack csv"},
    {"-0,--null", "", kWorkers, Group::Input,
     "records end with NUL, not with a newline",
     nullptr, set_null},
    {"-d,--delimiter", "DELIM", kWorkers, Group::Input,
     "records end with this byte: c, \\t, \\0, \\n or \\xHH",
     nullptr, set_delimiter},
    {"-a,--arg-file", "FILE", kRun, Group::Input,
     "read FILE instead of standard input (-); repeatable",
     nullptr, set_arg_file, Offer::File},
    {"", "::: ITEM...", kRun, Group::Input,
     "after the worker: records instead of standard input"},
    {"", ":::: FILE...", kRun, Group::Input,
     "after the worker: files, likewise"},
    {"--prep", "TEXT", kWorkers, Group::Input,
     "an item sent to every worker before its first task; repeatable, and the order is kept",
     nullptr, set_prep},
    {"--prep-json", "JSON", kWorkers, Group::Input,
     "as --prep, given as JSON",
     nullptr, set_prep_json},
    {"--prep-file", "FILE", kWorkers, Group::Input,
     "as --prep for every record of FILE, in --in's format",
     nullptr, set_prep_file, Offer::File},

    {"--out", "FORMAT", kRun, Group::Output,
     "text, json, msgpack or records (objects: id, status, value, error, worker, host, attempts, "
     "seconds)",
     [](const Options&) -> std::string { return "as --in where it is json or msgpack, else text"; }, set_out,
     Offer::Words, "text json msgpack records"},
    {"--out0", "", kRun, Group::Output,
     "text output whose records end with NUL",
     nullptr, set_out0},
    {"-k,--keep-order", "", kWorkers, Group::Output,
     "results in the order of the tasks: the default",
     nullptr, set_keep_order},
    {"--unordered", "", kWorkers, Group::Output,
     "results as they come",
     nullptr, set_unordered},
    {"--tails", "WHERE", kWorkers, Group::Output,
     "where what workers write after their last answer goes: stdout, stderr, none or DIR/",
     tails_default, set_tails, Offer::WordsOrDirectory, "stdout stderr none"},
    {"--show-output", "WHAT", kRun, Group::Output,
     "output that workers attach to answers: slot (to stderr, under #slot lines) or none",
     show_output_default, set_show_output, Offer::Words, "slot none"},

    {"--timeout", "T", kRun, Group::Failure,
     "kill a worker whose task takes longer than T: 1.5, 30s, 10m, 2h; 300% is of the median",
     [](const Options&) -> std::string { return "none"; }, set_timeout},
    {"--timeout", "T", kAll, Group::Failure,
     "kill a worker that has not ended after T: 1.5, 30s, 10m, 2h; the same as --shutdown-timeout",
     [](const Options&) -> std::string { return "none"; }, set_shutdown_timeout},
    {"--retries", "N", kRun, Group::Failure,
     "tries in all for a task that failed; 0 = for ever",
     retries_default, set_retries},
    {"--crash-retries", "N", kRun, Group::Failure,
     "tries in all for a task whose worker dies under it",
     crash_retries_default, set_crash_retries},
    {"--start-retries", "N", kRun, Group::Failure,
     "failed launches in a row that close a slot",
     start_retries_default, set_start_retries},
    {"--bench", "T", kRun, Group::Failure,
     "how long a host whose slots are all closed is left alone",
     bench_default, set_bench},
    {"--max-busy", "T", kRun, Group::Failure,
     "give up a task that has only been refused (busy) for T",
     [](const Options&) -> std::string { return "none"; }, set_max_busy},
    {"--halt", "WHEN", kWorkers, Group::Failure,
     "never, or now|soon,fail|success|done=N or =N%; now kills, soon lets what was sent finish",
     [](const Options&) -> std::string { return "never"; }, set_halt, Offer::Words,
     "never now,fail=1 soon,fail=1 now,success=1 soon,success=1 now,done=1 soon,done=1"},
    {"--strict", "", kRun, Group::Failure,
     "stray output between a worker's answers is an error",
     nullptr, set_strict},

    {"--bar", "", kWorkers, Group::Report,
     "a progress bar on stderr; on a terminal it comes by itself, after 2 s",
     nullptr, set_bar},
    {"--eta", "", kWorkers, Group::Report,
     "progress as counts and the time left",
     nullptr, set_eta},
    {"--progress", "", kWorkers, Group::Report,
     "progress as counts, without a bar",
     nullptr, set_progress},
    {"--no-bar", "", kWorkers, Group::Report,
     "no progress at all",
     nullptr, set_no_bar},
    {"--summary", "", kWorkers, Group::Report,
     "end with a table on stderr: tasks, seconds and rate of each worker and host",
     nullptr, set_summary},
    {"-v,--explain", "", kLaunch, Group::Report,
     "tell on stderr why each decision was taken; implies --summary",
     nullptr, set_explain},
    {"--dry-run", "", kWorkers, Group::Report,
     "print the argument lists to exec, and start nothing",
     nullptr, set_dry_run},
    {"--joblog", "FILE", kWorkers, Group::Report,
     "write GNU parallel's joblog: a line of TSV for every task",
     nullptr, set_joblog, Offer::File},
    {"--events", "FILE|fd:N", kWorkers, Group::Report,
     "write all that happens as JSON Lines, at once",
     nullptr, set_events, Offer::File},
    {"--history", "FILE", kAny, Group::Report,
     "where past performance is remembered",
     history_default, set_history, Offer::File},
    {"--no-history", "", kLaunch, Group::Report,
     "neither use nor remember past performance",
     nullptr, set_no_history},

    {"--window", "N", kRun, Group::Limits,
     "tasks in flight at each worker; 1 = strictly one at a time",
     window_default, set_window},
    {"--window-bytes", "SIZE", kRun, Group::Limits,
     "bytes in flight at each worker, beyond its first task",
     window_bytes_default, set_window_bytes},
    {"--max-frame", "SIZE", kWorkers, Group::Limits,
     "the longest message a worker may send",
     max_frame_default, set_max_frame},
    {"--read-ahead", "N", kRun, Group::Limits,
     "tasks read from the input and not yet sent",
     read_ahead_default, set_read_ahead},
    {"--reorder-mem", "SIZE", kWorkers, Group::Limits,
     "memory for results that wait for an earlier one; what is more goes to a spill file",
     reorder_memory_default, set_reorder_memory},
    {"--spill-dir", "DIR", kWorkers, Group::Limits,
     "where the spill file is made",
     [](const Options&) -> std::string { return "$TMPDIR, or /tmp"; }, set_spill_directory,
     Offer::Directory},
    {"--spill-max", "SIZE", kWorkers, Group::Limits,
     "the largest spill file; when it is full, no further task is started",
     spill_max_default, set_spill_max},
    {"--shutdown-timeout", "T", kWorkers, Group::Limits,
     "time a worker has to end when its input has; or none",
     shutdown_timeout_default, set_shutdown_timeout},
    {"--kill-grace", "T", kWorkers, Group::Limits,
     "time from TERM to KILL for a worker that must end",
     kill_grace_default, set_kill_grace},

    {"-h,--help", "", kAny, Group::Other, "print this text", nullptr, nullptr},
    {"--version", "", kAny, Group::Other, "print the version", nullptr, nullptr},
};
// clang-format on

std::string_view take_name(std::string_view& names) {
  const std::size_t comma = names.find(',');
  const std::string_view name = names.substr(0, comma);
  names.remove_prefix(comma == std::string_view::npos ? names.size() : comma + 1);
  return name;
}

}  // namespace

bool Draft::has(std::string_view primary_name) const {
  return std::find(given.begin(), given.end(), primary_name) != given.end();
}

std::string_view OptionSpec::primary_name() const { return names.substr(0, names.find(',')); }

std::vector<std::string_view> OptionSpec::all_names() const {
  std::vector<std::string_view> all;
  std::string_view rest = names;
  while (!rest.empty()) all.push_back(take_name(rest));
  return all;
}

std::span<const OptionSpec> option_table() { return kTable; }

const OptionSpec* find_option(std::string_view name, Subcommands subcommands) {
  for (const OptionSpec& spec : kTable) {
    if ((spec.subcommands & subcommands) == 0) continue;
    std::string_view rest = spec.names;
    while (!rest.empty()) {
      if (take_name(rest) == name) return &spec;
    }
  }
  return nullptr;
}

Options defaults_of(Command command) {
  Options options;
  options.command = command;
  if (command == Command::All) options.limits.shutdown_timeout.reset();
  return options;
}

Subcommands bit_of(Command command) {
  switch (command) {
    case Command::Run: return kRun;
    case Command::All: return kAll;
    case Command::Hosts: return kHosts;
    case Command::HistoryShow:
    case Command::HistoryReset: return kHistory;
  }
  return 0;
}

}  // namespace spread::cli
