#include "spread/options/setters.h"

#include <string_view>

#include <fmt/format.h>

namespace spread::cli {
namespace {

struct MapPair {
  std::string_view one, other;
};

constexpr MapPair kMapExclusive[] = {
    // xargs lets the last of these count in silence.
    {"-I", "-n"},
    {"-I", "-L"},
    {"-I", "-X"},
    {"-I", "-m"},
    {"-I", "--xargs"},
    {"-n", "-N"},
    {"-n", "-L"},
    {"-N", "-L"},
    {"-X", "-m"},
    {"-X", "--xargs"},
    {"-m", "--xargs"},
    {"-c", "-q"},
    // What is given on standard input does not stand on the command line that these fill.
    {"--stdin", "-X"},
    {"--stdin", "-m"},
    {"--stdin", "--xargs"},
    {"--stdin", "-s"},
    // With -u jobs write to spread's stdout themselves: spread has nothing to group.
    {"-u", "--group"},
    {"-u", "--lb"},
    {"-u", "--tag"},
    {"-u", "--tagstring"},
    {"-u", "--results"},
    {"--lb", "--group"},
    {"--retry-failed", "--resume"},
    {"--retry-failed", "--resume-failed"},
};

Status check_map_exclusive(const Draft& draft) {
  // GNU parallel takes both, and forgets -k in silence.
  if (draft.has("-u") && draft.has("-k")) {
    return fail(
        "-u and -k exclude each other: with -u jobs print to the output themselves; "
        "--lb -k has lines as they come, one job after the other");
  }
  for (const MapPair& pair : kMapExclusive) {
    if (draft.has(pair.one) && draft.has(pair.other)) {
      return fail(fmt::format("{} and {} exclude each other", pair.one, pair.other));
    }
  }
  return check_records(draft);
}

/// As GNU parallel: what is given besides, and how items become commands, are not looked at. So the
/// line of before may be given again.
void take_commands_from_joblog(Options& options) {
  InputOptions& input = options.items.input;
  options.items.resume.retry_drops_command =
      !options.job.command.words.empty() || !input.groups.empty() || !input.files.empty();
  options.job.command.words.clear();
  options.option_behind.clear();
  input.groups.clear();
  input.files.clear();
  options.items.arguments = {};
  options.job.mode = JobOptions::Mode::Automatic;
  options.items.to_stdin = false;
  options.report.joblog_append = true;
}

Status check_command(const Draft& draft) {
  const std::vector<std::string>& command = draft.options.job.command.words;
  if (!command.empty()) {
    return command.front().empty() ? Status(fail("the command is empty")) : Status();
  }
  // Each item is a command line then: there is nothing to put it into, and only the shell runs it.
  for (const std::string_view name : {"-q", "--stdin", "-I", "-X", "-m", "--xargs"}) {
    if (draft.has(name)) return fail(fmt::format("{} needs a command", name));
  }
  return {};
}

Status check_groups(const Draft& draft) {
  const InputOptions& input = draft.options.items.input;
  if (input.groups.empty() || !input.groups.front().linked || !input.files.empty()) return {};
  return fail(fmt::format("{} goes along with a :::, :::: or -a before it, and there is none",
                          input.groups.front().from_file ? "::::+" : ":::+"));
}

}  // namespace

Status check_records(const Draft& draft) {
  if (!draft.options.job.records) return {};
  for (const std::string_view name : {"-u", "--lb", "--results"}) {
    if (draft.has(name)) return fail(fmt::format("{} and --out records exclude each other", name));
  }
  return {};
}

Status complete_map(Draft& draft) {
  SPREAD_TRY(check_map_exclusive(draft));
  Options& options = draft.options;
  if (!options.items.resume.retry_failed) SPREAD_TRY(check_command(draft));
  SPREAD_TRY(check_groups(draft));
  if (options.items.resume.retry_failed) {
    if (options.report.joblog.empty()) {
      return fail("--retry-failed needs --joblog, which has the commands");
    }
    take_commands_from_joblog(options);
  }
  if (options.items.resume.resume && options.report.joblog.empty()) {
    return fail(fmt::format("{} needs --journal or --joblog, to know what was done",
                            options.items.resume.resume_failed ? "--resume-failed" : "--resume"));
  }
  if (options.items.resume.resume) options.report.joblog_append = true;
  // "As they come" is what people ask for with these; -k asks --lb for the order.
  if ((draft.has("--lb") || draft.has("-u")) && !draft.has("-k")) options.output.ordered = false;
  return {};
}

}  // namespace spread::cli
