// --dir, --detach, and what the subcommands of run directories are given.
#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "spread/options/setters.h"
#include "spread/options/values.h"

namespace spread::cli {
namespace {

/// `run --dir DIR` and nothing that says what to run: what is in DIR does.
bool is_alone(const Draft& draft) {
  constexpr std::array<std::string_view, 5> kBeside = {"--dir", "--detach", "--dry-run",
                                                       "--resume-failed", "--take-over"};
  const Options& options = draft.options;
  const auto is_beside = [&](std::string_view each) {
    if (each == "--resume") return options.journal.by_content;
    return std::find(kBeside.begin(), kBeside.end(), each) != kBeside.end();
  };
  return options.subcommand == Subcommand::Run && draft.has("--dir") &&
         options.job.command.words.empty() && options.items.input.groups.empty() &&
         std::all_of(draft.given.begin(), draft.given.end(), is_beside);
}

}  // namespace

Status set_directory(Draft& draft, std::string_view value) {
  return store_name(draft.options.directory.name, value, "a directory");
}
Status set_detach(Draft& draft, std::string_view) {
  return store_flag(draft.options.directory.detach, true);
}
Status set_directory_timeout(Draft& draft, std::string_view value) {
  return store(draft.options.directory.timeout, parse_span(value));
}

Status complete_directory(Draft& draft) {
  Options& options = draft.options;
  const std::string_view own = draft.has("--dir") ? "--dir" : "--detach";
  if (!draft.has(own)) return {};
  if (options.directory.detach && options.dry_run) {
    return fail("--detach and --dry-run exclude each other");
  }
  options.directory.alone = is_alone(draft);
  if (options.directory.alone) return {};
  for (const std::string_view option : {"--journal", "--resume", "-o"}) {
    if (!draft.has(option)) continue;
    return fail(
        fmt::format("{} and {} exclude each other: a run directory has its own", own, option));
  }
  if (options.directory.detach && draft.has("-p")) {
    return fail("--detach and -p exclude each other: there is nothing to ask on");
  }
  // Its place is known when the directory is.
  options.journal.file = "journal";
  // What --dry-run prepares there has no run before that it could go on with.
  options.journal.resume = !options.dry_run;
  options.directory.keeps_tails = !is_jobs(options.subcommand) && !draft.has("--tails");
  return {};
}

}  // namespace spread::cli
