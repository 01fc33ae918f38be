#include "oracle.h"

#include <algorithm>
#include <cstdlib>

#include "case.h"

namespace spread::world {

using End = TaskPlan::End;

bool Case::reader_left() const {
  return scenario.out.closes && scenario.out.stops_after != SIZE_MAX && !scenario.out_file;
}

bool Case::nothing_could_start() const {
  return scenario.faults.start_fails_one_in > 0 || scenario.worker.starts_badly_one_in > 0 ||
         scenario.pieces.reprep_fails_one_in > 0;
}

bool Case::any_end(bool (*is)(End)) const {
  const auto has = [&](const TaskPlan& task) {
    return is(task.in_company) || std::any_of(task.attempts.begin(), task.attempts.end(), is);
  };
  return std::any_of(scenario.tasks.begin(), scenario.tasks.end(), has) ||
         std::any_of(scenario.family.tasks.begin(), scenario.family.tasks.end(), has);
}

bool Case::may_be_silent() const {
  return any_end([](End end) { return end == End::Hang || end == End::Mute || end == End::Deaf; });
}

bool Case::has_begun() const {
  return std::any_of(machine.processes().begin(), machine.processes().end(), [](const auto& each) {
    return each->child && each->words.front() != "spread-guard";
  });
}

bool Case::timed_out_by_readers() const {
  return scenario.ungrouped && scenario.timeout > 0 &&
         2 * std::max(scenario.out.pause, scenario.errors.pause) > scenario.timeout;
}

bool Case::too_few_slots() const {
  return scenario.gang.exact && scenario.gang.members > scenario.slots;
}

bool Case::calm() const {
  return !excused && !too_few_slots() && !signalled() && !reader_left() && !nothing_could_start() &&
         !scenario.host.loses() && !machine.disk_was_full &&
         scenario.worker.answers_wrongly_one_in == 0 &&
         // Nothing leaves before the end, so that no room left is an error.
         !(scenario.pieces.held() && scenario.spill_fills) &&
         // A job whose output had to be passed on early is not tried again.
         !(scenario.subcommand == "map" && scenario.spill_fills && scenario.retries > 1);
}

bool Case::undisturbed() const { return calm() && halt.state == Halt::State::None; }

std::string last_text(const TaskPlan& task) {
  const std::size_t tries =
      std::min<std::size_t>(std::max<std::size_t>(task.begun(), 1), task.attempts.size());
  const End end = task.attempts[tries - 1];
  if (end == End::Long) return "";
  const bool whole = end == End::Ok || end == End::Error;
  return whole ? task.value + "\n" : task.half();
}

std::string job_text(const Scenario& scenario, std::size_t task) {
  const std::string text = last_text(scenario.tasks[task]);
  return scenario.tag && !text.empty() ? std::to_string(task) + "\t" + text : text;
}

std::vector<std::string> judge(const Scenario& scenario, const Machine& machine,
                               const Outcome& outcome) {
  return machine.failed ? judge_failed(scenario, machine, outcome)
                        : judge_as(scenario, machine, outcome, false);
}

std::vector<std::string> judge_as(const Scenario& scenario, const Machine& machine,
                                  const Outcome& outcome, bool excused) {
  Case it{scenario, machine, outcome};
  it.excused = excused;
  for (const std::string& each : scenario.nonsense) it.say(each);
  for (const std::string& each : machine.complaints) it.say(each);
  if (!outcome.status && outcome.why == "killed") {
    judge_killed(it);
  } else if (!outcome.status) {
    // A signal that comes before the run has begun does what it does to any process.
    if (!outcome.why.starts_with("killed by signal") || it.has_begun()) it.say(outcome.why);
  } else {
    judge_ending(it);
    judge_output(it);
    if (it.calm() && it.halt.reached()) judge_halted(it);
    if (it.calm()) judge_first_failure(it);
    if (scenario.gang.members > 0) judge_gangs(it);
    judge_families(it);
    if (scenario.subcommand == "run" || scenario.subcommand == "map") judge_tasks(it);
  }
  return it.found;
}

std::vector<std::size_t> lines_in_joblog(const std::string& joblog) {
  std::vector<std::size_t> tasks;
  std::size_t begin = 0;
  for (std::size_t end = joblog.find('\n'); end != std::string::npos;
       end = joblog.find('\n', begin)) {
    const int sequence = std::atoi(joblog.substr(begin, end - begin).c_str());
    if (sequence > 0) tasks.push_back(static_cast<std::size_t>(sequence - 1));
    begin = end + 1;
  }
  return tasks;
}

}  // namespace spread::world
