// Where the tasks of a run come from, and its answers go to, if neither is a file: docs/relay.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/api/task.h"
#include "spread/results/reorder_buffer.h"
#include "spread/sources/record_reader.h"
#include "spread/wire/reply.h"

namespace spread {

class Engine;

/// What an Upstream may ask of its run, on the run's thread and at any moment of a turn. It is good
/// from Upstream::open() on, to the end of the run.
class UpstreamRun {
 public:
  virtual ~UpstreamRun() = default;
  virtual Engine& engine() = 0;
  /// A task that its reader has given is not wanted any more. Where it has never been sent,
  /// Upstream::withdrawn() follows in place of its outcome; else that comes as ever.
  virtual void withdraw(TaskId task) = 0;
  /// To Upstream::Question `reply.seq`. Dropped where who has asked it is gone.
  virtual void reply(wire::Reply reply) = 0;
};

/// Who has the tasks of a run whose tasks come one by one while it goes on, and whose answers go
/// back one by one: the master above a relay. It takes the place of the input and of the chain of
/// outcomes of WorkerMode, and of what a run tells of its tasks on stderr: nothing of that is told
/// there, a task that is fatal ends alone, and the exit status does not depend on what became of
/// tasks. All calls come from the run's thread, none from within one that it has made itself but
/// those that say so; it must outlive the run.
///
/// Tasks are named by TaskId: the nth that next() has given, counted from 0.
class Upstream {
 public:
  virtual ~Upstream() = default;

  /// Once, before all else.
  virtual Status open(UpstreamRun& run) = 0;
  /// The next task that is there, in the order in which they are to be computed; Wait where more
  /// may come, End behind the last, never Broken. Asked in every turn in which the run has room for
  /// more tasks, so what brings them wakes the loop by a descriptor of its own.
  virtual Pull next(Record& record) = 0;
  /// next() would say Wait.
  virtual bool waits() const = 0;
  /// Its outcome, as soon as it is there, in any order; of each task but those that were withdrawn.
  virtual void finished(TaskResult&& result) = 0;
  /// Once in each turn, behind the outcomes of it.
  virtual void turn() {}
  /// No more outcomes should be caused than those already under way.
  virtual bool full() const { return false; }
  /// Of the first `given` outcomes, as many as OutcomeMarks::durable means.
  virtual std::uint64_t durable(std::uint64_t given) { return given; }
  /// The run, and its loop, are over.
  virtual void close() {}

  /// It was withdrawn in time, and has no outcome.
  virtual void withdrawn(TaskId task) = 0;
  /// The outcome that follows in this turn was a `fatal` one.
  virtual void fatal(TaskId task) = 0;
  /// What a worker has attached to its answer; the outcome may follow at once, or from another
  /// attempt, which says this again if it has anything.
  virtual void printed(TaskId task, std::string_view so, std::string_view se) = 0;
  virtual void progressed(TaskId task, double fraction, std::string_view text) = 0;
  /// Of what concerns no task the run says a line on stderr.
  virtual void logged(TaskId task, LogLevel level, std::string_view text) = 0;

  /// False: too much of what it has been told waits for the one whose tasks they are, and workers
  /// are left unread until that is over. Asked in each turn.
  virtual bool takes_more() const { return true; }

  /// A worker has written this to its stderr while it had tasks of `run` (Record::run). False: it
  /// is to go where all else goes that workers write there.
  virtual bool errors(RunId run, std::string_view text) {
    return static_cast<void>(run), static_cast<void>(text), false;
  }

  /// What a worker asks, and the run itself does not know an answer to.
  struct Question {
    std::uint64_t seq = 0;  ///< counted from 1 over the run
    WorkerId worker{};
    std::optional<TaskId> task;  ///< none also of a sub-task
    std::string_view op;
    std::uint64_t arguments = 0;
    ByteView values;  ///< of these, encoded, one behind the other
  };
  /// UpstreamRun::reply() once, at any time, also within this call.
  virtual void ask(const Question& question) = 0;
};

/// Its tasks as the records of an input that is never fed, and its face as the end of the chain of
/// outcomes, which closes it. They must not outlive it.
std::unique_ptr<RecordReader> tasks_of(Upstream& upstream);
std::unique_ptr<OutcomeSink> outcomes_for(Upstream& upstream);

}  // namespace spread
