// Of how a run ends: when, and that nothing is left of it.
#include <signal.h>

#include <algorithm>

#include "case.h"

namespace spread::world {
namespace {

class Ending {
 public:
  explicit Ending(Case& it) : case_(it) {}

  /// After kill -9: what obeys TERM ends by the guard's, the rest by its KILL; not even what would
  /// have ended by itself goes on for longer.
  void guard_has_ended_all() {
    const Time grace = case_.scenario.worker.ends_after.value_or(case_.scenario.kill_grace);
    const Time due = case_.outcome.ended + grace + 10 * kMillisecond;
    for (const auto& process : case_.machine.processes()) {
      const bool guard = !process->words.empty() && process->words.front() == "spread-guard";
      const Time until = guard ? case_.outcome.ended + case_.scenario.kill_grace + kSecond : due;
      if (!process->running() && process->ended_at <= until) continue;
      // Of one that had ended and been reaped, nothing is known any more.
      const Process* parent = case_.machine.find(process->left_by);
      const bool left = parent != nullptr && !parent->reaped && !parent->reaping;
      if (!process->child && !left) continue;
      if (left && process->running() == false &&
          process->ended_at <= case_.outcome.ended + case_.scenario.kill_grace + 10 * kMillisecond)
        continue;
      case_.say("process " + std::to_string(process->pid) + " (" + process->words.front() +
                ") goes on after kill -9");
    }
  }

  void nothing_is_left() {
    // One that was killed and cannot be reaped is left to init.
    const bool unreaped = case_.scenario.faults.reaped_late > 100 * kMillisecond;
    for (const auto& process : case_.machine.processes()) {
      if (process->child && (process->running() || (!process->reaped && !unreaped))) {
        case_.say("process " + std::to_string(process->pid) + " (" + process->words.front() +
                  (process->running() ? ") still runs" : ") was not reaped"));
      }
    }
    // What has left the group is not spread's; what is in that of a child that was ended, is.
    for (const auto& process : case_.machine.processes()) {
      const Process* parent =
          process->left_by == 0 ? nullptr : case_.machine.find(process->left_by);
      if (parent == nullptr || !parent->asked_to_end || !process->running()) continue;
      case_.say("process " + std::to_string(process->pid) + " outlives " +
                std::to_string(parent->pid) + ", which was ended with its group");
    }
    for (const auto& [name, file] : case_.machine.files) {
      const bool ours = name.find("spread-") != std::string::npos;
      if (ours && !case_.machine.were_there.contains(name)) case_.say("left behind: " + name);
    }
  }

  void ends_in_time() {
    const std::vector<Time>& signals = case_.machine.end_signals;
    constexpr Time kSlack = kSecond;
    // A start that a thread has begun cannot be called back.
    Time begun = 0;
    for (const auto& process : case_.machine.processes()) {
      if (process->child) begun = std::max(begun, process->began);
    }
    if (signals.size() >= 3 &&
        case_.outcome.ended > std::max(signals[2], begun) + case_.scenario.kill_grace + kSlack) {
      case_.say("ended " + std::to_string((case_.outcome.ended - signals[2]) / kMillisecond) +
                " ms after the third signal");
    }
    // The end comes at once when the reader of stdout leaves, unless stderr has to be waited for,
    // or a first signal, --halt soon or a joblog that cannot be written has given what runs the
    // time to finish.
    const Time gone = case_.outcome.out_read_last + case_.scenario.out.pause;
    const bool soon = case_.halt.state != Halt::State::None && !case_.halt.at_once;
    const bool joblog_full = case_.machine.disk_was_full && !case_.scenario.joblog.empty();
    if (case_.reader_left() && !case_.signalled() && !soon && !joblog_full &&
        case_.outcome.out.size() >= case_.scenario.out.stops_after &&
        case_.scenario.errors.pause < kSecond &&
        case_.outcome.ended > gone + 2 * case_.scenario.kill_grace + 3 * kSlack) {
      case_.say("ended " + std::to_string((case_.outcome.ended - gone) / kMillisecond) +
                " ms after the reader of stdout had left");
    }
    // The readers have read all, the workers have done all: then the deadlines count. Starts that
    // failed have pauses of their own, up to 30 s.
    const Time starts = case_.nothing_could_start() ? 60 * kSecond : 2 * kSecond;
    // After a signal, workers that have nothing unanswered get --kill-grace.
    const bool idle =
        case_.scenario.subcommand == "run" && case_.signalled() && !case_.may_be_silent();
    const Time due = (idle ? case_.scenario.kill_grace : case_.scenario.shutdown_timeout) +
                     2 * case_.scenario.kill_grace + starts;
    const Time since = std::max(case_.outcome.last_activity, case_.signalled() ? signals[0] : 0);
    if (case_.outcome.ended > since + due + case_.scenario.timeout) {
      case_.say("ended " + std::to_string((case_.outcome.ended - since) / kMillisecond) +
                " ms after the last that it had to wait for");
    }
  }

  /// Nothing happens for longer than anything takes.
  void no_pauses() {
    if (case_.nothing_could_start() || case_.scenario.timeout > 0) return;
    Time longest = 5 * kSecond + 2 * case_.scenario.kill_grace;
    const bool holds =
        case_.scenario.worker.lives_on || !case_.scenario.worker.ends_after || case_.signalled();
    if (holds || case_.may_be_silent()) longest += case_.scenario.shutdown_timeout;
    // The longer a worker took to refuse, the longer it rests: sqrt(10 * took * 1 s) and 1 s more,
    // times 1.4, where it took 4 s.
    const auto busy = [](TaskPlan::End end) {
      return end == TaskPlan::End::Busy || end == TaskPlan::End::LateBusy;
    };
    if (case_.any_end(busy)) longest += 10 * kSecond;
    // After 10 s a login that is not there is not waited for.
    if (case_.scenario.host.there) longest += case_.scenario.host.delay + 10 * kSecond;
    for (const StreamPlan* stream :
         {&case_.scenario.in, &case_.scenario.out, &case_.scenario.errors}) {
      longest = std::max(longest, 2 * stream->pause + 5 * kSecond);
      if (stream->stops_after != SIZE_MAX) return;
    }
    if (case_.machine.longest_pause > longest) {
      case_.say("nothing happened for " +
                std::to_string(case_.machine.longest_pause / kMillisecond) + " ms");
    }
  }

  /// What jobs have printed and no reader has got yet is bounded: what waits for an earlier job by
  /// --reorder-mem (64 KiB at least), what waits for a slow reader by 1 MiB each, and the last that
  /// was read of each job.
  void memory() {
    if (case_.scenario.subcommand == "run") return memory_of_run();
    if (case_.scenario.subcommand != "map" || case_.scenario.retries > 1 || case_.scenario.out_file)
      return;
    // What is written to files is not counted.
    if (!case_.undisturbed() || !case_.scenario.results.empty()) return;
    constexpr std::int64_t kKiB = 1024, kSlots = 6;
    const std::int64_t queues =
        case_.scenario.out.pause > 0 || case_.scenario.errors.pause > 0 ? 2 : 0;
    const std::int64_t most = 64 * kKiB + queues * 1024 * kKiB + kSlots * 2 * 64 * kKiB;
    if (case_.scenario.spill_fills && case_.machine.most_held > most) {
      case_.say("it held " + std::to_string(case_.machine.most_held / kKiB) +
                " KiB of what jobs printed");
    }
  }

 private:
  /// Of `run`, what was in flight when there was no more room comes on top, and the frames of the
  /// wire are never written.
  void memory_of_run() {
    const Scenario& scenario = case_.scenario;
    if (!case_.undisturbed() || !scenario.little_memory || scenario.window == 0) return;
    if (scenario.out_file) return;
    std::size_t longest = 0;
    for (const TaskPlan& task : scenario.tasks) longest = std::max(longest, task.value.size());
    constexpr std::size_t kKiB = 1024, kFrame = 40;
    const std::size_t tasks = std::max<std::size_t>(scenario.pieces.chunk, 1);
    const auto slots =
        scenario.slots + static_cast<std::size_t>(std::count_if(
                             scenario.faults.signals_at.begin(), scenario.faults.signals_at.end(),
                             [](const auto& signal) { return signal.second == SIGUSR1; }));
    const std::size_t queues = scenario.errors.pause > 0 ? 2 : 1;
    const std::size_t most = 64 * kKiB + queues * 1024 * kKiB + slots * 2 * 64 * kKiB +
                             slots * scenario.window * tasks * longest +
                             scenario.tasks.size() * kFrame + scenario.gang.visits.size() * kFrame +
                             scenario.said;
    const std::int64_t held =
        scenario.pieces.held() ? case_.machine.most_held_before : case_.machine.most_held;
    if (held > static_cast<std::int64_t>(most)) {
      case_.say("it held " + std::to_string(held / 1024) + " KiB of results");
    }
  }

  Case& case_;
};

}  // namespace

void judge_killed(Case& it) { Ending(it).guard_has_ended_all(); }

void judge_ending(Case& it) {
  Ending ending(it);
  ending.nothing_is_left();
  ending.ends_in_time();
  ending.no_pauses();
  ending.memory();
}

}  // namespace spread::world
