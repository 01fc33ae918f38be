#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "spread/api/task.h"

namespace spread {

/// How far tasks and their sub-tasks are (docs/subtasks.md, "Progress"): what a task has said of
/// itself and, of the rest, the share that the sub-tasks of its present attempt have done, each as
/// much as any other. Holds something for each `submit`, and for each task that has said something.
class SubtaskProgress {
 public:
  struct Changed {
    TaskId task{};
    double fraction = 0;  ///< 0 to 1; it falls where something begins again
  };
  /// The tasks above, the innermost first, as far as they have changed by a hundredth since they
  /// were told last, or are at 1.
  using Above = std::vector<Changed>;

  /// A task under way has submitted so many sub-tasks, whose ids follow each other.
  void submitted(TaskId parent, TaskId first, std::size_t count);
  /// A task says of itself that it is so far. Returns how far it is with its sub-tasks.
  double said(TaskId task, double fraction, Above& above);
  /// A sub-task is final, whatever has come of it, and its attempt has ended.
  void finished(TaskId subtask, Above& above);
  /// The attempt of a task is over, and what it has submitted with it.
  void ended(TaskId task);
  bool empty() const { return tasks_.empty(); }

 private:
  struct Progress {
    double own = 0;
    double done = 0;  ///< sum over its sub-tasks
    std::size_t subtasks = 0;
    double told = 0;
    std::vector<TaskId> batches = {};  ///< the first id of each
    double whole() const;
  };
  struct Batch {
    TaskId parent{};
    std::size_t count = 0;
  };
  std::optional<TaskId> parent_of(TaskId task) const;
  void add(TaskId task, double more, Above* above);

  std::map<TaskId, Progress> tasks_;
  std::map<TaskId, Batch> batches_;  ///< by the first id
};

}  // namespace spread
