#include "journal_units.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "wire.h"

namespace spread::world {
namespace {

using End = TaskPlan::End;

bool kills_worker(End end) { return end == End::Crash || end == End::Mute || end == End::Deaf; }

/// How the last of its tries goes.
End last_end(const Scenario& scenario, const TaskPlan& task) {
  unsigned errors = 0, crashes = 0;
  for (std::size_t i = 0;; ++i) {
    const End end = task.attempts[std::min(i, task.attempts.size() - 1)];
    if (end == End::Ok || end == End::Long) return end;
    if (end == End::Busy) continue;
    const bool crash = scenario.subcommand == "run" && kills_worker(end);
    const unsigned most = crash ? scenario.crash_retries : scenario.retries;
    if (++(crash ? crashes : errors) >= most) return end;
  }
}

/// What stands in front of the value of a gang's first member.
std::string before_value(const GangPlan& gang) {
  if (gang.members == 0 || gang.gather == "root") return "";
  return gang.gather == "map" ? R"({"0":")" : R"([")";
}

std::string value_of(const Scenario& scenario, const TaskPlan& task) {
  const GangPlan& gang = scenario.gang;
  if (gang.members == 0) return task.value;
  if (gang.gather == "root") return task.value + "/0";
  const bool map = gang.gather == "map";
  std::vector<std::string> answers;
  for (std::uint64_t rank = 0; rank < std::min(gang.members, scenario.slots); ++rank) {
    const std::string key = map ? quoted(std::to_string(rank)) + ":" : "";
    answers.push_back(key + quoted(task.value + "/" + std::to_string(rank)));
  }
  std::string text = list(answers);
  if (map) text.front() = '{', text.back() = '}';
  return text;
}

Unit unit_of(const Scenario& scenario, std::size_t index) {
  const TaskPlan& task = scenario.tasks[index];
  const End end = last_end(scenario, task);
  const bool ok = end == End::Ok;
  if (scenario.subcommand == "run") return {(ok ? value_of(scenario, task) : "") + "\n", ok};
  std::string text = ok || end == End::Error ? task.value + "\n" : task.half();
  if (end == End::Long) text.clear();
  if (scenario.tag && !text.empty()) text = std::to_string(index) + "\t" + text;
  return {std::move(text), ok};
}

}  // namespace

std::vector<Unit> units_of(const Scenario& scenario) {
  std::vector<Unit> units;
  for (std::size_t i = 0; i < scenario.tasks.size(); ++i) units.push_back(unit_of(scenario, i));
  return units;
}

std::size_t unit_at(const Scenario& scenario, const std::string& out, std::size_t at) {
  const std::string before = before_value(scenario.gang);
  if (out.compare(at, before.size(), before) != 0) return SIZE_MAX;
  at += before.size();
  if (at >= out.size() || std::isdigit(static_cast<unsigned char>(out[at])) == 0) return SIZE_MAX;
  return static_cast<std::size_t>(std::atol(out.c_str() + at));
}

std::set<std::size_t> begun_tasks(const Scenario& scenario) {
  std::set<std::size_t> begun;
  for (std::size_t i = 0; i < scenario.tasks.size(); ++i) {
    if (scenario.tasks[i].begun() > 0) begun.insert(i);
  }
  for (const Visit& visit : scenario.gang.visits) begun.insert(visit.task);
  // That was no try of any of them.
  for (const auto& list : scenario.pieces.failed)
    begun.insert(list.tasks.begin(), list.tasks.end());
  return begun;
}

void begin_anew(Scenario& scenario) {
  const auto forget = [](auto& tasks) {
    for (TaskPlan& task : tasks) {
      task.tries.clear();
      task.finished = 0;
    }
  };
  forget(scenario.tasks);
  forget(scenario.family.tasks);
  scenario.family.stays.clear();
  scenario.family.submitted.clear();
  scenario.gang.visits.clear();
  scenario.pieces.failed.clear();
  scenario.pieces.suspected.clear();
  scenario.pieces.heard.clear();
  scenario.filtered.clear();
  scenario.said = 0;
}

}  // namespace spread::world
