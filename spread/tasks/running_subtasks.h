#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "spread/core/event.h"
#include "spread/subtasks/subtask_book.h"
#include "spread/subtasks/subtask_progress.h"

namespace spread {

class Engine;
class Upstream;
class WorkerSlot;

/// The sub-tasks of a run, between the workers that submit them and the Scheduler: the questions go
/// to the book, what follows from them to the Scheduler and to the workers.
class RunningSubtasks {
 public:
  RunningSubtasks(Engine& engine, const SubtaskBook::Limits& limits,
                  std::optional<std::uint32_t> subpool, Upstream* upstream);

  /// One of subtask_op_named()'s questions, of a task that the worker has.
  void ask(WorkerSlot& worker, const wire::UpMessage& question);
  /// A sub-task is sent to this worker: what stands in its third element beside the rest; the
  /// common part goes out before it.
  void add_meta(WorkerSlot& to, const SendTask& send, wire::MapWriter& meta);
  /// A task says how far it is. What that, and what its sub-tasks have done, make of it is told.
  void progressed(WorkerSlot& worker, const wire::UpMessage& said);
  /// A sub-task is final: `value` is its result or the map of its error.
  void finished(TaskId id, bool ok, const Value& value);
  /// The task has been answered, or its attempt has ended otherwise.
  void ended(TaskId task) {
    if (!owners_.empty()) end(task);
  }
  /// One has succeeded in this run: workers know what a sub-task looks like.
  bool one_succeeded() const { return one_succeeded_; }
  /// The worker has ended, and with it what it had.
  void gone(WorkerSlot& worker);

 private:
  struct Owner {
    OwnerId id{};
    WorkerSlot* worker = nullptr;
  };
  /// Of a sub-task that is not final.
  struct Running {
    std::uint64_t common = 0;
    std::uint32_t depth = 0;  ///< when it was sent last
  };

  OwnerId owner_of(WorkerSlot& worker, TaskId task);
  void apply(SubtaskChanges& changes);
  void post_submitted(SubtaskChanges& changes);
  void end_commons(const SubtaskChanges& changes);
  void end(TaskId task);
  void drop(TaskId task);
  void tell(const SubtaskProgress::Above& above);
  void tell(TaskId task, double fraction, std::string_view text);
  static void refuse(WorkerSlot& worker, std::uint64_t seq);

  Engine& engine_;
  Upstream* upstream_;  ///< null: it has none
  SubtaskBook book_;
  SubtaskProgress progress_;
  std::map<TaskId, Owner> owners_;  ///< attempts under way that have asked or told something
  std::map<OwnerId, TaskId> task_of_;
  std::map<TaskId, Running> running_;
  /// Which workers have been sent which common part.
  std::map<std::uint64_t, std::set<WorkerSlot*>> common_at_;
  std::uint64_t last_owner_ = 0;
  bool one_succeeded_ = false;
};

}  // namespace spread
