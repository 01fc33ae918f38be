// spread/core: who runs what. Pure: events and `now` in, actions out; no descriptor, no clock, no
// thread, no random device, so that thousands of seeded runs are simulated in tests/sim. Start
// here (the vocabulary), then scheduler.h (the contract) and docs/scheduling.md (the reasons).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "spread/api/task.h"
#include "spread/api/time.h"

namespace spread {

/// One attempt of a task that several workers have at the same time (docs/scheduling.md, "Gangs").
/// Counted from 1 over the run.
enum class GangId : std::uint64_t {};
constexpr std::uint64_t number(GangId id) { return static_cast<std::uint64_t>(id); }
inline constexpr GangId kNoGang{0};
inline constexpr std::uint32_t kNoRank = UINT32_MAX;

/// What one of a gang's workers is told. Without a gang: the only one.
struct GangPlace {
  GangId gang = kNoGang;
  std::uint32_t rank = 0;
  std::uint32_t size = 1;
};

/// How the process of an attempt ended. Opaque here; the Scheduler passes it on.
struct JobEnd;
using JobEndPtr = std::shared_ptr<const JobEnd>;

// ---------------------------------------------------------------- what can happen

/// A slot to put a worker into; also after SlotsComplete, where slots are added while the run goes
/// on. Slots are numbered (WorkerId) in the order in which they are added.
struct SlotAdded {
  HostId host{};
  /// Slots with the same host and argument list share a key: what one of them shows, all inherit.
  std::uint32_t key = 0;
  /// Its worker is reached by the connection of this slot, which has the same key and host, and
  /// was added before it. kNoWorker: it has a connection of its own.
  WorkerId joins = kNoWorker;
  bool remote = false;  ///< reached by a launcher: logins are staggered
  /// Its worker is given no task before its hello: time-outs are not to count the way to it.
  bool waits_for_hello = false;
  /// Starts that are taken to have failed already: its host did not even answer a question.
  std::uint32_t failed_starts = 0;
  /// From history; unset = unknown. `service_seconds`: per task, of this very host and command.
  std::optional<double> service_seconds;
  /// How many times longer this host takes than the others, from other commands.
  std::optional<double> host_factor;
  std::optional<double> launch_seconds;
};
/// All slots are known: hosts that were to be asked how many they have, have answered.
struct SlotsComplete {};
/// Ids arrive in order: 0, 1, 2, ...
struct TaskArrived {
  TaskId id{};
  Value payload;
  /// It is for so many workers at the same time, all or none, whatever the others are; 0 = it is as
  /// they are: see SchedulerOptions::gang.
  std::uint32_t gang = 0;
  RunId run = kNoRun;  ///< whose it is; kNoRun: there is but one
};
/// A bad record: a failed task of its own.
struct TaskMalformed {
  TaskId id{};
  std::string message;
};
/// It takes an id and nothing else: it was done in an earlier run. `kept`: as in that one it
/// counts as what became of it there; else it has no outcome in this one.
struct TaskSkipped {
  TaskId id{};
  std::optional<Outcome> kept = {};
};
/// A task of the input is not wanted any more. One that has never been sent is delivered, as
/// withdrawn; to any other it makes no difference.
struct TaskWithdrawn {
  TaskId id{};
};
/// No task will follow.
struct InputEnded {};
/// What StartWorker asked for has been done.
struct WorkerUp {
  WorkerId worker{};
};
struct WorkerHello {
  WorkerId worker{};
  std::uint32_t window_max = 0;  ///< 0 = not said
  std::uint32_t slots = 1;       ///< how many tasks it works on at the same time
};
/// It has prepared itself: from here on the time is that of its tasks. Time-outs do not look at it.
struct WorkerPrepared {
  WorkerId worker{};
};
/// It can take no more tasks (it broke the protocol, or closed its input), though it is
/// still there: nothing is sent to it until it is gone.
struct WorkerUnusable {
  WorkerId worker{};
};
/// It leaves of its own accord, as a good one may: retirement (docs/protocol.md section 7). What it
/// has not answered goes back at this moment, and it is given nothing more; WorkerGone follows when
/// it has ended.
struct WorkerRetires {
  WorkerId worker{};
};
/// Nothing more is to be sent to it: it has grown too large. What it has it may answer; then its
/// input is closed, and another one takes its place.
struct WorkerSpent {
  WorkerId worker{};
  std::string_view why;  ///< a literal
};
enum class AnswerKind : std::uint8_t { Ok, Error, Fatal, Busy };
struct Answered {
  WorkerId worker{};
  TaskId task{};
  AnswerKind kind = AnswerKind::Ok;
  double busy_seconds = 0;
  // Passed on in the action that follows from it.
  Slice answer = {};        ///< the value, or the error map; of Busy its reason, as text
  JobEndPtr job = nullptr;  ///< null of a worker that lives on
  /// Ok, and `task` is the first of a list: instead of `answer`, a value for each of its tasks.
  std::vector<Slice> values = {};
};
/// The task could not even be sent: the worker's wire cannot carry its payload. It will never be
/// able to, so the task has failed, and nothing is learned about the worker.
struct PayloadRefused {
  WorkerId worker{};
  TaskId task{};
  std::string message;
};
/// A task in flight that must not be tried again, whatever --retries says: some of its output has
/// been handed on.
struct LastTry {
  TaskId task{};
};
/// A task that is under way at this worker submits sub-tasks.
struct SubtasksArrived {
  WorkerId worker{};
  TaskId parent{};
  struct Subtask {
    TaskId id{};
    Value payload;
  };
  std::vector<Subtask> subtasks;  ///< of rising ids, above all that came before
};
/// A task that is under way at this worker begins to wait for sub-tasks, or has what it waited for.
/// While it waits its clock stands, and its worker can run descendants of it.
struct TaskWaits {
  WorkerId worker{};
  TaskId task{};
  bool waits = false;
};
/// So many slots are kept for sub-tasks.
struct SubpoolSet {
  std::uint32_t slots = 0;
};
enum class EndCause : std::uint8_t {
  Exited,      ///< by itself, or because of a signal, or its machine went away
  NotStarted,  ///< exec failed
  NoRoom,      ///< processes, memory or descriptors have run out for the moment: not its fault
  PrepFailed,  ///< it said that it cannot work
  Misbehaved,  ///< it broke the protocol and was killed for it
  IsRelay,  ///< it has not ended: it is the connection by which workers of this slot, and of those
            ///< that join it, will be reached. What it was given it has dropped
};
/// One worker is gone, and what it wrote has been read to the end: all its answers came before
/// this. The other workers of its connection, if it has any, go on.
struct WorkerGone {
  WorkerId worker{};
  EndCause cause = EndCause::Exited;
  bool clean = false;       ///< exit status 0
  std::string reason;       ///< one line for the user
  JobEndPtr job = nullptr;  ///< of the task that it was working on, to be passed on; may be null
};
/// The worker that HandOver was about has ended. Of its end nothing else is said.
struct FormerEnded {
  WorkerId worker{};
};
/// A connection is gone, or could not be made, and with it all workers that it had, those that were
/// being started, too. All their answers came before this, and WorkerGone of none of them
/// follows. Of a connection that never has more than one worker, WorkerGone says the same.
struct ConnectionLost {
  ConnectionId connection{};
  EndCause cause = EndCause::Exited;  ///< not Misbehaved
  bool clean = false;
  std::string reason;  ///< one line for the user
};
/// The output cannot take more results than those already caused.
struct OutputFull {
  bool full = false;
  /// Results of this worker go out even so: it alone is given tasks, as many as it takes.
  /// kNoWorker: only the oldest unfinished task passes.
  WorkerId but_for = kNoWorker;
  /// What is full waits for a reader, and no longer for a task: that one is not let through either.
  bool unread = false;

  bool operator==(const OutputFull&) const = default;
};
/// The reader of stdout does not read, so that workers cannot be drained, or spread is stopped
/// (Ctrl-Z), and they with it: time-outs stand still.
struct OutputStalled {
  bool stalled = false;
};
/// What this worker writes is not read for now, since there is no room for it: its time-outs stand
/// still.
struct OutputUnread {
  WorkerId worker{};
  bool unread = false;
};
/// No task is given out, and no worker started, before `until`: the machine has too much to do.
struct StartsHeld {
  TimePoint until{};
};
/// Only so many workers may work at the same time from now on; what runs is left alone, but see
/// SchedulerOptions::close_surplus. At least one.
struct SlotsLimited {
  std::uint32_t slots = UINT32_MAX;
  std::uint32_t most = UINT32_MAX;  ///< it will never be more than so many

  bool operator==(const SlotsLimited&) const = default;
};
/// A signal: 1 = start nothing more and let running tasks finish, 2 = terminate, 3 = kill.
struct StopRequested {
  int level = 1;
};
/// Nothing more is to be started, and what runs may finish, however long it takes.
struct StartNoMore {
  std::string reason;
};
/// Something ends the run from outside the scheduler (the output is gone, the options turn out to
/// be wrong): like StopRequested{2}, with a reason for the tasks not computed.
struct Aborted {
  std::string reason;
};

using Event =
    std::variant<SlotAdded, SlotsComplete, TaskArrived, TaskMalformed, TaskSkipped, TaskWithdrawn,
                 InputEnded, WorkerUp, WorkerHello, WorkerPrepared, WorkerUnusable, WorkerRetires,
                 WorkerSpent, Answered, PayloadRefused, LastTry, SubtasksArrived, TaskWaits,
                 SubpoolSet, WorkerGone, FormerEnded, ConnectionLost, OutputFull, OutputStalled,
                 OutputUnread, StartsHeld, SlotsLimited, StopRequested, StartNoMore, Aborted>;

// ---------------------------------------------------------------- what is to be done

/// Every action says why, for --explain: a literal.
using Why = std::string_view;

/// A worker is to be put into the slot. Its connection is made, if it is not there yet; that is
/// done once for all its slots.
struct StartWorker {
  WorkerId worker{};
  Why why;
};
struct SendTask {
  WorkerId worker{};
  TaskId task{};
  Value payload;
  std::uint32_t attempt = 1;
  Why why;
  GangPlace place = {};
  std::uint32_t depth = 0;  ///< of a sub-task: how many tasks it is below, one of which is
  TaskId parent{};          ///< its parent
  struct Further {
    TaskId task{};
    Value payload;
    std::uint32_t attempt = 1;
  };
  std::vector<Further> rest = {};  ///< what is in the same list, behind `task`
};
/// The worker's input is to be closed; it ends its loop by itself.
struct CloseInput {
  WorkerId worker{};
  Why why;
};
/// The same of a worker that has answered all; and its slot is free for another one from now on,
/// though it has not ended: it is the former one. A slot has one at a time.
struct HandOver {
  WorkerId worker{};
  Why why;
};
/// TERM to the process group, and KILL after the grace time if `gentle`; else KILL at once.
struct KillWorker {
  WorkerId worker{};
  bool gentle = true;
  Why why;
};
/// The same of the former worker of the slot.
struct KillFormer {
  WorkerId worker{};
  bool gentle = true;
  Why why;
};
/// An attempt of a gang has come to nothing: what its members ask of one another is refused from
/// now on, and what they answer is dropped.
struct GangBroken {
  GangId gang{};
  std::uint32_t rank = kNoRank;  ///< of the member that it was broken by; none: its time is up
  std::string reason;
};
/// The attempt of a task that has submitted sub-tasks is over: those that are not final are
/// dropped.
struct FamilyEnded {
  TaskId parent{};
};
/// There are fewer slots than a gang should have members: those to come have so many; or, of those
/// that are to be exact, wait for more. Told once.
struct GangShrinks {
  std::uint32_t size = 0;
  bool waits = false;
  bool for_now = false;  ///< more slots could be used; see SlotsLimited
};
/// A task's final outcome. With `from_answer`, `answer` is the value or the error map; else
/// `error_type` and `message` say what happened.
struct DeliverTask {
  TaskId task{};
  Outcome outcome = Outcome::Ok;
  WorkerId worker = kNoWorker;
  std::uint32_t attempts = 0;
  Duration duration{};
  bool first = false;  ///< the start and the preparation of its worker may be in `duration`
  bool from_answer = false;
  bool fatal = false;  ///< the answer was
  bool timed_out = false;
  /// It failed, and is tried again only if the run is gone on with: this one is ending.
  bool cut_short = false;
  bool withdrawn = false;       ///< NotComputed, since that was asked for: see TaskWithdrawn
  std::string_view error_type;  ///< a literal
  std::string message;
  Slice answer = {};
  JobEndPtr job = nullptr;
  Value payload;                 ///< the task's, for the joblog
  GangId gang = kNoGang;         ///< the attempt that failed, if it was one of a gang, ...
  std::uint32_t rank = kNoRank;  ///< ... and the member by which it did, as in GangBroken
  /// Of a gang that succeeded: what its members answered, by rank; there is no `answer` then.
  std::vector<Slice> members = {};
};
/// An attempt ended without a final outcome: the task goes back to the queue.
struct RetryTask {
  TaskId task{};
  WorkerId worker{};
  std::uint32_t attempt = 0;
  bool timed_out = false;
  std::string message;
  Why why;
  Duration duration{};
  bool first = false;  // these as in DeliverTask
  bool from_answer = false;
  Slice answer = {};
  JobEndPtr job = nullptr;
  GangId gang = kNoGang;
  std::uint32_t rank = kNoRank;
};
/// A worker that said busy is left alone for a while.
struct WorkerRests {
  WorkerId worker{};
  TaskId task{};
  double asked_seconds = 0;
  Duration rest{};
  Slice reason = {};  ///< as it said it
};
/// A slot that a task might wait for is started again only after a long pause.
struct SlotPaused {
  WorkerId worker{};
  Duration pause{};
  std::string reason;  ///< why its last worker ended
};
/// A slot or a host will not be used any more, or for a while.
struct SlotClosed {
  WorkerId worker{};
  std::string reason;
};

using Action = std::variant<StartWorker, SendTask, CloseInput, HandOver, KillWorker, KillFormer,
                            DeliverTask, RetryTask, GangBroken, GangShrinks, FamilyEnded,
                            WorkerRests, SlotPaused, SlotClosed>;
using Actions = std::vector<Action>;

}  // namespace spread
