#include "resume.h"

#include <algorithm>

#include "case.h"

namespace spread::world {
namespace {

constexpr int kOwnError = 255;

/// A joblog that has zeros between its lines is refused, before anything is begun.
std::vector<std::string> refused(const Scenario& scenario, const Outcome& outcome) {
  std::vector<std::string> found;
  for (const TaskPlan& task : scenario.tasks) {
    if (task.begun() > 0) found.push_back("resumed: it is refused, and yet something is begun");
  }
  if (outcome.errors.find(": this is no line of a joblog") == std::string::npos)
    found.push_back("resumed: it does not say what is wrong with the joblog");
  return found;
}

}  // namespace

StoppedRun stop_for_resume(Scenario& scenario, const Outcome& outcome,
                           std::map<std::string, std::string> files) {
  StoppedRun before;
  before.files = std::move(files);
  std::string& joblog = before.files[scenario.joblog];
  before.killed = outcome.why == "killed";
  if (before.killed) joblog.resize(joblog.size() - std::min(joblog.size(), scenario.torn));
  before.zeros = joblog.find('\0') != std::string::npos;
  for (const std::size_t task : lines_in_joblog(joblog)) before.logged.insert(task);
  for (TaskPlan& task : scenario.tasks) {
    task.tries.clear();
    task.finished = 0;
  }
  return before;
}

std::vector<std::string> resumed_words(const Scenario& scenario) {
  std::vector<std::string> words = scenario.words;
  words.insert(words.begin() + 2, "--resume");
  return words;
}

std::vector<std::string> judge_resumed(const Scenario& scenario, const StoppedRun& before,
                                       const Machine& machine, const Outcome& outcome) {
  std::vector<std::string> found;
  const auto say = [&](std::string what) { found.push_back("resumed: " + std::move(what)); };
  if (!outcome.status) {
    say(outcome.why);
    return found;
  }
  if (before.zeros && *outcome.status == kOwnError) return refused(scenario, outcome);
  std::string wanted;
  for (std::size_t i = 0; i < scenario.tasks.size(); ++i) {
    const TaskPlan& task = scenario.tasks[i];
    const bool done_before = before.logged.contains(i);
    const std::string name = "task " + std::to_string(i);
    if (done_before && task.begun() > 0) say(name + " is in the joblog, and is begun again");
    const bool can_begin = task.attempts.front() != TaskPlan::End::Long;
    if (!done_before && task.begun() == 0 && can_begin)
      say(name + " is not in the joblog, and is left out");
    if (!done_before && scenario.table.empty()) wanted += job_text(scenario, i);
  }
  if (scenario.ordered && outcome.out != wanted) {
    say(std::to_string(outcome.out.size()) + " bytes on stdout, not " +
        std::to_string(wanted.size()) + ", or others");
  }
  // Where the first run was killed, or the joblog could not be written, that and the table need not
  // have come equally far.
  if (!scenario.table.empty() && !before.killed && !before.joblog_failed) {
    Case it{scenario, machine, outcome};
    judge_table(it, true, true);
    for (const std::string& each : it.found) say(each);
  }
  std::vector<std::size_t> logged = lines_in_joblog(machine.files.at(scenario.joblog)->bytes);
  std::sort(logged.begin(), logged.end());
  const bool twice = std::adjacent_find(logged.begin(), logged.end()) != logged.end();
  if (twice || logged.size() != scenario.tasks.size()) {
    say("the joblog has " + std::to_string(logged.size()) + " lines for " +
        std::to_string(scenario.tasks.size()) + " tasks" + (twice ? ", some of them twice" : ""));
  }
  return found;
}

}  // namespace spread::world
