#include "spread/engine/kept_tasks.h"

namespace spread {

Status KeptTasks::add(TaskId task, const ResumePlan::Decision& decision) {
  // What follows the last one that can be kept is no concern of this.
  if (!is_kept(decision.fate) && decision.fate == Fate::Further) return {};
  known_ = number(task) + 1;
  if (!is_kept(decision.fate)) {
    open_.insert(open_.end(), task);
    return {};
  }
  ready_ = true;
  return places_.set(number(task),
                     {static_cast<std::uint64_t>(decision.outcome) + 1, decision.place});
}

Status KeptTasks::hand_on(RunMode& mode, const OutputWriter& output) {
  constexpr int kPerTurn = 10000;
  ready_ = false;
  for (int n = 0; next_ < known_; ++next_) {
    const TaskId task{next_};
    if (open_.contains(task)) {
      if (ordered_) return {};
      continue;
    }
    const auto entry = places_.get(next_);
    if (!entry) return tl::unexpected(entry.error());
    if (entry->first == 0) continue;  // it was run, and has gone out
    // What is full now may have room before the turn is over, and then nothing else wakes the loop.
    if (!has_room(mode, output) || ++n > kPerTurn) {
      ready_ = true;
      return {};
    }
    JournalAnswer answer;
    answer.outcome = static_cast<Outcome>(entry->first - 1);
    if (entry->second != 0) {
      auto found = journal_.answer(entry->second);
      if (!found) return tl::unexpected(found.error());
      answer = *found;
    }
    answer.task = task;
    SPREAD_TRY(mode.hand_on_kept(answer));
  }
  return {};
}

}  // namespace spread
