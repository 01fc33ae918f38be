#include "spread/subtasks/subtask_progress.h"

#include <cmath>

namespace spread {
namespace {

/// A task with a million sub-tasks is not told a million times.
constexpr double kStep = 0.01;

}  // namespace

double SubtaskProgress::Progress::whole() const {
  return subtasks == 0 ? own : own + (1 - own) * done / static_cast<double>(subtasks);
}

void SubtaskProgress::submitted(TaskId parent, TaskId first, std::size_t count) {
  if (count == 0) return;
  Progress& progress = tasks_[parent];
  const double before = progress.whole();
  progress.subtasks += count;
  progress.batches.push_back(first);
  batches_[first] = {parent, count};
  if (const auto up = parent_of(parent)) add(*up, progress.whole() - before, nullptr);
}

double SubtaskProgress::said(TaskId task, double fraction, Above& above) {
  Progress& progress = tasks_[task];
  const double before = progress.whole();
  progress.own = fraction;
  progress.told = progress.whole();
  if (const auto up = parent_of(task)) add(*up, progress.told - before, &above);
  return progress.told;
}

void SubtaskProgress::finished(TaskId subtask, Above& above) {
  if (const auto up = parent_of(subtask)) add(*up, 1, &above);
}

void SubtaskProgress::ended(TaskId task) {
  const auto found = tasks_.find(task);
  if (found == tasks_.end()) return;
  const Progress progress = found->second;
  tasks_.erase(found);
  for (const TaskId first : progress.batches) {
    const TaskId end{number(first) + batches_.at(first).count};
    while (true) {
      const auto child = tasks_.lower_bound(first);
      if (child == tasks_.end() || child->first >= end) break;
      ended(child->first);
    }
    batches_.erase(first);
  }
  if (const auto up = parent_of(task)) add(*up, -progress.whole(), nullptr);
}

/// Nothing: it is none that is known.
std::optional<TaskId> SubtaskProgress::parent_of(TaskId task) const {
  auto batch = batches_.upper_bound(task);
  if (batch == batches_.begin()) return std::nullopt;
  --batch;
  const bool in_it = number(task) < number(batch->first) + batch->second.count;
  return in_it ? std::optional(batch->second.parent) : std::nullopt;
}

/// What its sub-tasks have done is more by so much, or less; and so on upwards.
void SubtaskProgress::add(TaskId task, double more, Above* above) {
  const auto found = tasks_.find(task);
  if (found == tasks_.end()) return;
  Progress& progress = found->second;
  const double before = progress.whole();
  progress.done += more;
  double whole = progress.whole();
  // Sums of fractions are not exact.
  constexpr double kNearly = 1e-9;
  if (whole > 1 - kNearly) whole = 1;
  if (above != nullptr && (std::abs(whole - progress.told) >= kStep || whole == 1)) {
    progress.told = whole;
    above->push_back({task, whole});
  }
  if (const auto up = parent_of(task)) add(*up, progress.whole() - before, above);
}

}  // namespace spread
