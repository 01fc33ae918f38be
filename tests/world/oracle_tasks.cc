// Of what became of each task, and the exit status.
#include <algorithm>

#include "case.h"

namespace spread::world {
namespace {

using End = TaskPlan::End;

class Tasks {
 public:
  explicit Tasks(Case& it) : case_(it) {}

  void tasks() {
    if (!case_.undisturbed() || case_.timed_out_by_readers()) return;
    std::size_t must_fail = 0, may_fail = 0;
    for (std::size_t i = 0; i < case_.scenario.tasks.size(); ++i) {
      const TaskPlan& task = case_.scenario.tasks[i];
      const Fate fate = fate_of(task);
      must_fail += fate == Fate::Fails ? 1 : 0;
      may_fail += fate == Fate::Either ? 1 : 0;
      const std::string name = "task " + std::to_string(i);
      if (fate == Fate::Succeeds && !case_.delivered.contains(i))
        case_.say(name + " has no result");
      if (fate == Fate::Succeeds && task.finished == 0) case_.say(name + " was never done");
      if (fate == Fate::Fails && case_.delivered.contains(i) &&
          case_.scenario.subcommand == "run") {
        case_.say(name + " cannot succeed, and has a result");
      }
    }
    summary();
    joblog();
    constexpr std::size_t kMost = 101;
    const auto least = static_cast<int>(std::min(must_fail, kMost));
    const auto most = static_cast<int>(std::min(must_fail + may_fail, kMost));
    if (*case_.outcome.status < least || *case_.outcome.status > most) {
      case_.say("exit status " + std::to_string(*case_.outcome.status) + ", not " +
                std::to_string(least) + " to " + std::to_string(most));
    }
  }

 private:
  /// However slowly stderr is read.
  void summary() {
    const Scenario& scenario = case_.scenario;
    if (*case_.outcome.status == 0 || scenario.errors.stops_after != SIZE_MAX) return;
    const bool map = scenario.subcommand == "map";
    const std::string words = " of " + std::to_string(scenario.tasks.size()) +
                              (map ? " jobs failed" : " tasks did not succeed");
    const std::string& told = scenario.one_place ? case_.outcome.out : case_.outcome.errors;
    if (told.find(words) == std::string::npos && scenario.tasks.size() > 1) {
      case_.say("it does not say how many failed");
    }
  }

  /// Of `run`: a line for each task.
  void joblog() {
    const Scenario& scenario = case_.scenario;
    if (scenario.joblog.empty() || scenario.subcommand != "run") return;
    const auto file = case_.machine.files.find(scenario.joblog);
    if (file == case_.machine.files.end()) return case_.say("there is no joblog");
    std::vector<std::size_t> lines = lines_in_joblog(file->second->bytes);
    std::sort(lines.begin(), lines.end());
    bool right = lines.size() == scenario.tasks.size();
    for (std::size_t i = 0; right && i < lines.size(); ++i) right = lines[i] == i;
    if (!right) case_.say("the joblog has not a line for each task");
  }

  enum class Fate : std::uint8_t { Succeeds, Fails, Either };

  /// Tries in all: --retries, for a crash --crash-retries; `map` knows one kind. That a worker
  /// which has never answered dies is held against the worker, and not counted.
  /// What is below a task may take it along so often that it is lost.
  Fate fate_of(const TaskPlan& task) const {
    if (!task.submits.empty() && may_kill(case_.scenario, task)) return Fate::Either;
    unsigned errors = 0, crashes = 0;
    for (const End end : task.attempts) {
      const bool too_many = crashes >= case_.scenario.crash_retries;
      if (end == End::Ok) return too_many ? Fate::Either : Fate::Succeeds;
      if (end == End::Busy) continue;
      const bool crash = case_.scenario.subcommand == "run" &&
                         (end == End::Crash || end == End::Mute || end == End::Deaf);
      if (crash) {
        ++crashes;
      } else if (++errors >= case_.scenario.retries) {
        return Fate::Fails;
      }
    }
    return Fate::Fails;
  }

  Case& case_;
};

}  // namespace

void judge_tasks(Case& it) { Tasks(it).tasks(); }

}  // namespace spread::world
