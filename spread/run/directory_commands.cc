// The subcommands status, retrieve, attach, stop and clean.
#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include "spread/base/quote.h"
#include "spread/io/event_loop.h"
#include "spread/io/files.h"
#include "spread/io/journal_file.h"
#include "spread/io/private_folder.h"
#include "spread/io/system.h"
#include "spread/output/complain.h"
#include "spread/run/run_directory.h"

namespace spread {
namespace {

/// Files are looked at, since no file system tells what another machine writes.
constexpr Duration kLookEvery = std::chrono::milliseconds(250);
/// As that of timeout(1).
constexpr int kTimedOut = 124;

std::string scratch_of(const Environment& environment) {
  const char* named = environment.get("TMPDIR");
  return named != nullptr && *named != '\0' ? named : "/tmp";
}

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
    warn(streams.errors, show_text(directory.name()) + ": " + describe(*facts, now_seconds()));
    return kTimedOut;
  }
  // It may have ended in a way that leaves nothing to be printed.
  const std::string why = why_not(DirectoryCall::Retrieve, *facts, directory.name());
  if (!why.empty()) return fail(why);
  const auto out = open_for_reading(directory.file(kOutName));
  if (!out) return tl::unexpected(out.error());
  SPREAD_TRY(read_to_end(out->get(),
                         [&](ByteView bytes) { return print(streams.output, as_text(bytes)); }));
  return *status_of(*facts);
}

/// Shows a log as it grows.
class LogFollower {
 public:
  LogFollower(std::string name, int to)
      : name_(std::move(name)), to_(to), screen_(is_terminal(to)) {}

  Status show(const std::string& line) {
    if (!file_) {
      auto file = open_for_reading(name_);
      if (file) file_ = std::move(*file);
    }
    std::string text;
    if (file_) {
      SPREAD_TRY(read_to_end(file_.get(), [&](ByteView bytes) -> Status {
        text += screen_ ? printable(as_text(bytes)) : std::string(as_text(bytes));
        return {};
      }));
    }
    if (!screen_) return text.empty() ? Status() : print(to_, text);
    if (text.empty() && line == shown_) return {};
    // The line is taken away, and comes back behind what is new.
    const std::string clear = shown_.empty() ? "" : "\r\x1b[K";
    shown_ = line;
    return print(to_, clear + text + line);
  }

 private:
  std::string name_;
  int to_;
  bool screen_;
  UniqueFd file_;
  std::string shown_;
};

Result<int> attach(const RunDirectory& directory, RunWatch& watch, Streams streams) {
  auto loop = EventLoop::create();
  if (!loop) return tl::unexpected(loop.error());
  auto facts = may(DirectoryCall::Attach, watch, directory);
  if (!facts) return tl::unexpected(facts.error());
  LogFollower log(directory.file(kLogName), streams.errors);
  const std::size_t width = std::max<std::size_t>(terminal_width(streams.errors), 2) - 1;
  while (state_of(*facts) == RunState::Running) {
    SPREAD_TRY(log.show(describe(*facts, now_seconds()).substr(0, width)));
    loop->wait(after(loop->now(), kLookEvery));
    facts = watch.look();
    if (!facts) return tl::unexpected(facts.error());
  }
  SPREAD_TRY(log.show(""));
  SPREAD_TRY(print(streams.errors, describe(*facts, now_seconds()) + "\n"));
  constexpr int kUntold = 255;
  return status_of(*facts).value_or(kUntold);
}

Result<int> carry_out(const DirectoryCommand& command, Environment environment, Streams streams) {
  const auto directory = RunDirectory::open(command.directory);
  if (!directory) return tl::unexpected(directory.error());
  RunWatch watch(*directory, scratch_of(environment));
  switch (command.call) {
    case DirectoryCall::Retrieve: return retrieve(*directory, watch, command.timeout, streams);
    case DirectoryCall::Attach: return attach(*directory, watch, streams);
    case DirectoryCall::Run:
    case DirectoryCall::State:
    case DirectoryCall::Stop:
    case DirectoryCall::Clean: break;
  }
  const auto facts = may(command.call, watch, *directory);
  if (!facts) return tl::unexpected(facts.error());
  if (command.call == DirectoryCall::State) {
    SPREAD_TRY(print(streams.output, describe(*facts, now_seconds()) + "\n"));
  } else if (command.call == DirectoryCall::Stop) {
    const auto asked = open_private_file(directory->file(kStopName), false);
    if (!asked) return tl::unexpected(asked.error());
  } else {
    // A run that begins meanwhile finds it locked, and loses nothing.
    const auto held = JournalFile::open_to_append(directory->file(kJournalName));
    if (!held && held.error().number != ENOENT) return tl::unexpected(held.error());
    SPREAD_TRY(directory->remove());
  }
  return 0;
}

}  // namespace

int call_directory(const DirectoryCommand& command, Environment environment, Streams streams) {
  const Result<int> ended = carry_out(command, environment, streams);
  return ended ? *ended : complain(streams.errors, ended.error());
}

}  // namespace spread
