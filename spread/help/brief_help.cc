// -h: what fits on a terminal of 24 lines. The options are those that most command lines have.
#include <algorithm>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "spread/base/assert.h"
#include "spread/help/help_text.h"
#include "spread/options/option_table.h"
#include "spread/options/subcommands.h"

namespace spread::cli {
namespace {

struct BriefRow {
  std::string_view name, text;
  Subcommands subcommands;
};

constexpr BriefRow kBriefRows[] = {
    {"-n", "workers that have each task at the same time", kGang},
    {"--task", "the task's payload, as JSON", kOneshot},
    {"--task", "a task that it can do, as JSON", kCheck},
    {"-j", "workers on each host; default one per usable CPU", kSends},
    {"-j", "jobs at a time; default one per usable CPU", kMap | kPipe},
    {"-j", "processes on each host; default 1", kAll},
    {"-j", "slots on each host; default one per usable CPU", kHosts | kRelay | kPool},
    {"-S", "hosts to use, and no others; : is this machine",
     kSends | kMap | kPipe | kAll | kHosts | kOneshot | kCheck | kRelay | kPool},
    {"--slf", "hosts from FILE, one a line", kHosts},
    {"--check", "try each host", kHosts},
    {"-a", "tasks from FILE, not from standard input", kSends},
    {"-a", "items from FILE, not from standard input", kMap},
    {"-a", "read FILE, not standard input", kPipe},
    {"-0", "items end with NUL, as find -print0 has them", kMap},
    {"--in", "what tasks are: lines, json, msgpack or csv", kSends},
    {"--wire", "what workers speak: msgpack, json or lines", kSends | kOneshot | kCheck | kPool},
    {"--prep", "an item that every worker is sent first",
     kSends | kAll | kOneshot | kCheck | kPool},
    {"-n", "N items for a job", kMap},
    {"-X", "as many items for a job as a command line can hold", kMap},
    {"--block", "most bytes of a block; default 1M", kPipe},
    {"-N", "N records are a block", kPipe},
    {"--recstart", "what a record begins with; --recend: what it ends with", kPipe},
    {"--header", "the first N lines go in front of every block", kPipe},
    {"--pipepart", "let each job read its part of -a FILE by itself", kPipe},
    {"--round-robin", "a long-lived COMMAND in each slot", kPipe},
    {"--tag", "each line of output begins with the item", kMap},
    {"--tag", "each line of output begins with the host's name", kAll},
    {"--tails", "DIR/: each output into a file of its own", kAll},
    {"--samples", "rows, where parameters are drawn", kSweep},
    {"--seed", "where the random numbers begin", kSweep},
    {"--where", "keep the rows for which this is true", kSweep},
    {"--out", "json, msgpack or csv", kSweep},
    {"--out", "text, json, msgpack, records or csv", kResults},
    {"--failed", "only what failed or was lost", kResults},
    {"-f", "go on while the run does", kResults},
    {"-P", "commands at a time; 0: as many as possible; default 1", kXargs},
    {"-0", "items end with NUL, as find -print0 has them", kXargs},
    {"-d", "items end with this character, \\n say", kXargs},
    {"-n", "at most N items for a command", kXargs},
    {"-I", "a command for each line, which R stands for", kXargs},
    {"-r", "run nothing if there is no item", kXargs},
    {"-t", "show each command line", kXargs},
    {"--timeout", "kill what takes longer: 30s, 10m, or 300% of the median", kSends | kMap | kPipe},
    {"--timeout", "kill what takes longer: 30s, 10m", kAll | kOneshot | kPool},
    {"--timeout", "how long each answer is waited for", kCheck},
    {"--timeout", "wait no longer than this: 30s, 10m; then the status is 124", kRetrieve},
    {"--retries", "tries in all for what failed", kSends},
    {"--halt", "when to stop: now,fail=1 or soon,fail=10% or ...", kSends},
    {"--joblog", "a line of TSV for every task", kSends},
    {"--joblog", "a line of TSV for every job; --resume goes on by it", kMap},
    {"--idle", "the pool ends when no run has been there for so long: 10m", kPool},
    {"--launch", "how hosts are reached, if not by ssh", kAll | kHosts | kRelay},
    {"--wd", "working directory; . is this one's path on every host", kAll},
    {"--dry-run", "print what would be started, and start nothing", kMap | kAll},
};

constexpr std::size_t kBriefExamples = 2;

/// The first `count` pairs of lines.
std::string_view first_examples(std::string_view examples, std::size_t count) {
  std::size_t end = 0;
  for (std::size_t line = 0; line < 2 * count; ++line) end = examples.find('\n', end) + 1;
  return examples.substr(0, end);
}

}  // namespace

std::string brief_help(const SubcommandText& subcommand) {
  std::string out;
  std::size_t shown = 0;
  for (const BriefRow& row : kBriefRows) {
    if ((row.subcommands & subcommand.bit) == 0) continue;
    const OptionSpec* spec = find_option(row.name, subcommand.bit);
    SPREAD_ASSERT(spec != nullptr);
    add_entry(out, fmt::format("{} {}", row.name, spec->metavar), row.text, 25);
    ++shown;
  }
  // One with few options is brief as it is.
  if (shown == 0) return subcommand_help(subcommand);
  std::string text;
  add_synopsis(text, subcommand.synopsis);
  text += fmt::format("\nThe options used most:\n{}", out);
  add_examples(text, first_examples(subcommand.examples, kBriefExamples));
  const auto options = option_table();
  const auto all = std::count_if(options.begin(), options.end(), [&](const OptionSpec& spec) {
    return (spec.subcommands & subcommand.bit) != 0 && !spec.names.empty();
  });
  text += fmt::format("\nAll {} options: spread {} --help, or man spread-{}\n", all,
                      subcommand.name, subcommand.name);
  return text;
}

std::string brief_program_help() {
  std::string out = "Usage: spread SUBCOMMAND [OPTION]...\n\n";
  std::string examples;
  std::string others;
  for (const SubcommandText& text : subcommands()) {
    if ((text.bit & kDaily) == 0) {
      others += (others.empty() ? "" : ", ") + std::string(text.name);
      continue;
    }
    add_entry(out, text.name, text.summary, 11);
    // It is to fit on a terminal.
    const bool shown = (text.bit & (kRun | kMap)) != 0;
    if (shown) examples += first_examples(text.examples, 1);
  }
  add_entry(out, "more:", others, 11);
  add_examples(out, examples);
  out += "\nspread SUBCOMMAND -h has the options used most, --help all; spread --help: more\n";
  return out;
}

}  // namespace spread::cli
