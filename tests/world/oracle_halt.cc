// Of a run that has come to what its --halt names.
#include <algorithm>

#include "case.h"

namespace spread::world {
namespace {

using End = TaskPlan::End;

class Halted {
 public:
  explicit Halted(Case& it) : case_(it), scenario_(it.scenario), halt_(it.halt) {}

  void all() {
    nothing_is_begun();
    if (halt_.at_once) {
      ends_at_once();
    } else {
      nothing_is_killed();
    }
    status();
    if (!scenario_.joblog.empty()) joblog();
    output();
  }

 private:
  bool map() const { return scenario_.subcommand == "map"; }
  std::optional<Final> final_of(std::size_t i) const {
    bool unclear = false;
    return world::final_of(scenario_, scenario_.tasks[i], unclear);
  }
  bool was_final(std::size_t i) const {
    const auto end = final_of(i);
    return end && end->when <= halt_.when;
  }
  static std::string name(std::size_t i) { return "task " + std::to_string(i); }

  /// A start that a thread had begun cannot be called back; nor what had no room in a pipe.
  void nothing_is_begun() {
    const Time slack = 5 * kMillisecond;
    const Time starts = scenario_.faults.threads ? 5 * kSecond : slack;
    // Members are sent what their peers say, and tasks what has come of their sub-tasks.
    const bool talks = scenario_.gang.members > 0 || !scenario_.family.tasks.empty();
    const bool wide =
        !talks && scenario_.faults.pipe_capacity >= 4096 && scenario_.faults.pipe_piece_max >= 4096;
    for (const auto& process : case_.machine.processes()) {
      if (!process->child || process->words.front() == "spread-guard") continue;
      const std::string who = "process " + std::to_string(process->pid) + " ";
      if (process->began > halt_.when + starts) case_.say(who + "was started after --halt");
      const auto& input = process->pipes[0];
      if (wide && input && input->written_last > halt_.when + starts) {
        case_.say(who + "was sent something after --halt");
      }
    }
  }

  void nothing_is_killed() {
    for (std::size_t i = 0; map() && i < scenario_.tasks.size(); ++i) {
      for (const TaskPlan::Try& attempt : scenario_.tasks[i].tries) {
        if (attempt.end == End::Hang || !attempt.by->asked_to_end) continue;
        if (attempt.by->words.front() != "job") continue;  // a login may end when it has nothing
        case_.say(name(i) + " was killed, and --halt is soon");
      }
    }
  }

  void ends_at_once() {
    for (std::size_t i = 0; i < scenario_.tasks.size(); ++i) {
      for (const TaskPlan::Try& attempt : scenario_.tasks[i].tries) {
        const bool over = attempt.told || attempt.by->ended_at <= halt_.when + 5 * kMillisecond;
        const Time due = std::max(halt_.when, attempt.by->began) + 5 * kMillisecond;
        const auto& asked = attempt.by->asked_to_end;
        if (!over && (!asked || *asked > due)) case_.say(name(i) + " runs on after --halt now");
      }
    }
    const Time since =
        std::max({halt_.when, case_.outcome.out_read_last, case_.outcome.errors_read_last});
    const Time pauses = 2 * (scenario_.out.pause + scenario_.errors.pause);
    const Time due = 2 * scenario_.kill_grace + pauses + 5 * kSecond;
    if (case_.outcome.ended > since + due) {
      case_.say("ended " + std::to_string((case_.outcome.ended - since) / kMillisecond) +
                " ms after --halt now");
    }
  }

  void status() {
    const int got = *case_.outcome.status;
    const auto wrong = [&](const std::string& wanted) {
      case_.say("--halt " + scenario_.halt + ": exit status " + std::to_string(got) + ", not " +
                wanted);
    };
    if (halt_.why == "success") {
      if (got != 0) wrong("0");
    } else if (halt_.why == "fail" && halt_.percent) {
      if (got != static_cast<int>(halt_.count)) wrong(std::to_string(halt_.count));
    } else if (halt_.why == "fail" && halt_.count == 1) {
      if (!is_of_first_failure(got)) wrong(map() ? "that of the job" : "1");
    } else {
      std::size_t open = 0;
      for (std::size_t i = 0; i < scenario_.tasks.size(); ++i) {
        const auto end = final_of(i);
        open += end && end->success ? 0 : 1;
      }
      if (open > 0 && got == 0) wrong("0, for " + std::to_string(open) + " tasks were not done");
    }
  }

  bool is_of_first_failure(int got) const {
    if (!map()) return got == 1;
    for (std::size_t i = 0; i < scenario_.tasks.size(); ++i) {
      const auto end = final_of(i);
      if (end && !end->success && end->when <= halt_.when + kMillisecond && end->status == got) {
        return true;
      }
    }
    return false;
  }

  /// What was over has its line; of `map`, what was killed, or never begun, has none, so that
  /// --resume runs it.
  void joblog() {
    const auto file = case_.machine.files.find(scenario_.joblog);
    if (file == case_.machine.files.end()) return case_.say("there is no joblog");
    const std::vector<std::size_t> lines = lines_in_joblog(file->second->bytes);
    const std::set<std::size_t> logged(lines.begin(), lines.end());
    for (std::size_t i = 0; i < scenario_.tasks.size(); ++i) {
      const bool there = logged.contains(i);
      if (was_final(i) && !there) case_.say(name(i) + " was over, and is not in the joblog");
      if (map() && !may_have_failed(i) && !final_of(i) && there)
        case_.say(name(i) + " did not end, and is in the joblog");
      if (!halt_.at_once && final_of(i) && !there) {
        case_.say(name(i) + " could end, and is not in the joblog");
      }
    }
  }

  /// A try that fails when nothing more is begun is the last.
  bool may_have_failed(std::size_t i) const {
    const auto& tries = scenario_.tasks[i].tries;
    return std::any_of(tries.begin(), tries.end(),
                       [](const TaskPlan::Try& attempt) { return attempt.end != End::Ok; });
  }

  void output() {
    if (scenario_.out_file && scenario_.disk_fills) return;
    if (!scenario_.results.empty() || !scenario_.table.empty() || scenario_.ungrouped ||
        scenario_.one_place)
      return;
    const std::string& out = case_.outcome.out;
    for (std::size_t i = 0; i < scenario_.tasks.size(); ++i) {
      const auto end = final_of(i);
      if (!end || (halt_.at_once && end->when > halt_.when)) continue;
      if (!map() && !end->success) continue;
      if (!scenario_.pieces.gather.empty()) {
        if (!case_.delivered.contains(i)) case_.say(name(i) + " was over, and is not shown");
        continue;
      }
      const bool gang = scenario_.gang.members > 0;
      const std::string text =
          map() ? job_text(scenario_, i) : scenario_.tasks[i].value + (gang ? "/0/" : "\n");
      if (out.find(text) == std::string::npos) case_.say(name(i) + " was over, and is not shown");
    }
    if (map() && scenario_.ordered) in_order();
  }

  /// Of what was killed, the beginning may be shown.
  void in_order() {
    if (scenario_.faults.pipe_piece_max < 8 || scenario_.faults.pipe_capacity < 8) return;
    const std::string& out = case_.outcome.out;
    std::size_t at = 0;
    for (std::size_t i = 0; i < scenario_.tasks.size(); ++i) {
      const std::string text = job_text(scenario_, i);
      if (out.compare(at, text.size(), text) == 0) {
        at += text.size();
        continue;
      }
      std::size_t same = 0;
      while (same < text.size() && at + same < out.size() && text[same] == out[at + same]) ++same;
      const bool begun = same > text.find(':');
      if (begun && final_of(i) && was_final(i)) case_.say(name(i) + " was over, and is cut short");
      at += begun ? same : 0;
      if (begun && at < out.size() && out[at] == '\n') ++at;
    }
    if (at != out.size()) {
      case_.say("stdout is out of order from byte " + std::to_string(at) +
                " on: " + out.substr(at, 60));
    }
  }

  Case& case_;
  const Scenario& scenario_;
  const Halt& halt_;
};

}  // namespace

/// Of `map`: what it exits with because one job has failed.
void judge_first_failure(Case& it) {
  constexpr int kNotExecutable = 126;
  const bool first = it.halt.why == "fail" && it.halt.count == 1 && !it.halt.percent;
  if (!first || it.scenario.subcommand != "map" || *it.outcome.status == 0) return;
  for (const TaskPlan& task : it.scenario.tasks) {
    bool unclear = false;
    const bool refused = task.attempts.front() == End::Long;
    const auto end = final_of(it.scenario, task, unclear);
    if (end && !end->success && end->status == *it.outcome.status) return;
    if (refused && *it.outcome.status == kNotExecutable) return;
  }
  it.say("--halt " + it.scenario.halt + ": no job has the exit status " +
         std::to_string(*it.outcome.status));
}

void judge_halted(Case& it) { Halted(it).all(); }

}  // namespace spread::world
