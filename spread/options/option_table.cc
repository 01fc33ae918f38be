#include "spread/options/option_table.h"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>

#include "spread/options/option_rows_jobs.h"
#include "spread/options/option_rows_shared.h"
#include "spread/options/option_rows_sweep.h"
#include "spread/options/option_rows_xargs.h"

namespace spread::cli {
namespace {

template <std::size_t... sizes>
constexpr auto join(const OptionSpec (&... parts)[sizes]) {
  std::array<OptionSpec, (sizes + ...)> all{};
  auto next = all.begin();
  ((next = std::copy(std::begin(parts), std::end(parts), next)), ...);
  return all;
}

constexpr auto kTable = join(kSharedRows, kMapRows, kPipeRows, kRemoteRows, kXargsRows, kSweepRows);

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

Options defaults_of(Subcommand subcommand) {
  Options options;
  options.subcommand = subcommand;
  if (subcommand == Subcommand::All) {
    options.ends.shutdown_timeout.reset();
    options.hosts.slots = 1;
  }
  if (subcommand == Subcommand::Oneshot) {
    // One try of one task by one worker: what happens is to be seen, not mended.
    options.hosts.slots = 1;
    options.failure.crash_retries = options.failure.start_retries = 1;
    options.output.format = OutputFormat::Json;
    options.output.ordered = false;
    options.report.progress = ProgressStyle::None;
    options.history.enabled = false;
  }
  if (subcommand == Subcommand::PoolStart) options.report.progress = ProgressStyle::None;
  if (subcommand == Subcommand::Sweep) options.output.format = OutputFormat::Json;
  if (subcommand == Subcommand::Check) {
    options.hosts.slots = 1;
    options.task = "1";
    options.failure.timeout = std::chrono::seconds(10);
    options.ends.kill_grace = std::chrono::seconds(2);
  }
  if (is_jobs(subcommand)) {
    options.window.tasks = 1;  // a slot runs one process at a time
    options.tails.to = TailsTo::None;
  }
  return options;
}

Subcommands bit_of(Subcommand subcommand) {
  switch (subcommand) {
    case Subcommand::Run: return kRun;
    case Subcommand::Gang: return kGang;
    case Subcommand::Oneshot: return kOneshot;
    case Subcommand::Check: return kCheck;
    case Subcommand::Relay: return kRelay;
    case Subcommand::Map: return kMap;
    case Subcommand::Pipe: return kPipe;
    case Subcommand::All: return kAll;
    case Subcommand::Hosts: return kHosts;
    case Subcommand::HistoryShow:
    case Subcommand::HistoryReset: return kHistory;
    case Subcommand::Sweep: return kSweep;
    case Subcommand::State: return kStatus;
    case Subcommand::Retrieve: return kRetrieve;
    case Subcommand::Attach: return kAttach;
    case Subcommand::Stop: return kStop;
    case Subcommand::Clean: return kClean;
    case Subcommand::Results: return kResults;
    case Subcommand::JournalRepair: return kJournal;
    case Subcommand::PoolStart:
    case Subcommand::PoolStatus:
    case Subcommand::PoolStop: return kPool;
  }
  return 0;
}

Subcommand subcommand_of(Subcommands bit) {
  switch (bit) {
    case kXargs:
    case kMap: return Subcommand::Map;
    case kPipe: return Subcommand::Pipe;
    case kGang: return Subcommand::Gang;
    case kOneshot: return Subcommand::Oneshot;
    case kCheck: return Subcommand::Check;
    case kRelay: return Subcommand::Relay;
    case kPool: return Subcommand::PoolStart;
    case kAll: return Subcommand::All;
    case kHosts: return Subcommand::Hosts;
    case kHistory: return Subcommand::HistoryShow;
    case kSweep: return Subcommand::Sweep;
    case kStatus: return Subcommand::State;
    case kRetrieve: return Subcommand::Retrieve;
    case kAttach: return Subcommand::Attach;
    case kStop: return Subcommand::Stop;
    case kClean: return Subcommand::Clean;
    case kResults: return Subcommand::Results;
    case kJournal: return Subcommand::JournalRepair;
    default: return Subcommand::Run;
  }
}

std::string format_bytes(std::uint64_t bytes) {
  constexpr std::string_view kUnits = "KMGTPE";
  std::string unit;
  for (const char letter : kUnits) {
    if (bytes == 0 || bytes % 1024 != 0) break;
    bytes /= 1024;
    unit = letter;
  }
  return std::to_string(bytes) + unit;
}

std::string format_span(Duration span) { return fmt::format("{}s", to_seconds(span)); }

std::string slots_default(const Options& defaults) {
  return defaults.hosts.slots ? fmt::format("{}", *defaults.hosts.slots) : "one per usable CPU";
}
std::string wire_default(const Options& defaults) { return std::string(name_of(defaults.wire)); }
std::string input_default(const Options& defaults) {
  switch (defaults.records.format) {
    case InputFormat::Lines: return "lines";
    case InputFormat::Json: return "json";
    case InputFormat::Msgpack: return "msgpack";
    case InputFormat::Csv: return "csv";
    case InputFormat::Pickle: return "pickle";
  }
  return "";
}
std::string tails_default(const Options& defaults) {
  switch (defaults.tails.to) {
    case TailsTo::Stdout: return "stdout";
    case TailsTo::Stderr: return "stderr";
    case TailsTo::None: return "none";
    case TailsTo::Directory: return defaults.tails.directory;
  }
  return "";
}
std::string show_output_default(const Options& defaults) {
  return defaults.show_output ? "slot" : "none";
}
std::string retries_default(const Options& defaults) {
  return std::to_string(defaults.failure.retries);
}
std::string crash_retries_default(const Options& defaults) {
  return std::to_string(defaults.failure.crash_retries);
}
std::string start_retries_default(const Options& defaults) {
  return std::to_string(defaults.failure.start_retries);
}
std::string bench_default(const Options& defaults) { return format_span(defaults.failure.bench); }
std::string history_default(const Options&) { return "$XDG_STATE_HOME/spread/history.db"; }
std::string window_default(const Options& defaults) {
  return defaults.window.tasks == 0 ? "adaptive" : std::to_string(defaults.window.tasks);
}
std::string window_bytes_default(const Options& defaults) {
  return format_bytes(defaults.window.bytes);
}
std::string max_frame_default(const Options& defaults) { return format_bytes(defaults.max_frame); }
std::string read_ahead_default(const Options& defaults) {
  return std::to_string(defaults.read_ahead);
}
std::string reorder_memory_default(const Options& defaults) {
  return format_bytes(defaults.spill.memory);
}
std::string spill_max_default(const Options& defaults) {
  return format_bytes(defaults.spill.max_bytes);
}
std::string lost_after_default(const Options& defaults) {
  return format_span(*defaults.lost_after);
}
std::string shutdown_timeout_default(const Options& defaults) {
  const auto& timeout = defaults.ends.shutdown_timeout;
  return timeout ? format_span(*timeout) : "none";
}
std::string kill_grace_default(const Options& defaults) {
  return format_span(defaults.ends.kill_grace);
}

}  // namespace spread::cli
