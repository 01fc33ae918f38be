// The subcommands status, retrieve, attach, stop and clean.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "spread/base/quote.h"
#include "spread/io/event_loop.h"
#include "spread/io/files.h"
#include "spread/io/private_folder.h"
#include "spread/io/system.h"
#include "spread/output/complain.h"
#include "spread/output/output_writer.h"
#include "spread/output/reporter.h"
#include "spread/run/run_directory.h"

namespace spread {
namespace {

/// Files are looked at, since no file system tells what another machine writes.
constexpr Duration kLookEvery = std::chrono::milliseconds(250);
/// As that of timeout(1).
constexpr int kTimedOut = 124;

std::int64_t now_seconds() { return static_cast<std::int64_t>(wall_clock_seconds()); }

/// What its facts are, where `call` may be now.
Result<DirectoryFacts> may(DirectoryCall call, RunWatch& watch, const RunDirectory& directory) {
  auto facts = watch.look();
  if (!facts) return facts;
  const std::string why = why_not(call, *facts, directory.name());
  if (!why.empty()) return fail(why);
  return facts;
}

/// Its end, or that `until` is over.
Result<DirectoryFacts> wait_for_end(RunWatch& watch, DirectoryFacts facts, EventLoop& loop,
                                    TimePoint until) {
  while (state_of(facts) == RunState::Running && loop.now() < until) {
    loop.wait(std::min(until, after(loop.now(), kLookEvery)));
    auto next = watch.look();
    if (!next) return next;
    facts = std::move(*next);
  }
  return facts;
}

Result<int> retrieve(const RunDirectory& directory, RunWatch& watch,
                     const std::optional<Duration>& timeout, Streams streams) {
  auto loop = EventLoop::create();
  if (!loop) return tl::unexpected(loop.error());
  const TimePoint until = timeout ? after(loop->now(), *timeout) : kForever;
  auto facts = may(DirectoryCall::Retrieve, watch, directory);
  if (!facts) return tl::unexpected(facts.error());
  facts = wait_for_end(watch, std::move(*facts), *loop, until);
  if (!facts) return tl::unexpected(facts.error());
  if (state_of(*facts) == RunState::Running) {
    warn(streams, show_text(directory.name()) + ": " + describe(*facts, now_seconds()));
    return kTimedOut;
  }
  // It may have ended in a way that leaves nothing to be printed.
  const std::string why = why_not(DirectoryCall::Retrieve, *facts, directory.name());
  if (!why.empty()) return fail(why);
  const std::string name = directory.file(kOutName);
  const auto out = open_regular_file(name);
  if (!out) return tl::unexpected(out.error());
  SPREAD_TRY(read_to_end(out->get(), name,
                         [&](ByteView bytes) { return print(streams.output, as_text(bytes)); }));
  return *status_of(*facts);
}

/// The bar and the messages of a run that goes on in another process, as they would be there.
class AttachedRun {
 public:
  /// `log`: the name of its log. The others must outlive this.
  static Result<std::unique_ptr<AttachedRun>> create(std::string log, const DirectoryFacts& facts,
                                                     Environment environment,
                                                     const Streams& streams, EventLoop& loop);

  /// Shows what is new, and goes on showing it until then.
  Status show(const DirectoryFacts& facts, TimePoint until);
  /// The rest of it, and a last line, when it has come to its end.
  Status finish(const DirectoryFacts& facts);
  /// The reader of what is shown is gone.
  bool left() const { return reporter_->errors_writer().closed(); }

 private:
  AttachedRun(std::string log, EventLoop& loop, OutputDescriptor output)
      : log_name_(std::move(log)), loop_(loop), output_(loop, std::move(output)) {}
  Status pass_on_log();
  void wait(TimePoint until);

  std::string log_name_;
  UniqueFd log_;
  std::uint64_t done_ = 0;  ///< at the look before
  Duration task_time_{};
  bool in_line_ = false;  ///< its last line has no end yet
  EventLoop& loop_;
  OutputWriter output_;
  const std::vector<std::string> no_hosts_;
  std::unique_ptr<Reporter> reporter_;
};

Result<std::unique_ptr<AttachedRun>> AttachedRun::create(std::string log,
                                                         const DirectoryFacts& facts,
                                                         Environment environment,
                                                         const Streams& streams, EventLoop& loop) {
  auto output = open_output(streams.output);
  if (!output) return tl::unexpected(output.error());
  std::unique_ptr<AttachedRun> run(new AttachedRun(std::move(log), loop, std::move(*output)));
  ReportOptions options;
  const bool runs = state_of(facts) == RunState::Running;
  options.progress = runs ? ProgressStyle::Bar : ProgressStyle::None;
  ReportedRun reported;
  reported.unit = facts.jobs ? ProgressUnit::Jobs : ProgressUnit::Tasks;
  auto reporter =
      Reporter::create(options, reported, environment, streams, loop, run->no_hosts_, run->output_);
  if (!reporter) return tl::unexpected(reporter.error());
  run->reporter_ = std::move(*reporter);
  const auto age = std::chrono::seconds(std::max<std::int64_t>(now_seconds() - facts.began, 0));
  run->reporter_->begin_at(loop.now() - age, facts.done_before);
  return run;
}

void AttachedRun::wait(TimePoint until) {
  // Where stdout is the same terminal, it is by that that messages go.
  reporter_->make_room_for_results();
  output_.flush_if_due();
  reporter_->turn(output_);
  loop_.wait(std::min({until, reporter_->next_deadline(), output_.next_deadline()}));
}

Status AttachedRun::pass_on_log() {
  if (!log_) {
    auto file = open_regular_file(log_name_);
    // There is none before it has begun.
    if (!file) return file.error().number == ENOENT ? Status() : tl::unexpected(file.error());
    log_ = std::move(*file);
  }
  return read_to_end(log_.get(), log_name_, [&](ByteView bytes) -> Status {
    in_line_ = bytes.back() != '\n';
    reporter_->pass_on(as_text(bytes));
    while (reporter_->errors_full()) wait(kForever);
    return {};
  });
}

Status AttachedRun::show(const DirectoryFacts& facts, TimePoint until) {
  SPREAD_TRY(pass_on_log());
  ProgressCounts counts;
  counts.finished = facts.done;
  counts.failed = facts.failed;
  counts.retried = facts.retried;
  reporter_->set_workers(facts.workers);
  reporter_->set_total(facts.tasks, facts.all_read);
  reporter_->sample(counts);
  if (facts.done > done_) {
    reporter_->took((facts.task_time - task_time_) / (facts.done - done_));
    done_ = facts.done;
    task_time_ = facts.task_time;
  }
  while (loop_.now() < until && !left()) wait(until);
  return {};
}

Status AttachedRun::finish(const DirectoryFacts& facts) {
  SPREAD_TRY(show(facts, loop_.now()));
  reporter_->finish(0, {}, false, false);
  reporter_->pass_on((in_line_ ? "\n" : "") + describe(facts, now_seconds()) + "\n");
  reporter_->flush_messages();
  while (!reporter_->said() && !left()) wait(kForever);
  return {};
}

Result<int> attach(const RunDirectory& directory, RunWatch& watch, Environment environment,
                   const Streams& streams) {
  auto loop = EventLoop::create();
  if (!loop) return tl::unexpected(loop.error());
  auto facts = may(DirectoryCall::Attach, watch, directory);
  if (!facts) return tl::unexpected(facts.error());
  auto run = AttachedRun::create(directory.file(kLogName), *facts, environment, streams, *loop);
  if (!run) return tl::unexpected(run.error());
  while (state_of(*facts) == RunState::Running && !(*run)->left()) {
    SPREAD_TRY((*run)->show(*facts, after(loop->now(), kLookEvery)));
    facts = watch.look();
    if (!facts) return tl::unexpected(facts.error());
  }
  SPREAD_TRY((*run)->finish(*facts));
  constexpr int kUntold = 255, kOutputClosed = 141;
  if ((*run)->left()) return kOutputClosed;
  return status_of(*facts).value_or(kUntold);
}

/// What is closed again when this returns: on NFS a file that is open cannot be removed.
Status may_clean(const RunDirectory& directory, const Environment& environment) {
  RunWatch watch(directory, environment.temporary_directory());
  const auto facts = may(DirectoryCall::Clean, watch, directory);
  return facts ? Status() : tl::unexpected(facts.error());
}

Status clean(RunDirectory& directory, const Environment& environment) {
  // Once more when none can begin it any more.
  SPREAD_TRY(may_clean(directory, environment));
  SPREAD_TRY(directory.claim());
  SPREAD_TRY(may_clean(directory, environment));
  return directory.remove();
}

Result<int> carry_out(const DirectoryCommand& command, Environment environment, Streams streams) {
  auto directory = RunDirectory::open(command.directory);
  if (!directory) return tl::unexpected(directory.error());
  if (command.call == DirectoryCall::Clean) {
    SPREAD_TRY(clean(*directory, environment));
    return 0;
  }
  RunWatch watch(*directory, environment.temporary_directory());
  switch (command.call) {
    case DirectoryCall::Retrieve: return retrieve(*directory, watch, command.timeout, streams);
    case DirectoryCall::Attach: return attach(*directory, watch, environment, streams);
    case DirectoryCall::Run:
    case DirectoryCall::State:
    case DirectoryCall::Stop:
    case DirectoryCall::Clean: break;
  }
  const auto facts = may(command.call, watch, *directory);
  if (!facts) return tl::unexpected(facts.error());
  if (command.call == DirectoryCall::State) {
    const std::string_view more =
        directory->spec().copying ? ": its input has not been kept to its end" : "";
    SPREAD_TRY(print(streams.output, fmt::format("{}{}\n", describe(*facts, now_seconds()), more)));
  } else {
    const auto asked = open_private_file(directory->file(kStopName), false);
    if (!asked) return tl::unexpected(asked.error());
  }
  return 0;
}

}  // namespace

int call_directory(const DirectoryCommand& command, Environment environment, Streams streams) {
  const Result<int> ended = carry_out(command, environment, streams);
  return ended ? *ended : complain(streams, ended.error());
}

}  // namespace spread
