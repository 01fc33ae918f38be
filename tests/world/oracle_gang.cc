// Of gangs: what their results are made of, and what their members have heard of each other.
#include <algorithm>
#include <cstdlib>

#include "case.h"
#include "process.h"
#include "wire.h"

namespace spread::world {
namespace {

using End = TaskPlan::End;

/// What stands in a result, by rank; none if it is not of the form that was asked for.
std::vector<std::string> answers_in(const GangPlan& gang, const std::string& line) {
  if (gang.gather == "root") return {line};
  const bool map = gang.gather == "map";
  std::vector<std::string> answers;
  if (line.front() != (map ? '{' : '[')) return {};
  for (std::string each : elements(line)) {
    const std::string key = "\"" + std::to_string(answers.size()) + "\":";
    if (map && !each.starts_with(key)) return {};
    if (map) each.erase(0, key.size());
    while (each.starts_with(" ")) each.erase(0, 1);
    answers.push_back(bare(each));
  }
  return answers;
}

class Gangs {
 public:
  explicit Gangs(Case& it) : case_(it), scenario_(it.scenario), gang_(it.scenario.gang) {}

  /// All members of one attempt have answered with a value, and each is in its place.
  bool is_result(std::size_t task, const std::vector<std::string>& answers) const {
    const Visit* root = nullptr;
    for (std::size_t rank = 0; rank < answers.size(); ++rank) {
      std::string begin = scenario_.tasks[task].value + "/" + std::to_string(rank);
      if (scenario_.journal.there && answers[rank] != begin) return false;
      if (scenario_.journal.there) continue;
      begin += "/";
      if (!answers[rank].starts_with(begin)) return false;
      const auto number =
          static_cast<std::size_t>(std::atoll(answers[rank].c_str() + begin.size()));
      if (number >= gang_.visits.size()) return false;
      const Visit& visit = gang_.visits[number];
      if (rank == 0) root = &visit;
      const bool all = gang_.gather == "root" || visit.size == answers.size();
      if (!visit.ok || visit.refused || visit.gang != root->gang || !all) return false;
    }
    return root != nullptr || scenario_.journal.there;
  }

  void all() {
    if (case_.too_few_slots()) return nothing_is_begun();
    if (!case_.calm()) return;
    const std::deque<Visit>& visits = gang_.visits;
    for (std::size_t i = 0; i < visits.size(); ++i) {
      const Visit& visit = visits[i];
      if (visit.refused && all_do_well(visit.task)) say(i, "was refused, and none has failed");
      const bool ended = !visit.waits.empty() && !visit.waits.back().to;
      if (ended && case_.undisturbed()) say(i, "was ended while it waited for others");
      if (const auto failed = failure_of(visit)) told_in_time(visit, *failed);
      const std::uint64_t size = std::min(gang_.members, scenario_.slots);
      const bool given = !scenario_.host.there && scenario_.faults.signals_at.empty() &&
                         scenario_.faults.descriptors_max >= 1024;
      if (given && visit.size != size) say(i, "is one of " + std::to_string(visit.size));
      if (visit.attempt != nullptr && case_.undisturbed()) names_the_member(visit);
    }
  }

 private:
  void nothing_is_begun() {
    constexpr int kNotComputed = 255;
    if (!gang_.visits.empty()) case_.say("a gang has been begun without all of its members");
    // A slot more may come, and a signal ends it before.
    const bool clear = case_.machine.end_signals.empty() && scenario_.faults.signals_at.empty();
    const int wanted = scenario_.tasks.empty() ? 0 : kNotComputed;
    if (clear && !case_.reader_left() && *case_.outcome.status != wanted)
      case_.say("exit status " + std::to_string(*case_.outcome.status) +
                ", and gangs are too small");
  }

  void say(std::size_t visit, const std::string& what) {
    case_.say("visit " + std::to_string(visit) + " (task " +
              std::to_string(gang_.visits[visit].task) + ", rank " +
              std::to_string(gang_.visits[visit].rank) + ") " + what);
  }

  bool all_do_well(std::size_t task) const {
    const std::vector<End>& ends = scenario_.tasks[task].attempts;
    return std::all_of(ends.begin(), ends.end(), [](End end) { return end == End::Ok; });
  }

  /// When the program could know that a member has not done what its peers wait for.
  std::optional<Time> failure_of(const Visit& culprit) const {
    if (culprit.attempt == nullptr) return std::nullopt;
    switch (culprit.attempt->end) {
      case End::Ok: return std::nullopt;
      case End::Hang:
        // While what is written is not read, time-outs stand still.
        if (scenario_.out.pause > 0 || scenario_.errors.pause > 0) return std::nullopt;
        return culprit.began + scenario_.timeout;
      case End::Strange: return culprit.waits.empty() ? std::nullopt : culprit.waits.back().to;
      case End::Crash:
        // Where its pipes are held, or not read while stderr has no room, that is not seen at once.
        if (scenario_.worker.grandchild || scenario_.errors.pause > 0) return std::nullopt;
        return culprit.by->reaped_at;
      case End::Mute:
      case End::Deaf: return std::nullopt;  // the program waits for more of them
      default: return culprit.told;
    }
  }

  /// Each that waits when a member has failed is refused.
  void told_in_time(const Visit& culprit, Time failed) {
    if (!case_.undisturbed()) return;
    for (std::size_t i = 0; i < gang_.visits.size(); ++i) {
      const Visit& peer = gang_.visits[i];
      if (peer.task != culprit.task || &peer == &culprit) continue;
      for (const Visit::Wait& wait : peer.waits) {
        const Time until = wait.to.value_or(peer.by->ended_at);
        if (wait.from <= failed && until > failed + kSecond)
          say(i, "has waited since " + std::to_string(wait.from / kMillisecond) + " ms, for " +
                     std::to_string((until - failed) / kMillisecond) +
                     " ms after the failure of process " + std::to_string(culprit.by->pid));
      }
    }
  }

  /// The line about a task that was not done says which member that was.
  void names_the_member(const Visit& culprit) {
    const TaskPlan& task = scenario_.tasks[culprit.task];
    if (culprit.attempt != &task.tries.back() || culprit.attempt->end == End::Ok) return;
    const std::string& told = case_.outcome.errors;
    const std::size_t begin =
        told.find("spread: task " + std::to_string(culprit.task + 1) + " (line ");
    if (begin == std::string::npos) return;
    const std::string line = told.substr(begin, told.find('\n', begin) - begin);
    const End end = culprit.attempt->end;
    // Of these its peers hear, and one of them may answer first.
    const bool any = end == End::Early || end == End::Strange;
    const std::string wanted = any ? "rank " : "rank " + std::to_string(culprit.rank) + ": ";
    if (line.find(wanted) == std::string::npos) case_.say("no \"" + wanted + "\" in: " + line);
  }

  Case& case_;
  const Scenario& scenario_;
  const GangPlan& gang_;
};

}  // namespace

std::string value_of_gang(Case& it, const std::string& line) {
  const std::vector<std::string> answers = answers_in(it.scenario.gang, line);
  if (answers.empty()) return line;
  const auto task = static_cast<std::size_t>(std::atoll(answers[0].c_str()));
  const bool right = task < it.scenario.tasks.size() && Gangs(it).is_result(task, answers);
  return right ? it.scenario.tasks[task].value : line;
}

void judge_gangs(Case& it) { Gangs(it).all(); }

}  // namespace spread::world
