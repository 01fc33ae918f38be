#include "spread/directory/state.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "spread/base/quote.h"

namespace spread {
namespace {

constexpr int kOwnError = 255;
constexpr std::size_t kHostBytes = 64;

std::string age(std::int64_t seconds) {
  seconds = std::max<std::int64_t>(seconds, 0);
  if (seconds < 120) return fmt::format("{} s", seconds);
  if (seconds < 120 * 60) return fmt::format("{} min", seconds / 60);
  if (seconds < 48 * 3600) return fmt::format("{} h", seconds / 3600);
  return fmt::format("{} d", seconds / (24 * 3600));
}

/// Not by fmt's own, which keeps a locale in a static variable.
std::string time_text(std::int64_t seconds) {
  const std::chrono::sys_seconds at{std::chrono::seconds(seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(at - day);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count());
}

std::string writer_text(const DirectoryFacts& facts) {
  return fmt::format("pid {} on {}", facts.writer.pid,
                     printable_line(facts.writer.host, kHostBytes));
}

std::string fraction(const DirectoryFacts& facts) {
  std::string text =
      fmt::format("{} of {} task{}", facts.done, facts.tasks, facts.tasks == 1 ? "" : "s");
  if (!facts.all_read) {
    text += " read so far";
  } else if (facts.tasks > 0) {
    text += fmt::format(" ({} %)", facts.done * 100 / facts.tasks);
  }
  if (facts.failed > 0) text += fmt::format(", {} failed", facts.failed);
  if (facts.parts > 1) text += fmt::format(", in {} parts", facts.parts);
  return text;
}

/// Of "DIR: the run STATE".
std::string state_text(RunState state, const DirectoryFacts& facts) {
  switch (state) {
    case RunState::Prepared: return "has not been started";
    case RunState::Running: return "is running (" + writer_text(facts) + ")";
    case RunState::Finished: return "has finished";
    case RunState::Failed: return fmt::format("has failed (status {})", facts.end->status);
    case RunState::Stopped: return fmt::format("was stopped (status {})", facts.end->status);
    case RunState::Gone: return "was cut off (" + writer_text(facts) + " is gone)";
    case RunState::Silent:
      return fmt::format("is of {}, and silent since {}",
                         printable_line(facts.writer.host, kHostBytes),
                         time_text(facts.last_record));
  }
  return {};
}

/// spread's own, so that what is missing can still be computed.
bool own_error(const DirectoryFacts& facts) {
  return facts.end && !facts.end->complete && facts.end->status == kOwnError;
}

}  // namespace

std::string_view name_of(RunState state) {
  switch (state) {
    case RunState::Prepared: return "prepared";
    case RunState::Running: return "running";
    case RunState::Finished: return "finished";
    case RunState::Failed: return "failed";
    case RunState::Stopped: return "stopped";
    case RunState::Gone: return "gone";
    case RunState::Silent: return "silent";
  }
  return {};
}

RunState state_of(const DirectoryFacts& facts) {
  // Who has the lock has not written its first record yet, or its last one.
  if (facts.lock == DirectoryFacts::Lock::Held) return RunState::Running;
  if (facts.parts == 0) return RunState::Prepared;
  if (facts.end && facts.end->complete) {
    return facts.end->status == 0 ? RunState::Finished : RunState::Failed;
  }
  if (facts.end) return own_error(facts) ? RunState::Failed : RunState::Stopped;
  if (facts.writer_gone) return RunState::Gone;
  if (!facts.same_host) return RunState::Silent;
  return facts.lock == DirectoryFacts::Lock::Free ? RunState::Gone : RunState::Running;
}

std::optional<int> status_of(const DirectoryFacts& facts) {
  if (!facts.end) return std::nullopt;
  return facts.end->status;
}

std::string describe(const DirectoryFacts& facts, std::int64_t now) {
  const RunState state = state_of(facts);
  std::string text(name_of(state));
  if (facts.parts == 0) return text;
  if (state == RunState::Silent) text += " since " + time_text(facts.last_record);
  text += ": " + fraction(facts);
  switch (state) {
    case RunState::Running:
    case RunState::Gone:
    case RunState::Silent:
      return text + fmt::format("; {}, last record {} ago", writer_text(facts),
                                age(now - facts.last_record));
    case RunState::Failed:
    case RunState::Stopped: return text + fmt::format("; status {}", facts.end->status);
    case RunState::Finished:
    case RunState::Prepared: break;
  }
  return text;
}

std::string why_not(DirectoryCall call, const DirectoryFacts& facts, const std::string& directory,
                    bool failed_again) {
  const RunState state = state_of(facts);
  const bool cut_off =
      state == RunState::Stopped || state == RunState::Gone || state == RunState::Silent;
  const std::string name = shell_quote(directory);
  const std::string start = fmt::format("'spread run --dir {}'", name);
  const auto refusal = [&](std::string_view instead) {
    return fmt::format("{}: the run {}{}", show_text(directory), state_text(state, facts), instead);
  };
  switch (call) {
    case DirectoryCall::State: return {};
    case DirectoryCall::Run:
      if (state == RunState::Running)
        return refusal(fmt::format("; 'spread attach {}' shows it", name));
      if (state == RunState::Finished) {
        return refusal(fmt::format("; 'spread retrieve {}' prints its results", name));
      }
      if (state != RunState::Failed || own_error(facts) || failed_again) return {};
      return refusal("; with --resume-failed its tasks without a result are run again");
    case DirectoryCall::Retrieve:
      if (state == RunState::Prepared) return refusal(fmt::format("; {} starts it", start));
      if (cut_off || own_error(facts)) return refusal(fmt::format("; {} goes on with it", start));
      return {};
    case DirectoryCall::Attach:
      if (state == RunState::Prepared) return refusal(fmt::format("; {} starts it", start));
      return {};
    case DirectoryCall::Stop:
      return state == RunState::Running ? "" : refusal(", so that there is nothing to stop");
    case DirectoryCall::Clean:
      if (state == RunState::Running)
        return refusal(fmt::format("; 'spread stop {}' ends it", name));
      if (state == RunState::Silent) {
        return refusal("; it may still be running there");
      }
      return {};
  }
  return {};
}

}  // namespace spread
