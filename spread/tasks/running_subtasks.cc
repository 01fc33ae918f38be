#include "spread/tasks/running_subtasks.h"

#include <utility>
#include <vector>

#include "spread/engine/engine.h"
#include "spread/tasks/upstream.h"
#include "spread/tasks/worker_slot.h"

namespace spread {

RunningSubtasks::RunningSubtasks(Engine& engine, const SubtaskBook::Limits& limits,
                                 std::optional<std::uint32_t> subpool, Upstream* upstream)
    : engine_(engine),
      upstream_(upstream),
      book_(limits, subpool, [this](OwnerId owner, TaskId id) {
        const TaskId task = task_of_.at(owner);
        return engine_.scheduler().is_under_way(owners_.at(task).worker->id(), task, id);
      }) {}

OwnerId RunningSubtasks::owner_of(WorkerSlot& worker, TaskId task) {
  // Of an attempt that nothing else has ended.
  if (const auto old = owners_.find(task); old != owners_.end() && old->second.worker != &worker) {
    drop(task);
  }
  const auto [owner, is_new] = owners_.try_emplace(task);
  if (is_new) {
    owner->second = {OwnerId{++last_owner_}, &worker};
    task_of_.emplace(owner->second.id, task);
  }
  return owner->second.id;
}

void RunningSubtasks::ask(WorkerSlot& worker, const wire::UpMessage& question) {
  const auto running = running_.find(question.id);
  if (is_subtask(question.id) && running == running_.end()) return refuse(worker, question.seq);
  const std::uint32_t depth = running == running_.end() ? 0 : running->second.depth;
  SubtaskChanges changes;
  book_.ask(owner_of(worker, question.id), depth, question, worker.worker().share(question.value),
            changes);
  apply(changes);
}

void RunningSubtasks::add_meta(WorkerSlot& to, const SendTask& send, wire::MapWriter& meta) {
  Running& sent = running_[send.task];
  sent.depth = send.depth;
  meta.add("parent", number(send.parent)).add("depth", send.depth);
  if (sent.common == 0) return;
  meta.add("common", sent.common);
  if (common_at_[sent.common].insert(&to).second) {
    to.worker().tell(wire::make_common(sent.common, book_.common(sent.common)));
  }
}

void RunningSubtasks::progressed(WorkerSlot& worker, const wire::UpMessage& said) {
  owner_of(worker, said.id);
  SubtaskProgress::Above above;
  const double fraction = progress_.said(said.id, said.number, above);
  tell(said.id, fraction, said.text);
  tell(above);
}

void RunningSubtasks::tell(const SubtaskProgress::Above& above) {
  for (const auto& [task, fraction] : above) tell(task, fraction, {});
}

void RunningSubtasks::tell(TaskId task, double fraction, std::string_view text) {
  engine_.events().progress(task, owners_.at(task).worker->id(), fraction, text);
  if (upstream_ != nullptr && !is_subtask(task)) upstream_->progressed(task, fraction, text);
}

void RunningSubtasks::finished(TaskId id, bool ok, const Value& value) {
  one_succeeded_ |= ok;
  SubtaskProgress::Above above;
  progress_.finished(id, above);
  tell(above);
  SubtaskChanges changes;
  book_.finished(id, ok, value, changes);
  running_.erase(id);
  apply(changes);
}

void RunningSubtasks::end(TaskId task) {
  const auto owner = owners_.find(task);
  if (owner == owners_.end()) return;
  // It was dropped with the attempt that has submitted it, and would wait for ever.
  const std::optional<std::uint64_t> pending = book_.pending_question(owner->second.id);
  if (pending) refuse(*owner->second.worker, *pending);
  drop(task);
}

/// Nothing that comes of this task is wanted any more.
void RunningSubtasks::refuse(WorkerSlot& worker, std::uint64_t seq) {
  wire::Reply reply;
  reply.seq = seq;
  reply.type = "Dropped";
  reply.message = "the attempt that has submitted this sub-task is over";
  worker.reply(reply);
}

void RunningSubtasks::gone(WorkerSlot& worker) {
  std::vector<TaskId> its;
  for (const auto& [task, owner] : owners_) {
    if (owner.worker == &worker) its.push_back(task);
  }
  for (const TaskId task : its) drop(task);
  for (auto& [common, workers] : common_at_) workers.erase(&worker);
}

void RunningSubtasks::drop(TaskId task) {
  const auto owner = owners_.find(task);
  if (owner == owners_.end()) return;
  SubtaskChanges changes;
  book_.drop(owner->second.id, changes);
  for (const TaskId cancelled : changes.cancelled) running_.erase(cancelled);
  task_of_.erase(owner->second.id);
  owners_.erase(owner);
  progress_.ended(task);
  apply(changes);
}

/// What the Scheduler is told is posted, and what workers are told is queued for them.
void RunningSubtasks::apply(SubtaskChanges& changes) {
  for (const OwnerId owner : changes.resumed) {
    const TaskId task = task_of_.at(owner);
    engine_.post(TaskWaits{owners_.at(task).worker->id(), task, false});
  }
  for (const SubtaskReply& reply : changes.replies) {
    owners_.at(task_of_.at(reply.owner)).worker->reply(reply);
  }
  post_submitted(changes);
  for (const OwnerWaits& waits : changes.waiting) {
    const TaskId task = task_of_.at(waits.owner);
    engine_.post(TaskWaits{owners_.at(task).worker->id(), task, true});
  }
  end_commons(changes);
  if (changes.subpool) engine_.post(SubpoolSet{*changes.subpool});
}

/// All of one question have one owner.
void RunningSubtasks::post_submitted(SubtaskChanges& changes) {
  if (changes.submitted.empty()) return;
  const TaskId parent = task_of_.at(changes.submitted.front().owner);
  progress_.submitted(parent, changes.submitted.front().id, changes.submitted.size());
  SubtasksArrived arrived{owners_.at(parent).worker->id(), parent, {}};
  for (Subtask& each : changes.submitted) {
    running_[each.id].common = each.common;
    arrived.subtasks.push_back({each.id, std::move(each.payload)});
  }
  engine_.post(std::move(arrived));
}

void RunningSubtasks::end_commons(const SubtaskChanges& changes) {
  for (const std::uint64_t common : changes.commons_over) {
    const auto at = common_at_.extract(common);
    if (at.empty()) continue;
    for (WorkerSlot* const each : at.mapped()) each->forget_common(common);
  }
}

}  // namespace spread
