#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "spread/api/task.h"
#include "spread/api/time.h"

namespace spread {

/// Everything that a run tells the outside, while it happens: --events, --log, --summary, --explain
/// and the progress line are Observers. The Engine makes all of them (engine/run_events.h), and
/// nothing else does. Views are good during the call only.
struct WorkerStarted {
  WorkerId worker;
  std::string_view host;
  int pid;
  std::span<const std::string> arguments = {};  ///< its own words; none of a job
};
struct WorkerReady {  ///< its first frame arrived, or its first task was sent
  WorkerId worker;
};
struct WorkerEnded {
  WorkerId worker;
  bool expected;            ///< after its input was closed, with status 0
  std::string_view reason;  ///< "exit status 3", "killed by signal 9 (Killed)", "timed out", ...
};
struct TaskSent {
  TaskId task;
  WorkerId worker;
  std::uint32_t attempt;  ///< counted from 1
  /// Of a gang's task, which is sent to several: which of them, of so many. No gang: 0 of 0.
  std::uint32_t rank = 0, size = 0;
  std::optional<TaskId> parent = std::nullopt;  ///< of a sub-task
};
/// One answer, before it is decided whether the task is tried again.
struct TaskAnswered {
  TaskId task;
  WorkerId worker;
  std::string_view kind;  ///< "ok", "error", "busy", "fatal", "timeout", "crash"
  Duration duration;
  std::string_view message;
  bool first = false;  ///< as in TaskResult
};
/// The task's final outcome, in completion order.
struct TaskFinished {
  TaskId task{};
  Outcome outcome = Outcome::Ok;
  WorkerId worker = kNoWorker;
  std::string_view host;
  std::uint32_t attempts = 0;
  Duration duration{};                         ///< as in TaskResult
  bool first = false;                          ///< likewise
  std::uint64_t bytes = 0;                     ///< of the value; of a job, what it has printed
  std::string_view error_type, error_message;  ///< where the outcome is not Ok
};
struct TaskProgress {
  TaskId task;
  WorkerId worker;
  double fraction;
  std::string_view text;
  /// Where tasks are shards of a range: how many of its numbers have been done by all of them, and
  /// of how many. The former never falls.
  std::uint64_t sum = 0, max = 0;
};
struct WorkerLog {  ///< a `log` message, or stray output
  WorkerId worker;
  std::string_view text;
  LogLevel level = LogLevel::Info;
  std::optional<TaskId> task = {};  ///< what it is about; stray output is about none
};
struct WorkerTail {
  WorkerId worker;
  std::string_view text;                        ///< a piece of it
  std::span<const std::string> arguments = {};  ///< as in WorkerStarted
};
/// Why the scheduler did something: --explain.
struct Decision {
  std::string_view text;
};

class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on(const WorkerStarted&, TimePoint) {}
  virtual void on(const WorkerReady&, TimePoint) {}
  virtual void on(const WorkerEnded&, TimePoint) {}
  virtual void on(const TaskSent&, TimePoint) {}
  virtual void on(const TaskAnswered&, TimePoint) {}
  virtual void on(const TaskFinished&, TimePoint) {}
  virtual void on(const TaskProgress&, TimePoint) {}
  virtual void on(const WorkerLog&, TimePoint) {}
  virtual void on(const WorkerTail&, TimePoint) {}
  virtual void on(const Decision&, TimePoint) {}
};

}  // namespace spread
