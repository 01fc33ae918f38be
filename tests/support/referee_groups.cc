// What the Referee knows of gangs and of sub-tasks.
#include <algorithm>
#include <iterator>
#include <utility>

#include "referee.h"

namespace spread::simulation {

// ---------------------------------------------------------------- gangs

/// All places of a gang are given in a row, each to a worker that has nothing else.
void Referee::see_place(const SendTask& action) {
  WorkerBook& to = worker(action.worker);
  const std::string what = name(action.task) + " to " + name(action.worker) + ": ";
  if (action.place.rank == 0) check_gangs();
  GangBook& gang = gangs_[action.place.gang];
  if (action.place.rank == 0) {
    for (const auto& [id, other] : gangs_) {
      expect(other.size == 0 || other.task != action.task || other.broken,
             what + "its gang is under way already");
    }
    expect(gang.size == 0, what + "a gang is begun twice");
    gang.task = action.task;
    gang.size = action.place.size;
    ++task(action.task).sends;
    const std::uint32_t own = task(action.task).gang;
    const std::uint32_t wanted = own > 0 ? own : options_.gang;
    expect(gang.size > 0 && gang.size <= wanted, what + "a gang of the wrong size");
    const auto closed = [](const WorkerBook& each) { return each.closed; };
    const std::size_t open = workers_.size() - static_cast<std::size_t>(std::count_if(
                                                   workers_.begin(), workers_.end(), closed));
    expect(gang.size == wanted || (own == 0 && !options_.exact_gangs && gang.size == open),
           what + "a gang is smaller than it could be");
  }
  expect(action.place.rank == gang.places && gang.task == action.task &&
             action.place.size == gang.size,
         what + "its rank is " + std::to_string(action.place.rank));
  expect(to.in_flight.empty(), what + "it has something else to do");
  ++gang.places;
  gang.owing.push_back(action.worker);
  to.gang = action.place.gang;
  to.rank = action.place.rank;
}

/// What this member has done ends the attempt. False: it had ended before.
bool Referee::breaks_gang(WorkerBook& member) {
  return !std::exchange(gangs_.at(member.gang).broken, true);
}

void Referee::leave_gang(WorkerBook& member) {
  GangBook& gang = gangs_.at(member.gang);
  std::erase_if(gang.owing, [&](WorkerId each) { return &worker(each) == &member; });
  member.gang = kNoGang;
  member.in_flight.clear();
}

/// No action comes between the places of one gang; and that one is broken is told with the event
/// that breaks it.
void Referee::check_gangs() {
  for (auto at = gangs_.begin(); at != gangs_.end();) {
    const GangBook& gang = at->second;
    const std::string what = "gang " + std::to_string(number(at->first)) + " ";
    expect(gang.places == gang.size, what + "has not all of its places");
    expect(gang.broken == gang.told, what + "is broken, and that is not told");
    at = gang.owing.empty() ? gangs_.erase(at) : std::next(at);
  }
}

void Referee::see(const GangBroken& action) {
  const std::string what = "gang " + std::to_string(number(action.gang)) + " ";
  const auto found = gangs_.find(action.gang);
  if (found == gangs_.end()) return problem(what + "is broken and has no members");
  GangBook& gang = found->second;
  expect(!gang.told, what + "is broken twice");
  expect(!action.reason.empty(), what + "is broken for no reason");
  const bool clock = !std::exchange(gang.broken, true);
  expect(clock == (action.rank == kNoRank), what + "is broken by the wrong one");
  expect(!clock || options_.failure.timeout || options_.failure.timeout_percent,
         what + "is broken though none of its members has done anything");
  gang.told = true;
}

void Referee::see(const GangShrinks& action) {
  expect(action.size < options_.gang && action.waits == options_.exact_gangs,
         "gangs shrink for no reason");
}

// ---------------------------------------------------------------- sub-tasks

void Referee::before(const SubtasksArrived& event) {
  const WorkerBook& from = worker(event.worker);
  const bool under_way =
      std::find(from.in_flight.begin(), from.in_flight.end(), event.parent) != from.in_flight.end();
  if (under_way && !task(event.parent).dropped) proven_[from.key] = true;
  for (const SubtasksArrived::Subtask& each : event.subtasks) {
    const std::size_t place = number(each.id) - kFirstSubtask;
    if (place >= subtasks_.size()) subtasks_.resize(place + 1);
    TaskBook& book = subtasks_[place];
    book.parent = event.parent;
    book.depth = is_subtask(event.parent) ? task(event.parent).depth + 1 : 1;
    book.dropped = !under_way || task(event.parent).dropped;
    if (!book.dropped) task(event.parent).children.push_back(each.id);
  }
}

void Referee::before(const TaskWaits& event) {
  WorkerBook& at = worker(event.worker);
  for (WorkerBook::Waiting& each : at.waiting) {
    if (each.tasks.front() != event.task) continue;
    each.ends = !event.waits;
    return go_on(at);
  }
  if (!event.waits) return;
  if (at.phase != WorkerBook::Phase::Live || std::erase(at.in_flight, event.task) == 0) return;
  at.in_flight.push_front(event.task);
  at.waiting.push_back({std::exchange(at.in_flight, {}), false});
}

/// What waits goes on when it has what it waited for and nothing runs inside of it.
void Referee::go_on(WorkerBook& at) {
  if (!at.in_flight.empty() || at.waiting.empty() || !at.waiting.back().ends) return;
  at.in_flight = std::move(at.waiting.back().tasks);
  at.waiting.pop_back();
}

void Referee::unwind_last(WorkerBook& at) {
  const std::deque<TaskId>& outer = at.waiting.back().tasks;
  at.in_flight.insert(at.in_flight.end(), outer.begin(), outer.end());
  at.waiting.pop_back();
}

void Referee::unwind(WorkerBook& at) {
  while (!at.waiting.empty()) unwind_last(at);
}

bool Referee::is_below(TaskId id, TaskId parent) {
  while (is_subtask(id)) {
    id = task(id).parent;
    if (id == parent) return true;
  }
  return false;
}

/// An attempt is over, and what it has submitted with it.
void Referee::end_family(TaskId parent) {
  for (const TaskId child : std::exchange(task(parent).children, {})) {
    if (task(child).deliveries > 0) continue;
    task(child).dropped = true;
    dropped_now_.push_back(child);
    end_family(child);
  }
}

void Referee::see(const FamilyEnded& action) {
  expect(task(action.parent).children.empty(),
         "the sub-tasks of " + name(action.parent) + " are dropped while it is under way");
}

/// A sub-task goes to a worker that has nothing else, or inside of what waits for it.
void Referee::see_subtask(const SendTask& action) {
  WorkerBook& to = worker(action.worker);
  const TaskBook& sent = task(action.task);
  const std::string what = name(action.task) + " to " + name(action.worker) + ": ";
  expect(to.in_flight.empty(), what + "a sub-task is sent behind another task");
  expect(!sent.dropped, what + "sent although what has submitted it is over");
  expect(action.parent == sent.parent && action.depth == sent.depth, what + "its place is wrong");
  expect(task(sent.parent).holder != kNoWorker, what + "its parent is not under way");
  if (to.waiting.empty()) return;
  expect(is_below(action.task, to.waiting.back().tasks.front()),
         what + "it is not below what waits there");
}

}  // namespace spread::simulation
