#include "halt.h"

#include "case.h"

#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "process.h"

namespace spread::world {
namespace {

using End = TaskPlan::End;

/// When the program had a job's end and all that it had printed; nothing: it never had.
std::optional<Time> over(const Process& job) {
  std::optional<Time> when = job.reaped_at;
  for (const int fd : {1, 2}) {
    if (!when || !job.pipes[fd]) continue;
    const std::optional<Time> gone = job.pipes[fd]->reader_gone;
    when = gone ? std::optional(std::max(*when, *gone)) : std::nullopt;
  }
  return when;
}

/// Of a process of its own: how it ended, if it was not ended by the program.
std::optional<Final> end_of_job(const Scenario& scenario, const TaskPlan::Try& attempt) {
  constexpr int kTimedOut = 128 + SIGTERM;
  const Process& job = *attempt.by;
  const std::optional<Time> when = over(job);
  if (!when) return std::nullopt;
  // Where a thread starts it, its time has begun before.
  const Time start = scenario.faults.threads ? 3 * kSecond : 10 * kMillisecond;
  const bool timed_out = attempt.end == End::Hang && scenario.timeout > 0 &&
                         job.ended_at - job.began >= scenario.timeout - start;
  if (timed_out) return Final{false, *when, kTimedOut};
  if (job.asked_to_end) return std::nullopt;
  const int status = job.status();
  const int shown = (status & 0x7f) != 0 ? 128 + (status & 0x7f) : status >> 8;
  return Final{shown == 0, *when, shown};
}

bool is_death(End end) {
  return end == End::Crash || end == End::Mute || end == End::Deaf || end == End::Hang;
}

/// When all members had been read; nothing: who they are, or when that was, is not known.
std::optional<Time> gang_told(const GangPlan& gang, const TaskPlan::Try& attempt) {
  std::optional<Time> when;
  const auto of = [&](const Visit& visit) { return visit.attempt == &attempt; };
  const auto culprit = std::find_if(gang.visits.begin(), gang.visits.end(), of);
  for (const std::size_t member : culprit->gang) {
    const std::optional<Time> told = gang.visits[member].told;
    if (!told) return std::nullopt;
    when = std::max(when.value_or(0), *told);
  }
  return when;
}

/// Of a gang: when it was over is known where its culprit alone has decided that.
std::optional<Final> end_of_gang(const Scenario& scenario, const TaskPlan::Try& attempt,
                                 bool& unclear) {
  if (attempt.end == End::Busy) return std::nullopt;
  std::optional<Time> when = attempt.told;
  if (attempt.end == End::Ok) when = gang_told(scenario.gang, attempt);
  unclear |= !when || (attempt.end != End::Ok && attempt.end != End::Error);
  return when ? std::optional(Final{attempt.end == End::Ok, *when, attempt.status}) : std::nullopt;
}

bool is_reached(const Halt& halt, std::size_t count, std::size_t of) {
  constexpr std::size_t kLeast = 3;
  if (!halt.percent) return count >= halt.count;
  return of >= kLeast && 100 * count >= halt.count * of;
}

}  // namespace

std::optional<Final> final_of(const Scenario& scenario, const TaskPlan& task, bool& unclear) {
  unsigned failures = 0;
  // When it was refused is not seen.
  unclear |= task.attempts.front() == End::Long;
  for (const TaskPlan::Try& attempt : task.tries) {
    std::optional<Final> end;
    const bool job = scenario.subcommand == "map" && attempt.by->words.front() == "job";
    if (job) {
      end = end_of_job(scenario, attempt);
    } else if (scenario.subcommand == "run" && is_death(attempt.end)) {
      // Whose fault that was, and what it costs the others, the program decides.
      unclear = true;
    } else if (attempt.end == End::Hang) {
      unclear = true;
    } else if (scenario.gang.members > 0) {
      end = end_of_gang(scenario, attempt, unclear);
    } else if (attempt.told && attempt.end != End::Busy) {
      end = Final{attempt.end == End::Ok, *attempt.told, attempt.status};
    } else {
      unclear |= attempt.answers;  // the last byte that was not read may have been one too many
    }
    if (!end) continue;
    if (end->success || ++failures >= scenario.retries) return end;
  }
  return std::nullopt;
}

Halt find_halt(const Scenario& scenario) {
  Halt halt;
  if (scenario.halt.empty()) return halt;
  const std::size_t comma = scenario.halt.find(','), equals = scenario.halt.find('=');
  halt.at_once = scenario.halt.starts_with("now");
  halt.why = scenario.halt.substr(comma + 1, equals - comma - 1);
  halt.count = static_cast<std::size_t>(std::atoi(scenario.halt.c_str() + equals + 1));
  halt.percent = scenario.halt.back() == '%';
  bool unclear = std::any_of(scenario.pieces.failed.begin(), scenario.pieces.failed.end(),
                             [](const auto& list) { return list.died; });
  std::vector<Final> finals;
  for (const TaskPlan& task : scenario.tasks) {
    unclear |= !task.submits.empty() && may_kill(scenario, task);
    if (const auto end = final_of(scenario, task, unclear)) finals.push_back(*end);
  }
  std::sort(finals.begin(), finals.end(),
            [](const Final& a, const Final& b) { return a.when < b.when; });
  const auto counts = [&](const Final& end) {
    return halt.why == "done" || end.success == (halt.why == "success");
  };
  std::size_t count = 0;
  for (std::size_t i = 0; i < finals.size() && halt.state == Halt::State::None; ++i) {
    count += counts(finals[i]) ? 1 : 0;
    if (!is_reached(halt, count, i + 1)) continue;
    // What ends at nearly the same time the program may see in another order.
    bool alike = true;
    for (std::size_t next = i + 1;
         next < finals.size() && finals[next].when <= finals[next - 1].when + kMillisecond; ++next)
      alike &= counts(finals[next]) == counts(finals[i]);
    halt.state = halt.percent && !alike ? Halt::State::Unclear : Halt::State::Reached;
    halt.when = finals[i].when;
  }
  if (unclear) halt.state = Halt::State::Unclear;
  return halt;
}

}  // namespace spread::world
