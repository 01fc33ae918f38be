#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/result.h"
#include "spread/api/task.h"
#include "spread/api/time.h"
#include "spread/core/event.h"
#include "spread/core/inbox.h"
#include "spread/core/scheduler.h"
#include "spread/engine/run_events.h"
#include "spread/engine/stopped_watch.h"
#include "spread/input/task_input.h"
#include "spread/journal/answers.h"
#include "spread/journal/digest.h"
#include "spread/report/summary.h"
#include "spread/results/reorder_buffer.h"

namespace spread {

class Engine;

/// The place of one slot in the Engine, and whatever works in it now: a process that lives for the
/// whole run (WorkerSlot), or one process per task (JobSlot). To the Scheduler both are a worker.
class RunSlot {
 public:
  RunSlot(Engine& engine, WorkerId id) : engine_(engine), id_(id) {}
  virtual ~RunSlot() = default;
  RunSlot(const RunSlot&) = delete;
  RunSlot& operator=(const RunSlot&) = delete;

  WorkerId id() const { return id_; }
  const std::string& host() const;
  /// "worker 3 on n1".
  std::string name() const;

  // What the Scheduler asks for. Where nothing works in the slot any more, nothing happens.
  /// Puts a worker into the empty slot; an Error says why it could not be.
  virtual Status start() = 0;
  /// Only while a worker is in the slot that is not being ended: see Driver. What comes of it at
  /// once (it cannot be sent) is posted.
  virtual void send_task(const SendTask& action) = 0;
  virtual void close_input() = 0;
  /// The same, and of its end FormerEnded is posted. Returns what is in its place from now on,
  /// empty: see HandOver. Null: it is for the whole run, and no such action comes.
  virtual std::unique_ptr<RunSlot> hand_over() { return nullptr; }
  /// Ends it: TERM, and KILL after the grace time.
  virtual void terminate() = 0;
  virtual void kill() = 0;
  /// STOP, or CONT, to what runs on this machine.
  virtual void suspend(bool stop) { static_cast<void>(stop); }

  /// What Engine::watch_work() was called for.
  virtual LocalWork local_work() const { return {}; }
  /// What is stopped if that is: "worker 3 on n1", "job 7".
  virtual std::string work_name() const { return name(); }

  /// Writes what send_task() has gathered; asked for with Engine::needs_flush().
  virtual void flush() {}
  /// Frees what has ended; asked for with Engine::has_ended().
  virtual void remove_ended() = 0;
  /// The output may want more again. Asked of those for whom Engine::set_unread() was called.
  virtual void reconsider() {}

  bool dirty = false;           ///< flush() is asked for
  std::string_view ending_why;  ///< why the Scheduler asks for terminate() or kill()

 protected:
  Engine& engine_;

 private:
  WorkerId id_;
};

/// What differs between the subcommands that run tasks: who works in a slot, where tasks come from,
/// and what becomes of outcomes. `run`, `all`: WorkerMode; `map`: JobMode; `pipe`: FilterMode.
class RunMode {
 public:
  virtual ~RunMode() = default;
  /// Opens what results are written to; whatever is wrong is told before anything has been started.
  virtual Status open() = 0;
  /// Where the tasks come from; null if there are none (`all`).
  virtual Result<std::unique_ptr<TaskInput>> open_input() = 0;
  virtual std::unique_ptr<RunSlot> make_slot(WorkerId worker) = 0;
  /// What is open for each slot while something works in it.
  virtual std::uint64_t descriptors_per_slot() const {
    constexpr std::uint64_t kThreePipesAndPidfd = 4;
    return kThreePipesAndPidfd;
  }
  /// What a task is called: "task", "job".
  virtual std::string_view task_noun() const = 0;
  /// Behind "the input is read from the terminal": how it is ended, and what may have been meant.
  virtual std::string_view terminal_note() const {
    return ", a line each; Ctrl-D ends it (others: ::: ITEM... behind the command, or < FILE)";
  }

  /// At the start of every turn, before anything is decided.
  virtual void begin_turn() {}
  /// When all that was decided has been carried out, while workers work.
  virtual void end_turn() {}
  /// All workers have ended: so has what led to them.
  virtual bool has_ended() const { return true; }
  /// The next record of the input becomes a task. False: it is one that is done already.
  virtual bool accept(TaskId task, Record& record) {
    static_cast<void>(task), static_cast<void>(record);
    return true;
  }
  /// Of the next record: by it a resumed run knows the task again.
  virtual Result<std::uint64_t> digest(const Record& record) {
    return record.bad.empty() ? digest_of(record.payload) : digest_of(as_bytes(record.bad));
  }
  /// A task that has been read, and was accepted, is done already.
  virtual void keep(TaskId task, Outcome outcome) {
    static_cast<void>(task), static_cast<void>(outcome);
  }
  /// Its answer goes out, and is told: as if it had been given now.
  virtual Status hand_on_kept(const JournalAnswer& answer) {
    static_cast<void>(answer);
    return {};
  }
  /// Outcomes go out in the order of their tasks.
  virtual bool ordered() const { return true; }
  /// The input cannot be read to its end, for this reason. True: the mode tells it, in its own
  /// time.
  virtual bool takes_input_error(const std::string& error) {
    static_cast<void>(error);
    return false;
  }
  /// A task is something that observers and the joblog are told of (not a block of a filter).
  virtual bool reports_tasks() const { return true; }
  /// Where tasks are parts of a range of numbers, progress is counted in these: how many there are
  /// (0: it is counted in tasks), and how many have been done.
  virtual std::uint64_t numbers_in_all() const { return 0; }
  virtual std::optional<std::uint64_t> numbers_done() const { return std::nullopt; }
  // What becomes of an attempt. `report`, if not null, is to be filled in: something looks at every
  // task.
  /// The outcome of nearly every task; the others go to deliver().
  virtual void succeeded(Inbox::Success& answer, Scheduler::Success& success,
                         TaskReport* report) = 0;
  /// A task's outcome; see DeliverTask. What it carries may be taken.
  virtual void deliver(DeliverTask& delivery, TaskReport* report) = 0;
  /// An attempt ended without one. Of the report, the message.
  virtual void retry(const RetryTask& retry, TaskReport* report) = 0;

  /// A sub-task is final.
  virtual void subtask_done(const DeliverTask& delivery) { static_cast<void>(delivery); }
  /// An attempt of a task that has submitted sub-tasks is over, and so are these.
  virtual void family_ended(TaskId parent) { static_cast<void>(parent); }
  /// An attempt of a gang has come to nothing.
  virtual void gang_broken(const GangBroken& broken) { static_cast<void>(broken); }

  /// No more outcomes should be caused than those already under way.
  virtual bool full() const = 0;
  /// While full, the worker whose output goes out even so; see OutputFull.
  virtual WorkerId full_but_for() const { return kNoWorker; }

  /// Once in every turn: moves on to the output what is due. `over`: all workers have ended, and
  /// what is left is all that there will be. An Error: outcomes are lost (the spill file cannot be
  /// read), which is the end of the run; it is not called again.
  virtual Status advance(bool over) = 0;
  /// The run is over when all that it has accepted is durable, and
  virtual OutcomeMarks marks() = 0;
  /// all that is no outcome (tails) has been handed to the output.
  virtual bool drained() const { return true; }
  /// Some of it has not, since stdout or stderr is not read: the run goes on when it is.
  virtual bool stalled() const { return false; }
  /// All has been written: files of its own are closed, which may fail as a write does.
  virtual Status close_output() { return {}; }
  /// What goes to stderr is output, too: at the end it is waited for as stdout is.
  virtual bool errors_are_output() const { return false; }

  /// That some of the input was not read is worth a line at the end.
  virtual bool tells_unread_input() const { return true; }
  /// Tells which tasks did not succeed, in its own way; false: the Reporter is to do it.
  virtual bool tell_failures() { return false; }
  /// The exit status, where the mode has a say in it.
  virtual int exit_status(const RunEnd& end, const HaltOptions& halt) const {
    return exit_code(end, halt);
  }
  /// Workers have no tasks of their own to be waited for (`all`), or go on when these are done.
  virtual bool waits_for_workers() const { return false; }
  /// USR1 and USR2: one slot more, or less.
  virtual void change_slots(int by) { static_cast<void>(by); }
  /// What the exit status counts.
  virtual std::uint64_t failures(const Scheduler::Counts& counts) const {
    return counts.failed + counts.lost + counts.not_computed;
  }
};

}  // namespace spread
