// --journal, --resume, and what goes with them.
#include <string_view>

#include <fmt/format.h>

#include "spread/options/setters.h"
#include "spread/options/values.h"

namespace spread::cli {
namespace {

constexpr Choice<Durable> kDurables[] = {
    {"none", Durable::None}, {"batch", Durable::Batch}, {"answer", Durable::Answer}};

}  // namespace

std::string durable_default(const Options& defaults) {
  for (const auto& each : kDurables) {
    if (each.value == defaults.journal.durable) return std::string(each.word);
  }
  return "";
}

Status set_journal(Draft& draft, std::string_view value) {
  return store_name(draft.options.journal.file, value, "a file");
}
Status set_results_out(Draft& draft, std::string_view value) {
  constexpr Choice<OutputFormat> kFormats[] = {{"text", OutputFormat::Text},
                                               {"json", OutputFormat::Json},
                                               {"msgpack", OutputFormat::Msgpack},
                                               {"records", OutputFormat::Records},
                                               {"csv", OutputFormat::Csv}};
  return choose(draft.options.results.format.emplace(), value, kFormats);
}
Status set_failed(Draft& draft, std::string_view) {
  return store_flag(draft.options.results.failed, true);
}
Status set_follow(Draft& draft, std::string_view) { return store_flag(draft.options.follow, true); }
Status set_durable(Draft& draft, std::string_view value) {
  return choose(draft.options.journal.durable, value, kDurables);
}
Status set_take_over(Draft& draft, std::string_view) {
  return store_flag(draft.options.journal.take_over, true);
}
Status set_force(Draft& draft, std::string_view) {
  return store_flag(draft.options.journal.force, true);
}
Status set_resume(Draft& draft, std::string_view value) {
  if (!value.empty() && value != "content") return fail("it is --resume or --resume=content");
  draft.options.journal.by_content = value == "content";
  draft.options.journal.resume = true;
  return store_flag(draft.options.items.resume.resume, true);
}
Status set_resume_failed(Draft& draft, std::string_view) {
  draft.options.journal.resume = draft.options.journal.failed_again = true;
  draft.options.items.resume.resume = true;
  return store_flag(draft.options.items.resume.resume_failed, true);
}

Status complete_results(Draft& draft) {
  Options& options = draft.options;
  ResultsForm& form = options.results;
  if (options.journal_words.size() != 1) {
    return fail(options.journal_words.empty() ? "the journal is missing: spread results FILE"
                                              : "one journal at a time");
  }
  if (draft.has("--out0")) {
    if (form.format.value_or(OutputFormat::Text) != OutputFormat::Text) {
      return fail("--out0 is for --out text only");
    }
    form.format = OutputFormat::Text;
    form.terminator = options.output.terminator;
  }
  if (form.failed && form.format.value_or(OutputFormat::Records) != OutputFormat::Records) {
    return fail("--failed shows a line for each task, or --out records");
  }
  form.in_task_order = !options.follow;
  return {};
}

Status complete_repair(const Draft& draft) {
  if (draft.options.journal_words.size() == 2) return {};
  return fail("two files are wanted: spread journal repair IN OUT");
}

Status check_journal(Draft& draft) {
  Options& options = draft.options;
  const JournalOptions& journal = options.journal;
  if (journal.file.empty()) {
    for (const std::string_view option : {"--durable", "--take-over", "--force"}) {
      if (draft.has(option)) return fail(fmt::format("{} is for --journal FILE", option));
    }
    if (journal.by_content) return fail("--resume=content is for --journal FILE");
    // `map` can do without: it has a joblog.
    const bool alone = journal.resume && options.subcommand != Subcommand::Map;
    if (alone) return fail("--resume needs --journal FILE, to know what was done");
    return {};
  }
  if (journal.take_over && !journal.resume) {
    return fail("--take-over goes on with a journal: it needs --resume");
  }
  // What goes past spread, or in the order of chance, cannot be made again.
  for (const std::string_view option : {"-u", "--lb", "--round-robin", "--retry-failed"}) {
    if (!draft.has(option)) continue;
    return fail(
        fmt::format("--journal and {} exclude each other: its output cannot be repeated", option));
  }
  // The joblog goes on; that a job is done the journal says.
  options.report.joblog_append |= journal.resume;
  options.items.resume = {};
  return {};
}

}  // namespace spread::cli
