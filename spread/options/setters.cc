#include "spread/options/setters.h"

#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <limits>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "spread/base/numbers.h"
#include "spread/base/quote.h"
#include "spread/options/option_table.h"
#include "spread/options/values.h"

namespace spread::cli {
namespace {

constexpr std::uint64_t kNumberMax = UINT32_MAX;
/// The length field of a frame has four bytes.
constexpr std::uint64_t kFrameMax = UINT32_MAX;
/// No worker reads ahead this far: a larger `--window` is mistyped.
constexpr std::uint64_t kWindowMax = 1000000;
constexpr std::uint64_t kGangMax = 65536;

Status store_style(Draft& draft, ProgressStyle style) {
  draft.options.report.progress = style;
  return {};
}

Status add_prep(Draft& draft, PrepItem::Kind kind, std::string_view text) {
  draft.options.prep.push_back({kind, std::string(text)});
  return {};
}

template <typename T>
constexpr Choice<T> at(LogLevel level) {
  return {name_of(level), level};
}

}  // namespace

// ---------------------------------------------------------------- hosts and workers

Status set_jobs(Draft& draft, std::string_view value) {
  const Result<Slots> slots = parse_slots(value);
  if (!slots) return tl::unexpected<Error>(slots.error());
  draft.options.hosts.slots = slots->number;
  draft.options.hosts.slots_percent = slots->percent;
  return {};
}
Status set_sshlogin(Draft& draft, std::string_view value) {
  return add_name(draft.options.hosts.sshlogins, value, "[N/]HOST,...");
}
Status set_slf(Draft& draft, std::string_view value) {
  return add_name(draft.options.hosts.slf_files, value, "a file");
}
Status set_worker(Draft& draft, std::string_view value) {
  return add_name(draft.options.lists.lists, value, "a program and its arguments");
}
Status set_args_file(Draft& draft, std::string_view value) {
  return add_name(draft.options.lists.files, value, "a file");
}
Status set_launch(Draft& draft, std::string_view value) {
  return store_name(draft.options.hosts.launch, value, "local, ssh, srun, mpirun or a template");
}
Status set_working_directory(Draft& draft, std::string_view value) {
  return store_name(draft.options.job.command.directory, value, "a directory");
}
Status set_wire(Draft& draft, std::string_view value) {
  constexpr Choice<Wire> kWires[] = {{name_of(Wire::Msgpack), Wire::Msgpack},
                                     {name_of(Wire::Json), Wire::Json},
                                     {name_of(Wire::Lines), Wire::Lines},
                                     {name_of(Wire::Pickle), Wire::Pickle}};
  return choose(draft.options.wire, value, kWires);
}
Status set_relay_wire(Draft& draft, std::string_view value) {
  constexpr Choice<Wire> kWires[] = {{name_of(Wire::Msgpack), Wire::Msgpack},
                                     {name_of(Wire::Json), Wire::Json}};
  return choose(draft.options.relay_wire.emplace(), value, kWires);
}
Status set_pickle_task(Draft& draft, std::string_view value) {
  constexpr Choice<bool> kForms[] = {{"payload", false}, {"pair", true}};
  return choose(draft.options.pickle.pair, value, kForms);
}
Status set_pickle_bytes(Draft& draft, std::string_view value) {
  constexpr Choice<PickleBytes> kBytes[] = {{"2", PickleBytes::Python2},
                                            {"3", PickleBytes::Python3}};
  return choose(draft.options.pickle.bytes, value, kBytes);
}
Status set_pickle_remote(Draft& draft, std::string_view value) {
  constexpr Choice<bool> kEnds[] = {{"fatal", false}, {"error", true}};
  return choose(draft.options.pickle.remote_is_error, value, kEnds);
}
Status set_start_all(Draft& draft, std::string_view) {
  return store_flag(draft.options.start_all, true);
}
Status set_check(Draft& draft, std::string_view) {
  return store_flag(draft.options.check_hosts, true);
}

// ---------------------------------------------------------------- tasks in

Status set_in(Draft& draft, std::string_view value) {
  constexpr Choice<InputFormat> kFormats[] = {{"lines", InputFormat::Lines},
                                              {"json", InputFormat::Json},
                                              {"msgpack", InputFormat::Msgpack},
                                              {"csv", InputFormat::Csv},
                                              {"pickle", InputFormat::Pickle}};
  return choose(draft.options.records.format, value, kFormats);
}
Status set_null(Draft& draft, std::string_view) {
  draft.options.records.delimiter = '\0';
  return {};
}
Status set_delimiter(Draft& draft, std::string_view value) {
  return store(draft.options.records.delimiter, parse_delimiter(value));
}
Status set_arg_file(Draft& draft, std::string_view value) {
  return add_name(draft.options.items.input.files, value, "a file, or - for standard input");
}
Status set_prep(Draft& draft, std::string_view value) {
  return add_prep(draft, PrepItem::Kind::Text, value);
}
Status set_task(Draft& draft, std::string_view value) {
  draft.options.task = value;
  return {};
}
Status set_prep_json(Draft& draft, std::string_view value) {
  return add_prep(draft, PrepItem::Kind::Json, value);
}
Status set_prep_file(Draft& draft, std::string_view value) {
  if (value.empty()) return fail("expected a file, not ''");
  return add_prep(draft, PrepItem::Kind::File, value);
}

// ---------------------------------------------------------------- results out

Status set_out(Draft& draft, std::string_view value) {
  constexpr Choice<OutputFormat> kFormats[] = {
      {"text", OutputFormat::Text},       {"json", OutputFormat::Json},
      {"msgpack", OutputFormat::Msgpack}, {"csv", OutputFormat::Csv},
      {"pickle", OutputFormat::Pickle},   {"records", OutputFormat::Records}};
  return choose(draft.options.output.format, value, kFormats);
}
Status set_output_file(Draft& draft, std::string_view value) {
  if (value == "-") {
    return fail("expected a file, not '-': without -o results go to standard output");
  }
  return store_name(draft.options.report.output_file, value, "a file");
}
Status set_out0(Draft& draft, std::string_view) {
  draft.options.output.terminator = '\0';
  return {};
}
Status set_keep_order(Draft& draft, std::string_view) {
  return store_flag(draft.options.output.ordered, true);
}
Status set_unordered(Draft& draft, std::string_view) {
  return store_flag(draft.options.output.ordered, false);
}
Status set_tails(Draft& draft, std::string_view value) {
  TailOptions& tails = draft.options.tails;
  tails.directory.clear();
  std::error_code ignored;
  const bool names_directory = value.find('/') != std::string_view::npos ||
                               std::filesystem::is_directory(std::string(value), ignored);
  constexpr Choice<TailsTo> kPlaces[] = {
      {"stdout", TailsTo::Stdout}, {"stderr", TailsTo::Stderr}, {"none", TailsTo::None}};
  if (choose(tails.to, value, kPlaces)) return {};
  if (!names_directory) {
    return fail(fmt::format("expected stdout, stderr, none or a directory (DIR/), not {}",
                            show_text(value)));
  }
  tails.to = TailsTo::Directory;
  tails.directory = value;
  return {};
}
Status set_show_output(Draft& draft, std::string_view value) {
  constexpr Choice<bool> kChoices[] = {{"slot", true}, {"none", false}};
  return choose(draft.options.show_output, value, kChoices);
}

// ---------------------------------------------------------------- failures

Status set_timeout(Draft& draft, std::string_view value) {
  FailureOptions& failure = draft.options.failure;
  failure.timeout.reset();
  failure.timeout_percent.reset();
  if (!value.empty() && value.back() == '%') {
    const Result<double> percent = parse_percent(value);
    if (!percent || !(*percent > 0)) {
      return fail(fmt::format("expected a percentage above 0, not {}", show_text(value)));
    }
    failure.timeout_percent = *percent;
    return {};
  }
  const Result<Duration> span = parse_positive_duration(value);
  if (!span) {
    if (span.error().number == kTooLarge) return tl::unexpected<Error>(span.error());
    return fail(
        fmt::format("expected a time above 0 such as 1.5, 30s, 10m, 2h, or a percentage "
                    "of the median such as 300%, not {}",
                    show_text(value)));
  }
  failure.timeout = *span;
  return {};
}
Status set_retries(Draft& draft, std::string_view value) {
  return store(draft.options.failure.retries, parse_number(value, 0, kNumberMax));
}
Status set_ok_statuses(Draft& draft, std::string_view value) {
  std::vector<std::uint8_t>& statuses = draft.options.job.ok_statuses;
  statuses.clear();
  for (std::string_view rest = value;;) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const auto status = parse_number(rest.substr(0, comma), 0, 255);
    if (!status) {
      return fail(
          fmt::format("expected exit statuses from 0 to 255, as in 0,1, not {}", show_text(value)));
    }
    statuses.push_back(static_cast<std::uint8_t>(*status));
    if (comma == rest.size()) return {};
    rest.remove_prefix(comma + 1);
  }
}
Status set_crash_retries(Draft& draft, std::string_view value) {
  return store(draft.options.failure.crash_retries, parse_number(value, 1, kNumberMax));
}
Status set_start_retries(Draft& draft, std::string_view value) {
  return store(draft.options.failure.start_retries, parse_number(value, 1, kNumberMax));
}
Status set_bench(Draft& draft, std::string_view value) {
  return store_span(draft.options.failure.bench, value);
}
Status set_max_busy(Draft& draft, std::string_view value) {
  return store(draft.options.failure.max_busy, parse_positive_duration(value));
}
Status set_halt(Draft& draft, std::string_view value) {
  return store(draft.options.halt, parse_halt(value));
}
Status set_task_meta(Draft& draft, std::string_view) {
  return store_flag(draft.options.task_meta, true);
}
Status set_gang_size(Draft& draft, std::string_view value) {
  return store(draft.options.gang.size, parse_number(value, 1, kGangMax));
}
Status set_subpool(Draft& draft, std::string_view value) {
  return store(draft.options.subpool, parse_number(value, 1, kNumberMax));
}
Status set_exact(Draft& draft, std::string_view) {
  return store_flag(draft.options.gang.exact, true);
}
Status set_strict(Draft& draft, std::string_view) { return store_flag(draft.options.strict, true); }

// ---------------------------------------------------------------- progress and records

Status set_bar(Draft& draft, std::string_view) { return store_style(draft, ProgressStyle::Bar); }
Status set_eta(Draft& draft, std::string_view) { return store_style(draft, ProgressStyle::Eta); }
Status set_progress(Draft& draft, std::string_view) {
  return store_style(draft, ProgressStyle::Plain);
}
Status set_no_bar(Draft& draft, std::string_view) {
  return store_style(draft, ProgressStyle::None);
}
Status set_summary(Draft& draft, std::string_view) {
  return store_flag(draft.options.report.summary, true);
}
Status set_explain(Draft& draft, std::string_view) {
  draft.options.report.summary = true;
  return store_flag(draft.options.report.explain, true);
}
Status set_traces(Draft& draft, std::string_view) { return store_flag(draft.options.traces, true); }
Status set_dry_run(Draft& draft, std::string_view) {
  return store_flag(draft.options.dry_run, true);
}
Status set_joblog(Draft& draft, std::string_view value) {
  return store(draft.options.report.joblog, parse_output_file(value, "a file"));
}
Status set_log(Draft& draft, std::string_view value) {
  return store(draft.options.report.log, parse_events_target(value));
}
Status set_log_level(Draft& draft, std::string_view value) {
  using L = LogLevel;
  constexpr Choice<L> kLevels[] = {at<L>(L::Debug), at<L>(L::Info), at<L>(L::Warning),
                                   at<L>(L::Error)};
  return choose(draft.options.report.log_level, value, kLevels);
}
Status set_stderr_level(Draft& draft, std::string_view value) {
  using L = LogLevel;
  using T = std::optional<L>;
  constexpr Choice<T> kLevels[] = {
      at<T>(L::Debug), at<T>(L::Info), at<T>(L::Warning), at<T>(L::Error), {"none", std::nullopt}};
  return choose(draft.options.report.stderr_level, value, kLevels);
}
Status set_events(Draft& draft, std::string_view value) {
  return store(draft.options.report.events, parse_events_target(value));
}
Status set_history(Draft& draft, std::string_view value) {
  return store_name(draft.options.history.name, value, "a file");
}
Status set_no_history(Draft& draft, std::string_view) {
  return store_flag(draft.options.history.enabled, false);
}

// ---------------------------------------------------------------- limits

Status set_max_tasks(Draft& draft, std::string_view value) {
  return store(draft.options.lifetime.max_tasks, parse_number(value, 1, kNumberMax));
}
Status set_max_age(Draft& draft, std::string_view value) {
  return store(draft.options.lifetime.max_age, parse_positive_duration(value));
}
Status set_max_rss(Draft& draft, std::string_view value) {
  return store(draft.options.lifetime.max_rss, parse_bytes(value, 1, UINT64_MAX));
}
Status set_overlap(Draft& draft, std::string_view) {
  return store_flag(draft.options.lifetime.overlap, true);
}
Status set_window(Draft& draft, std::string_view value) {
  if (value == "0") return fail("expected at least 1; leave --window out for an adaptive window");
  return store(draft.options.window.tasks, parse_number(value, 1, kWindowMax));
}
Status set_window_bytes(Draft& draft, std::string_view value) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::size_t>::max();
  return store(draft.options.window.bytes, parse_bytes(value, 1, kMax));
}
Status set_max_frame(Draft& draft, std::string_view value) {
  return store(draft.options.max_frame, parse_bytes(value, 1, kFrameMax));
}
Status set_read_ahead(Draft& draft, std::string_view value) {
  return store(draft.options.read_ahead, parse_number(value, 1, kNumberMax));
}
Status set_reorder_memory(Draft& draft, std::string_view value) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::size_t>::max();
  return store(draft.options.spill.memory, parse_bytes(value, 1, kMax));
}
Status set_spill_directory(Draft& draft, std::string_view value) {
  return store_name(draft.options.spill.directory, value, "a directory");
}
Status set_spill_max(Draft& draft, std::string_view value) {
  return store(draft.options.spill.max_bytes, parse_bytes(value, 0, UINT64_MAX));
}
namespace {

Status store_or_none(std::optional<Duration>& target, std::string_view value,
                     const Result<Duration>& parsed) {
  target.reset();
  if (value == "none") return {};
  if (!parsed) return fail(parsed.error().message + " (or none)");
  target = *parsed;
  return {};
}

}  // namespace

Status set_lost_after(Draft& draft, std::string_view value) {
  return store_or_none(draft.options.lost_after, value, parse_positive_duration(value));
}
Status set_shutdown_timeout(Draft& draft, std::string_view value) {
  return store_or_none(draft.options.ends.shutdown_timeout, value, parse_span(value));
}
Status set_kill_grace(Draft& draft, std::string_view value) {
  return store_span(draft.options.ends.kill_grace, value);
}

namespace {

Status add_variable(CommandOptions& command, const std::string& name) {
  if (!is_identifier(name)) {
    return fail(fmt::format("expected names of variables, not {}", show_text(name)));
  }
  bool found = false;
  // What `export -f` calls a function.
  for (const std::string& key : {name, "BASH_FUNC_" + name + "%%"}) {
    const char* value = std::getenv(key.c_str());
    if (value == nullptr) continue;
    command.environment.emplace_back(key, value);
    found = true;
  }
  if (found) return {};
  return fail(fmt::format("{} is not in the environment; in the shell: export {}", name, name));
}

}  // namespace

Status set_ssh(Draft& draft, std::string_view value) {
  return store_name(draft.options.hosts.ssh, value, "a program and its options");
}

Status set_environment(Draft& draft, std::string_view value) {
  while (true) {
    const std::size_t comma = value.find(',');
    SPREAD_TRY(add_variable(draft.options.job.command, std::string(value.substr(0, comma))));
    if (comma == std::string_view::npos) return {};
    value.remove_prefix(comma + 1);
  }
}
Status set_base_file(Draft& draft, std::string_view value) {
  return add_name(draft.options.job.base_files, value, "a file");
}
Status set_transfer_file(Draft& draft, std::string_view value) {
  return add_name(draft.options.items.transfer_files, value, "a file");
}
Status set_transfer(Draft& draft, std::string_view) { return set_transfer_file(draft, "{}"); }
Status set_return_file(Draft& draft, std::string_view value) {
  return add_name(draft.options.items.return_files, value, "a file");
}
Status set_clean_up(Draft& draft, std::string_view) {
  return store_flag(draft.options.job.clean_up, true);
}
Status set_transfer_return_clean(Draft& draft, std::string_view value) {
  SPREAD_TRY(set_transfer(draft, ""));
  SPREAD_TRY(set_clean_up(draft, ""));
  return set_return_file(draft, value);
}

}  // namespace spread::cli
