#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "spread/api/observer.h"
#include "spread/api/task.h"
#include "spread/base/buffers.h"
#include "spread/core/event.h"
#include "spread/core/inbox.h"
#include "spread/core/scheduler.h"
#include "spread/engine/plan.h"
#include "spread/io/event_loop.h"
#include "spread/output/reporter.h"
#include "spread/shards/range_progress.h"

namespace spread {

/// What the subcommand alone knows of how an attempt ended. Its RunMode fills it in where one is
/// asked for, and RunEvents makes the events and the joblog's line of it.
struct TaskReport {
  std::string error_type;      ///< a word, of a task that has no value
  std::string message;         ///< one line: why it has none; of a job, how it ended
  int exit_status = 0;         ///< the joblog's Exitval: -1 where there is none
  int signal = 0;              ///< the joblog's Signal
  std::uint64_t sent = 0;      ///< bytes, for the joblog
  std::uint64_t received = 0;  ///< likewise
  ByteBuffer command;          ///< the joblog's last column
  bool logged = false;         ///< `command` is filled in, and the joblog gets a line

  /// As it was made, but for the memory that it has.
  void clear() {
    error_type.clear();
    message.clear();
    exit_status = signal = 0;
    sent = received = 0;
    command.clear();
    logged = false;
  }
};

/// What the outside is told of a run: every event of api/observer.h is made here, and every line of
/// the joblog that is of a task. Of tasks it is told what the Scheduler says, and what the mode
/// knows beside (TaskReport); of workers, what their slots have seen.
class RunEvents {
 public:
  /// All must outlive this.
  RunEvents(const Plan& plan, const EventLoop& loop, Reporter& reporter)
      : plan_(plan), loop_(loop), reporter_(reporter) {}

  // A worker, as its slot sees it.
  void started(WorkerId worker, int pid, std::span<const std::string> arguments = {}) {
    tell(WorkerStarted{worker, host_of(worker), pid, arguments});
  }
  void ready(WorkerId worker) { tell(WorkerReady{worker}); }
  void ended(WorkerId worker, bool expected, std::string_view reason) {
    tell(WorkerEnded{worker, expected, reason});
  }
  void progress(TaskId task, WorkerId worker, double fraction, std::string_view text);
  void log(const WorkerLog& message) { tell(message); }
  void tail(WorkerId worker, std::string_view text, std::span<const std::string> arguments) {
    tell(WorkerTail{worker, text, arguments});
  }
  /// The task has got as far as into its queue.
  void sent(const SendTask& task) {
    if (!reporter_.detailed()) return;
    const bool gang = task.place.gang != kNoGang;
    tell(TaskSent{task.task, task.worker, task.attempt, task.place.rank, gang ? task.place.size : 0,
                  task.depth > 0 ? std::optional(task.parent) : std::nullopt});
    for (const SendTask::Further& each : task.rest) {
      tell(TaskSent{each.task, task.worker, each.attempt, 0, 0, std::nullopt});
    }
  }
  /// It cannot take the task now, for this reason.
  void refused(TaskId task, WorkerId worker, std::string_view why) {
    if (reporter_.detailed()) tell(TaskAnswered{task, worker, "busy", {}, why});
  }

  // A task, as the Scheduler sees it.
  /// To be filled in by the mode; null where nothing looks at each task.
  TaskReport* report() {
    if (!reporter_.detailed()) return nullptr;
    report_.clear();
    return &report_;
  }
  /// The joblog is kept: TaskReport::command is wanted.
  bool logs_commands() const { return reporter_.keeps_joblog(); }
  /// These three: with the report that the mode has filled in.
  void succeeded(const Inbox::Success& answer, const Scheduler::Success& success);
  void delivered(const DeliverTask& delivery);
  void retried(const RetryTask& retry);
  /// A sub-task is final: it has an answer, and is nothing that is counted or logged.
  void subtask_done(const DeliverTask& delivery);

  /// Tasks are parts of a range from now on: progress has the sum of all. `range` outlives this.
  void count_range(RangeProgress& range) { range_ = &range; }
  /// A part of it has been done, whether or not it has said how far it was.
  void part_done(TaskId task, WorkerId worker);

  /// --explain: why the Scheduler does this.
  void explain(const Action& action);
  void decided(std::string_view text) { tell(Decision{text}); }

 private:
  template <typename Event>
  void tell(const Event& event) {
    reporter_.tell(event);
  }
  std::string_view host_of(WorkerId worker) const;
  void finished(TaskFinished& event);
  void explain(const SendTask& send);

  const Plan& plan_;
  RangeProgress* range_ = nullptr;
  const EventLoop& loop_;
  Reporter& reporter_;
  TaskReport report_;
  ByteBuffer explained_;  ///< kept, since every task is explained
};

}  // namespace spread
