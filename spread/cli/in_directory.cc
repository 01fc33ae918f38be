#include "spread/cli/in_directory.h"

#include <ctime>
#include <optional>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "spread/cli/flags.h"
#include "spread/cli/take_apart.h"
#include "spread/io/event_loop.h"
#include "spread/io/files.h"
#include "spread/io/private_folder.h"
#include "spread/io/system.h"
#include "spread/output/complain.h"
#include "spread/run/run_directory.h"

namespace spread::cli {
namespace {

/// Where the names of what a run reads are: tasks, and what every worker is sent. "-" is standard
/// input.
std::vector<std::string*> input_names(Options& options) {
  std::vector<std::string*> names;
  for (std::string& name : options.items.input.files) names.push_back(&name);
  for (InputOptions::Group& group : options.items.input.groups) {
    if (!group.from_file) continue;
    for (std::string& name : group.words) names.push_back(&name);
  }
  for (std::string& name : options.shards.partitions) names.push_back(&name);
  for (std::string& name : options.lists.files) names.push_back(&name);
  for (PrepItem& item : options.prep) {
    if (item.kind == PrepItem::Kind::File || item.kind == PrepItem::Kind::Common) {
      names.push_back(&item.text);
    }
  }
  for (std::string& spec : options.sweep.specs) {
    if (spec == "-") names.push_back(&spec);
  }
  return names;
}

bool reads_standard_input(const Options& options) {
  const InputOptions& input = options.items.input;
  return input.files.empty() && input.groups.empty() && !options.shards.any() &&
         options.sweep.specs.empty();
}

/// What a run in a directory is made of.
struct Prepared {
  RunDirectory directory;
  Options options;
  UniqueFd input;                       ///< in the place of standard input; none: it is as it was
  std::vector<std::string> warnings{};  ///< to be told
};

/// The options that exist do all of it. `goes_on`: --dry-run, too, says what would become of it.
void use_directory(Options& options, const RunDirectory& directory, bool goes_on) {
  options.journal.file = directory.file(kJournalName);
  options.journal.resume = goes_on || !options.dry_run;
  options.journal.force = true;  // it may have been moved
  options.journal.stop_request = directory.file(kStopName);
  options.report.output_file = directory.file(kOutName);
  if (!options.directory.keeps_tails) return;
  options.tails.to = TailsTo::Directory;
  options.tails.directory = directory.file(kTailsName);
}

std::string name_of_now() {
  const std::time_t now = static_cast<std::time_t>(wall_clock_seconds());
  return fmt::format("spread-{:%Y%m%d-%H%M%S}", fmt::localtime(now));
}

/// Takes the place of a name, or of standard input.
Status read_instead(std::string* name, const InputFile& kept, Prepared& prepared) {
  if (name != nullptr && *name != "-") {
    *name = kept.path;
    return {};
  }
  auto fd = open_input(kept);
  if (!fd) return tl::unexpected(fd.error());
  prepared.input = std::move(*fd);
  return {};
}

/// A new run.
Result<Prepared> prepare(std::vector<std::string> words, Options options, Streams streams) {
  if (options.directory.name.empty()) options.directory.name = name_of_now();
  auto directory = RunDirectory::create(options.directory.name);
  if (!directory) return tl::unexpected(directory.error());
  Prepared prepared{std::move(*directory), std::move(options), {}};
  const auto keep = [&](std::string* name) -> Status {
    const auto kept = prepared.directory.keep_input(name == nullptr ? "-" : *name, streams.input);
    if (!kept) return tl::unexpected(kept.error());
    // A file that is none is read from where it has been copied to; others as the user names them.
    const bool standard = name == nullptr || *name == "-";
    return kept->copied || standard ? read_instead(name, *kept, prepared) : Status();
  };
  const auto keep_all = [&]() -> Status {
    prepared.directory.describe(std::move(words), current_directory());
    for (std::string* name : input_names(prepared.options)) SPREAD_TRY(keep(name));
    if (reads_standard_input(prepared.options)) SPREAD_TRY(keep(nullptr));
    return prepared.directory.keep_spec();
  };
  if (const Status kept = keep_all(); !kept) {
    static_cast<void>(prepared.directory.remove());
    return tl::unexpected(kept.error());
  }
  return prepared;
}

/// `run --dir DIR`: the words of its spec, in the directory where they were given.
Result<Prepared> go_on(const Options& given, Environment environment,
                       const ProcessControl& control) {
  auto directory = RunDirectory::open(given.directory.name);
  if (!directory) return tl::unexpected(directory.error());
  if (directory->spec().copying) {
    return fail(
        fmt::format("{}: its input was not kept to its end: the command that began to do so "
                    "begins anew, and 'spread clean {}' removes it",
                    show_text(directory->name()), shell_quote(directory->name())));
  }
  RunWatch watch(*directory, environment.temporary_directory());
  // What keeps it from going on; whether it takes over.
  const auto takes_over = [&]() -> Result<bool> {
    const auto facts = watch.look();
    if (!facts) return tl::unexpected(facts.error());
    if (given.journal.take_over && state_of(*facts) == RunState::Running) return true;
    const std::string why =
        why_not(DirectoryCall::Run, *facts, directory->name(), given.journal.failed_again);
    return why.empty() ? Result<bool>(false) : fail(why);
  };
  auto over = takes_over();
  if (over && !*over && !given.dry_run) {
    SPREAD_TRY(directory->claim());
    // Once more, since none can begin it any more.
    over = takes_over();
  }
  if (!over) return tl::unexpected(over.error());
  if (control.change_directory == nullptr)
    return fail("run --dir: this process cannot change its directory");
  const RunSpec& spec = directory->spec();
  SPREAD_TRY(control.change_directory(spec.directory));
  std::vector<const char*> words{"spread"};
  for (const std::string& word : spec.words) words.push_back(word.c_str());
  auto parsed = parse_command_line(static_cast<int>(words.size()), words.data());
  const std::string spec_name = directory->name() + "/" + std::string(kSpecName);
  if (!parsed) return fail(spec_name + ": " + parsed.error().message);
  const bool is_run = parsed->text.empty() && !parsed->options.directory.alone &&
                      (!parsed->options.directory.name.empty() || parsed->options.directory.detach);
  if (!is_run) return fail(spec_name + ": its words are no run with a directory");
  Prepared prepared{std::move(*directory), std::move(parsed->options), {}};
  Options& options = prepared.options;
  options.dry_run = given.dry_run;
  options.directory.detach = given.directory.detach;
  options.journal.failed_again |= given.journal.failed_again;
  options.journal.by_content = given.journal.by_content;
  options.journal.take_over = given.journal.take_over;
  options.report.joblog_append = true;
  const auto restore = [&](std::string* name) -> Status {
    std::string warning;
    const InputFile* kept = prepared.directory.kept_input(name == nullptr ? "-" : *name, warning);
    if (!warning.empty()) prepared.warnings.push_back(std::move(warning));
    if (kept == nullptr) return {};
    InputFile found = *kept;
    if (found.copied) found.path = prepared.directory.file(found.path);
    const bool standard = name == nullptr || *name == "-";
    return found.copied || standard ? read_instead(name, found, prepared) : Status();
  };
  for (std::string* name : input_names(options)) SPREAD_TRY(restore(name));
  if (reads_standard_input(options)) SPREAD_TRY(restore(nullptr));
  return prepared;
}

/// The one that waits: whether the other has begun, and what it said until then.
int tell_begun(const Detached& detached, const RunDirectory& directory, std::uint64_t log_size,
               UniqueFd log, Streams streams) {
  if (detached.has_begun) {
    warn(streams, fmt::format("runs in {} (pid {})", directory.name(), detached.pid));
    return 0;
  }
  static_cast<void>(skip_to(log.get(), log_size));
  static_cast<void>(read_to_end(log.get(), directory.file(kLogName), [&](ByteView bytes) {
    return print(streams.errors, as_text(bytes));
  }));
  return detached.status;
}

}  // namespace

int run_in_directory(std::vector<std::string> words, Options options, Environment environment,
                     Streams streams, TakeSignals take_signals, const ProcessControl& control) {
  const bool alone = options.directory.alone;
  auto prepared = alone ? go_on(options, environment, control)
                        : prepare(std::move(words), std::move(options), streams);
  if (!prepared) return complain(streams, prepared.error());
  RunDirectory& directory = prepared->directory;
  use_directory(prepared->options, directory, alone);
  if (prepared->input) streams.input = prepared->input.get();
  const bool dry = prepared->options.dry_run;
  // What never began leaves nothing that could be gone on with: the command can be mended and
  // repeated.
  const auto give_up = [&](const Error& error) {
    if (!alone) static_cast<void>(directory.remove());
    return complain(streams, error);
  };
  UniqueFd log;
  if (!dry) {
    auto opened = open_private_file(directory.file(kLogName), true);
    if (!opened) return give_up(opened.error());
    log = std::move(*opened);
    streams.log = log.get();
  }
  for (const std::string& warning : prepared->warnings) warn(streams, warning);
  if (prepared->options.directory.detach) {
    if (control.detach == nullptr) return complain(streams, {"--detach: this process cannot fork"});
    auto reader = open_for_reading(directory.file(kLogName));
    if (!reader) return complain(streams, reader.error());
    const std::uint64_t size = file_size(reader->get()).value_or(0);
    streams.log = -1;  // it becomes stderr
    const auto detached = control.detach(log.get());
    if (!detached) return complain(streams, {"--detach: " + detached.error().message});
    if (!detached->is_child)
      return tell_begun(*detached, directory, size, std::move(*reader), streams);
    streams.begun = detached->begun;
    streams.terminal = nullptr;
  }
  if (!dry) {
    if (const Status begun = directory.begin(); !begun) return give_up(begun.error());
  }
  const int status =
      run(take_apart(std::move(prepared->options)), environment, streams, take_signals);
  constexpr int kOwnError = 255;
  if (alone || dry || status != kOwnError) return status;
  RunWatch watch(directory, environment.temporary_directory());
  if (const auto facts = watch.look(); facts && state_of(*facts) == RunState::Prepared) {
    static_cast<void>(directory.remove());
  }
  return status;
}

}  // namespace spread::cli
