#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "spread/api/bytes.h"
#include "spread/api/time.h"

namespace spread {

/// A task's place in the input, counted from 0. Line N of the output belongs to task N.
enum class TaskId : std::uint64_t {};
/// A slot's number over all hosts, counted from 0 in the order in which the hosts were given, and
/// the number of whichever worker process runs in it now: SPREAD_WORKER.
enum class WorkerId : std::uint32_t {};
/// What one or more workers are reached by: a process, a login. Counted from 0 in the order of
/// their first workers.
enum class ConnectionId : std::uint32_t {};
/// A host's number, counted from 0 in the order given.
enum class HostId : std::uint32_t {};
/// Of several runs that share the workers (docs/scheduling.md, "Runs that share workers"): which
/// one. Counted from 1.
enum class RunId : std::uint64_t {};

constexpr std::uint64_t number(TaskId id) { return static_cast<std::uint64_t>(id); }
constexpr std::uint32_t number(WorkerId id) { return static_cast<std::uint32_t>(id); }
constexpr std::uint32_t number(ConnectionId id) { return static_cast<std::uint32_t>(id); }
constexpr std::uint32_t number(HostId id) { return static_cast<std::uint32_t>(id); }
constexpr std::uint64_t number(RunId id) { return static_cast<std::uint64_t>(id); }
inline constexpr WorkerId kNoWorker{UINT32_MAX};
inline constexpr RunId kNoRun{0};

/// Sub-tasks have ids from here on, those of the input are below. Both are exact as doubles, which
/// is what numbers are to many readers of JSON.
inline constexpr std::uint64_t kFirstSubtask = std::uint64_t{1} << 52;
constexpr bool is_subtask(TaskId id) { return number(id) >= kFirstSubtask; }

/// How a task ended. Exactly one of these is delivered for every task that was read.
/// The values are part of the spill file's format.
enum class Outcome : std::uint8_t {
  Ok = 0,           ///< a value
  Failed = 1,       ///< a worker answered `error`, or a time-out, and the tries are used up
  Lost = 2,         ///< it crashed its worker --crash-retries times
  NotComputed = 3,  ///< the run ended before it could be computed
};

/// How much a worker's message about a task matters to its author.
enum class LogLevel : std::uint8_t { Debug, Info, Warning, Error };
/// As workers and users write them, in this order.
inline constexpr std::string_view kLogLevelNames[] = {"debug", "info", "warning", "error"};
constexpr std::string_view name_of(LogLevel level) {
  return kLogLevelNames[static_cast<std::size_t>(level)];
}

struct TaskResult {
  TaskId id{};
  Outcome outcome = Outcome::Ok;
  /// Ok: the result. Otherwise a map {"type", "message", "trace"?}.
  Value value;
  /// The worker that gave the answer; kNoWorker where none did.
  WorkerId worker = kNoWorker;
  /// Dispatches in all, including those that ended in a crash; refusals (busy) do not count.
  std::uint32_t attempts = 0;
  /// From the moment when nothing was unanswered before the task at its worker, and the worker had
  /// prepared itself, to its answer.
  Duration duration{};
  /// The start and the preparation of its worker may be in `duration`: it has not said when they
  /// were over.
  bool first = false;
  /// It failed with tries left, in a run that was cut off: one that goes on with it tries it again.
  bool cut_short = false;
};

}  // namespace spread
