// Of sub-tasks: what their parents have heard of them, when, and that they end with these.
#include <algorithm>

#include "case.h"
#include "process.h"

namespace spread::world {
namespace {

using End = TaskPlan::End;

/// This task, or one below it, has one of these in its plan.
bool any_of(const Scenario& scenario, const TaskPlan& task, bool (*is)(End)) {
  if (std::any_of(task.attempts.begin(), task.attempts.end(), is)) return true;
  for (const SubmitPlan& submit : task.submits) {
    for (const std::size_t part : submit.which) {
      if (any_of(scenario, scenario.plan_of(part), is)) return true;
    }
  }
  return false;
}

bool kills(End end) {
  return end == End::Crash || end == End::Mute || end == End::Deaf || end == End::Hang;
}

class Families {
 public:
  explicit Families(Case& it)
      : case_(it), scenario_(it.scenario), stays_(it.scenario.family.stays) {}

  void all() {
    for (std::size_t i = 0; i < stays_.size(); ++i) is_what_was_submitted(i);
    if (!case_.undisturbed()) return;
    for (std::size_t i = 0; i < stays_.size(); ++i) {
      const Stay& stay = stays_[i];
      for (const std::size_t part : stay.failed) {
        const bool may = any_of(scenario_, scenario_.plan_of(part),
                                [](End end) { return end != End::Ok && end != End::Busy; });
        if (!may) say(i, "hears that " + std::to_string(part) + " has failed");
      }
      if (stay.dropped && parent(stay) && !attempt_above_is_over(stay))
        say(i, "was dropped, and is wanted");
      if (parent(stay)) ends_with_its_parent(i);
      for (const Stay::Wait& wait : stay.waits) told_in_time(i, wait);
    }
  }

 private:
  void say(std::size_t stay, const std::string& what) {
    case_.say("stay " + std::to_string(stay) + " (task " + std::to_string(stays_[stay].task) +
              ") " + what);
  }

  /// The stay that has submitted it; nothing: it has not heard the id, or there is none.
  std::optional<std::size_t> parent(const Stay& stay) const {
    const auto found = scenario_.family.submitted.find(stay.id);
    if (found == scenario_.family.submitted.end()) return std::nullopt;
    return found->second.by;
  }

  /// It is told whose it is, and runs inside of nothing but what it is below.
  void is_what_was_submitted(std::size_t number) {
    const Stay& stay = stays_[number];
    if (!stay.is_part()) return;
    bool below = !stay.inside;
    for (auto up = parent(stay); up && !below; up = parent(stays_[*up])) {
      below = *up == *stay.inside;
      // It has died before it has heard of it.
      below |= stays_[*up].is_part() && !parent(stays_[*up]);
    }
    const auto by = parent(stay);
    if (!by) return;
    const FamilyPlan::Submitted& submitted = scenario_.family.submitted.at(stay.id);
    if (!below) say(number, "runs inside of stay " + std::to_string(*stay.inside));
    if (submitted.task != stay.task || submitted.common != stay.common ||
        stays_[*by].id != stay.parent || stays_[*by].depth + 1 != stay.depth)
      say(number, "is told what is not so");
  }

  /// When the program knew that this attempt was over, if it did.
  std::optional<Time> over(const Stay& stay) const {
    return stay.over ? stay.over : stay.by->reaped_at;
  }

  bool attempt_above_is_over(const Stay& stay) const {
    for (auto up = parent(stay); up; up = parent(stays_[*up])) {
      if (over(stays_[*up])) return true;
    }
    return false;
  }

  /// For an attempt that is over nothing is begun, nor gone on with after --kill-grace. A process
  /// that prepares itself, or reads nothing because of what it does, begins later.
  void ends_with_its_parent(std::size_t number) {
    const Stay& stay = stays_[number];
    const std::optional<Time> unwanted = over(stays_[*parent(stay)]);
    if (!unwanted) return;
    const Time slack = kSecond + scenario_.worker.preparation + scenario_.host.delay;
    if (stay.began > *unwanted + slack) say(number, "was begun for an attempt that was over");
    const Time due = std::max(*unwanted, stay.began) + scenario_.kill_grace + slack;
    const bool asked = stay.by->asked_to_end.has_value();
    if (over(stay).value_or(stay.by->ended_at) > due && !asked) {
      say(number, "goes on for an attempt that was over");
    }
  }

  /// When all that it waits for has been answered, it has the reply, unless something that runs
  /// inside of it keeps it from reading.
  void told_in_time(std::size_t number, const Stay::Wait& wait) {
    if (wait.ids.empty()) return;
    Time since = wait.from;
    for (const std::uint64_t id : wait.ids) {
      std::optional<Time> told;
      for (const Stay& each : stays_) {
        if (each.id == id && each.ok && each.attempt->told) told = each.attempt->told;
      }
      if (!told) return;
      since = std::max(since, *told);
    }
    const Stay& waits = stays_[number];
    const Time until = wait.to.value_or(waits.by->ended_at);
    for (const Stay& each : stays_) {
      const Time end = over(each).value_or(each.by->ended_at);
      if (each.by == waits.by && each.began >= wait.from && each.began <= until)
        since = std::max(since, std::min(end, until));
    }
    if (until > since + kSecond) {
      say(number,
          "waits for what was there " + std::to_string((until - since) / kMillisecond) + " ms ago");
    }
  }

  Case& case_;
  const Scenario& scenario_;
  const std::deque<Stay>& stays_;
};

}  // namespace

bool may_kill(const Scenario& scenario, const TaskPlan& task) {
  return any_of(scenario, task, kills);
}

void judge_families(Case& it) { Families(it).all(); }

}  // namespace spread::world
