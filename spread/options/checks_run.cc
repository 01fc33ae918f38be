// What no single option of `run`, `gang`, `all`, `oneshot` and `relay` can know.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "spread/options/setters.h"

namespace spread::cli {
namespace {

struct RunPair {
  std::string_view one, other;
};

constexpr RunPair kRunExclusive[] = {
    {"-k", "--unordered"},      {"-0", "-d"},
    {"--no-bar", "--bar"},      {"--no-bar", "--eta"},
    {"--no-bar", "--progress"}, {"--no-history", "--history"},
    {"--ssh", "--launch"},      {"--timeout", "--shutdown-timeout"},
};

Status check_exclusive(const Draft& draft) {
  for (const RunPair& pair : kRunExclusive) {
    // In `run` these two are different things.
    if (pair.one == "--timeout" && draft.options.subcommand != Subcommand::All) continue;
    if (draft.has(pair.one) && draft.has(pair.other)) {
      return fail(fmt::format("{} and {} exclude each other", pair.one, pair.other));
    }
  }
  return {};
}

Status check_input(const Draft& draft) {
  SPREAD_TRY(check_sweep(draft));
  const InputOptions& input = draft.options.items.input;
  const InputFormat format = draft.options.records.format;
  for (const std::string_view delimiter : {"-0", "-d"}) {
    if (format != InputFormat::Lines && draft.has(delimiter)) {
      return fail(fmt::format("{} is for --in lines only", delimiter));
    }
  }
  if (!input.files.empty() && !input.groups.empty()) {
    return fail("-a and ::: or :::: exclude each other");
  }
  for (const InputOptions::Group& group : input.groups) {
    const bool text = format == InputFormat::Lines || format == InputFormat::Json;
    if (!group.from_file && !text) {
      return fail("::: gives lines or JSON, so --in must be lines or json; for files use ::::");
    }
  }
  return {};
}

OutputFormat default_output(InputFormat input) {
  switch (input) {
    case InputFormat::Json: return OutputFormat::Json;
    case InputFormat::Msgpack: return OutputFormat::Msgpack;
    case InputFormat::Pickle: return OutputFormat::Pickle;
    case InputFormat::Lines:
    case InputFormat::Csv: return OutputFormat::Text;
  }
  return OutputFormat::Text;
}

Status complete_output(Draft& draft) {
  OutputOptions& output = draft.options.output;
  if (draft.has("--out0")) {
    if (draft.has("--out") && output.format != OutputFormat::Text) {
      return fail("--out0 is for --out text only");
    }
    output.format = OutputFormat::Text;
  } else if (!draft.has("--out")) {
    const InputFormat input = draft.options.records.format;
    const bool one_value = output.gather && input != InputFormat::Msgpack;
    output.format = one_value || draft.options.shards.any() || draft.has("--sweep")
                        ? OutputFormat::Json
                        : default_output(input);
  }
  return {};
}

Status check_workers(const Draft& draft) {
  const std::vector<std::string>& words = draft.options.job.command.words;
  const bool command = !words.empty();
  const bool lists = !draft.options.lists.lists.empty() || !draft.options.lists.files.empty();
  if (draft.has("--pool")) return {};
  if (!command && !lists && draft.options.subcommand != Subcommand::Hosts) {
    const bool run = draft.options.subcommand != Subcommand::All;
    return fail(fmt::format("no {} is named: write it after --, or use --worker or --args-file",
                            run ? "worker" : "command"));
  }
  // What it says is a number of slots in all.
  if (!draft.options.hosts.slots_file.empty() && (draft.has("-S") || draft.has("--slf"))) {
    return fail("-j FILE is for this machine alone, without -S and --slf");
  }
  if (command && words.front().empty()) return fail("the command after -- is empty");
  if (!command && lists) {
    // A list says itself where it runs; taking -S in silence would let a user think otherwise.
    for (const std::string_view name : {"-S", "--slf"}) {
      if (draft.has(name)) return fail(fmt::format("{} needs a command after --", name));
    }
  }
  return {};
}

Status check_lifetime(const Draft& draft) {
  if (!draft.has("--overlap")) return {};
  for (const std::string_view limit : {"--max-tasks", "--max-age", "--max-rss"}) {
    if (draft.has(limit)) return {};
  }
  return fail(
      "--overlap is for processes that are replaced: use --max-tasks, --max-age or --max-rss");
}

/// Of relay: what a master that knows relays decides itself.
constexpr std::string_view kSchedules[] = {"--task-meta",  "--subpool",
                                           "--delay",      "--load",
                                           "--memfree",    "--start-all",
                                           "--tails",      "--timeout",
                                           "--retries",    "--crash-retries",
                                           "--bench",      "--start-retries",
                                           "--max-busy",   "--strict",
                                           "--max-tasks",  "--max-age",
                                           "--max-rss",    "--overlap",
                                           "--window",     "--window-bytes",
                                           "--lost-after", "--reprep-after-failure"};

/// Its standard input is its master's.
Status complete_relay(Draft& draft) {
  const auto reads_input = [](const std::vector<std::string>& files) {
    return std::find(files.begin(), files.end(), "-") != files.end();
  };
  for (const auto& [option, files] : {std::pair("--args-file", &draft.options.lists.files),
                                      std::pair("--slf", &draft.options.hosts.slf_files)}) {
    if (!reads_input(*files)) continue;
    return fail(fmt::format("{} -: tasks come from standard input; name a file", option));
  }
  for (const std::string_view name : kSchedules) {
    if (draft.has(name)) draft.options.relay_schedules.emplace_back(name);
  }
  SPREAD_TRY(check_lifetime(draft));
  return check_workers(draft);
}

/// What is for pickles only, and what these cannot be.
Status complete_pickle(Draft& draft) {
  Options& options = draft.options;
  const bool wire = options.wire == Wire::Pickle;
  for (const std::string_view option : {"--pickle-task", "--pickle-remote"}) {
    if (wire || !draft.has(option)) continue;
    return fail(fmt::format("{} is for --wire pickle", option));
  }
  if (!wire && draft.has("--pickle-bytes") && options.output.format != OutputFormat::Pickle) {
    return fail("--pickle-bytes is for --wire pickle and --out pickle");
  }
  if (wire && options.window.tasks > 1) {
    return fail(fmt::format("--window {}: a worker of --wire pickle has one task at a time",
                            options.window.tasks));
  }
  // What both ends say in pickles goes through as it is.
  options.pickle.verbatim = wire && options.output.format == OutputFormat::Pickle;
  options.records.verbatim = wire && options.records.format == InputFormat::Pickle;
  return {};
}

Status check_wire(const Draft& draft) {
  const Options& options = draft.options;
  if (counts_answers(options.wire, options.window.tasks) && options.failure.crash_retries == 1) {
    return fail(fmt::format(
        "--crash-retries 1 gives a worker one line at a time, so that it is known which "
        "one it died of; leave out --window {}",
        options.window.tasks));
  }
  const std::string_view wire = name_of(options.wire);
  if (options.task_meta && !has_messages(options.wire)) {
    return fail(fmt::format(
        "--task-meta: --wire {} sends the payload only; use --wire json or msgpack", wire));
  }
  for (const std::string_view option : {"--log", "--log-level", "--stderr-level", "--subpool"}) {
    if (has_messages(options.wire) || !draft.has(option)) continue;
    return fail(fmt::format("{}: --wire {} has no {}; use --wire json or msgpack", option, wire,
                            option == "--subpool" ? "sub-tasks" : "log messages"));
  }
  if (options.reprep && !has_messages(options.wire)) {
    return fail(fmt::format(
        "--reprep-after-failure: --wire {} has no message for that; use --wire json or msgpack",
        wire));
  }
  if (draft.has("--log-level") && !draft.has("--log")) {
    return fail("--log-level is the least that goes to --log FILE, which is missing");
  }
  if (draft.has("--lost-after") && !has_messages(options.wire)) {
    return fail(
        fmt::format("--lost-after: --wire {} has no beats; use --wire json or msgpack", wire));
  }
  return {};
}

/// --chunk of ordinary tasks.
Status check_chunk(const Draft& draft) {
  const Options& options = draft.options;
  if (options.chunk == 0) return {};
  const std::string_view wire = name_of(options.wire);
  if (options.subcommand == Subcommand::Gang) {
    return fail("--chunk: a gang has one task at a time; of --range N it is the size of pieces");
  }
  if (!has_messages(options.wire)) {
    return fail(fmt::format("--chunk: --wire {} has {} for each task; use --wire json or msgpack",
                            wire, options.wire == Wire::Lines ? "a line" : "a pickle"));
  }
  constexpr std::uint64_t kChunkMax = 1'000'000;
  if (options.chunk > kChunkMax) {
    return fail(fmt::format("--chunk: expected at most {} tasks in a list", kChunkMax));
  }
  if (options.subpool) return fail("--chunk: the tasks of a list submit no sub-tasks (--subpool)");
  return {};
}

Status check_gang(const Draft& draft) {
  const Options& options = draft.options;
  if (options.subcommand != Subcommand::Gang) return {};
  if (options.gang.size == 0) return fail("-n K is missing: how many workers have each task");
  if (!has_messages(options.wire)) {
    return fail(fmt::format("--wire {} has no ranks and no collectives; use --wire json or msgpack",
                            name_of(options.wire)));
  }
  return {};
}

/// Of those that read no input, and of those that are about lists of tasks.
Status check_shards(const Draft& draft) {
  const Options& options = draft.options;
  const ShardOptions& shards = options.shards;
  if (!shards.any()) {
    for (const std::string_view option : {"--shards", "--split"}) {
      if (!draft.has(option)) continue;
      return fail(fmt::format("{} is for --range N or --partition FILE", option));
    }
    return check_chunk(draft);
  }
  const std::string_view own = shards.range ? "--range" : "--partition";
  const InputOptions& input = options.items.input;
  if (!input.files.empty() || !input.groups.empty()) {
    return fail(fmt::format("{} makes the tasks; no -a, ::: or :::: can", own));
  }
  if (options.records.format != InputFormat::Lines && options.records.format != InputFormat::Json) {
    return fail(fmt::format("{}: its files are lines or JSON, so --in must be one of these", own));
  }
  if (draft.has("--shards") && draft.has("--chunk")) {
    return fail("--shards and --chunk exclude each other: the number of pieces, or their size");
  }
  if (options.wire == Wire::Lines) {
    return fail(
        fmt::format("{}: a filter of --wire lines knows no shards; use --wire json or "
                    "msgpack",
                    own));
  }
  return {};
}

/// Standard input can be read once; the second to do so would find nothing.
Status check_standard_input(const Draft& draft) {
  const Options& options = draft.options;
  std::vector<std::string_view> readers;
  const auto add = [&](std::string_view option, std::string_view name) {
    if (name == "-") readers.push_back(option);
  };
  for (const PrepItem& item : options.prep) {
    if (item.kind == PrepItem::Kind::File) add("--prep-file -", item.text);
    if (item.kind == PrepItem::Kind::Common) add("--common -", item.text);
  }
  for (const std::string& name : options.lists.files) add("--args-file -", name);
  for (const std::string& name : options.shards.partitions) add("--partition -", name);
  for (const std::string& spec : options.sweep.specs) add("--sweep -", spec);
  for (const std::string& name : options.items.input.files) add("-a -", name);
  const bool reads_tasks = options.subcommand != Subcommand::All && !options.shards.any() &&
                           options.sweep.specs.empty() && options.items.input.files.empty() &&
                           options.items.input.groups.empty();
  if (reads_tasks && readers.size() == 1) {
    return fail(fmt::format("{}: the tasks come from standard input; name a file for one of them",
                            readers.front()));
  }
  if (readers.size() < 2) return {};
  return fail(
      fmt::format("{} and {}: standard input can be read only once", readers[0], readers[1]));
}

Status check_gather(const Draft& draft) {
  const OutputOptions& output = draft.options.output;
  if (!output.gather) return {};
  if (!output.ordered) return fail("--gather and --unordered exclude each other");
  if (output.format != OutputFormat::Json && output.format != OutputFormat::Msgpack) {
    return fail("--gather makes one value, so --out must be json or msgpack");
  }
  return {};
}

Status complete_try(Draft& draft) {
  const bool check = draft.options.subcommand == Subcommand::Check;
  if (!check && !draft.has("--task"))
    return fail("--task JSON is missing: the payload of the task");
  if (draft.options.failure.timeout_percent)
    return fail("--timeout: there is no median of one task");
  SPREAD_TRY(complete_pickle(draft));
  SPREAD_TRY(check_wire(draft));
  return check_workers(draft);
}

/// Nothing is read from standard input but what is for every worker.
Status complete_pool(Draft& draft) {
  draft.options.records.format_given = draft.has("--in");
  SPREAD_TRY(complete_pickle(draft));
  SPREAD_TRY(check_wire(draft));
  SPREAD_TRY(check_lifetime(draft));
  if (draft.options.pool.name.empty()) return fail("start what? expected the NAME of a pool");
  return check_workers(draft);
}

}  // namespace

Status complete(Draft& draft) {
  SPREAD_TRY(check_exclusive(draft));
  if ((bit_of(draft.options.subcommand) & kDirectory) != 0) return {};
  SPREAD_TRY(complete_directory(draft));
  if (draft.options.directory.alone) return {};
  SPREAD_TRY(check_journal(draft));
  const Subcommand subcommand = draft.options.subcommand;
  if (subcommand == Subcommand::HistoryShow || subcommand == Subcommand::HistoryReset) return {};
  if (subcommand == Subcommand::Sweep) return complete_sweep(draft);
  if (subcommand == Subcommand::Results) return complete_results(draft);
  if (subcommand == Subcommand::JournalRepair) return complete_repair(draft);
  if (subcommand == Subcommand::Map) return complete_map(draft);
  if (subcommand == Subcommand::Pipe) return complete_pipe(draft);
  if (subcommand == Subcommand::Relay) return complete_relay(draft);
  if (subcommand == Subcommand::PoolStart) return complete_pool(draft);
  if (bit_of(subcommand) == kPool) return {};
  SPREAD_TRY(check_pool(draft));
  draft.options.records.format_given = draft.has("--in");
  if (subcommand == Subcommand::Oneshot || subcommand == Subcommand::Check) {
    return complete_try(draft);
  }
  SPREAD_TRY(check_input(draft));
  SPREAD_TRY(complete_output(draft));
  SPREAD_TRY(check_csv(draft));
  SPREAD_TRY(complete_pickle(draft));
  SPREAD_TRY(check_wire(draft));
  SPREAD_TRY(check_gang(draft));
  SPREAD_TRY(check_shards(draft));
  SPREAD_TRY(check_gather(draft));
  SPREAD_TRY(check_standard_input(draft));
  SPREAD_TRY(check_lifetime(draft));
  return check_workers(draft);
}

}  // namespace spread::cli
