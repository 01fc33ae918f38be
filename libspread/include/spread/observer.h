// What a Pool tells while it works, and what its workers may ask.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "spread/errors.h"
#include "spread/export.h"
#include "spread/value.h"

namespace spread {
inline namespace v1 {

/// A task: the number of its job, counted from 0 in the order of submission to this Pool, and its
/// place in it.
struct TaskPlace {
  std::uint64_t job = 0;
  std::size_t index = 0;
};

/// A process has been started for a worker. A worker whose process ends may get another one.
struct WorkerStarted {
  int worker = -1;   ///< its number, from 0
  std::string host;  ///< as the options call it
  int pid = 0;       ///< on this machine: its own, or that of what leads to its host
  std::vector<std::string> arguments;
};
struct WorkerEnded {
  int worker = -1;
  bool expected = false;  ///< after it was told that no task follows, with status 0
  std::string reason;     ///< "exit status 3", "killed by signal 9 (Killed)", "timed out"
};
struct TaskSent {
  TaskPlace task;
  int worker = -1;
  std::uint32_t attempt = 0;  ///< from 1
};
/// An attempt has come to nothing, and there will be another one.
struct TaskRetried {
  TaskPlace task;
  int worker = -1;
  std::string kind;     ///< "error", "busy", "timeout", "crash"
  std::string message;  ///< in the worker's words; may be empty
  double seconds = 0;   ///< as in TaskFinished
};
/// The task is final. Not told of tasks of a job that was dropped before it began.
struct TaskFinished {
  TaskPlace task;
  State state = State::ok;
  int worker = -1;  ///< that answered it; -1: none did
  std::uint32_t attempts = 0;
  double seconds =
      0;  ///< from the moment when the worker had nothing else to do; the engine's clock
};
/// A worker says how far it is; what its sub-tasks say has been added in.
struct TaskProgress {
  TaskPlace task;
  double fraction = 0;  ///< 0 to 1
  std::string label;    ///< in the worker's words; may be empty
  double of_job = 0;    ///< the mean over all tasks of the job, those that are final counting 1
};
enum class Level : unsigned char { debug, info, warning, error };
struct WorkerLog {
  std::optional<TaskPlace> task;  ///< nothing: it is about none, or was printed between two answers
  int worker = -1;
  Level level = Level::info;
  std::string text;
};
/// What a worker wrote to its stdout when no task followed.
struct Tail {
  int worker = -1;
  std::string host;
  std::vector<std::string> arguments;  ///< what was started, without what leads to the host
  std::string text;
};

/// What the program `spread` would say on stderr: that a host cannot be reached, say. A line or
/// several, without the last newline.
struct Message {
  std::string text;
};
/// What workers write to their stderr, or to stdout between two answers, as it came.
struct WorkerText {
  std::string text;
};

/// Override what is of interest. All calls come from one thread at a time, in the order in which
/// things happened: the Pool's callback thread, or its executor. A call that takes long holds up
/// the calls behind it, and nothing else; when PoolOptions::callbacks_max calls wait, further ones
/// are dropped, and dropped() says how many. What is thrown in a call ends there, and is told as a
/// Message.
///
/// The Pool may be used in a call, but not waited for: Future::get(), wait() and Pool::stop() throw
/// StateError there.
class SPREAD_API Observer {
 public:
  Observer();
  virtual ~Observer();
  virtual void on(const WorkerStarted&);
  virtual void on(const WorkerEnded&);
  virtual void on(const TaskSent&);
  virtual void on(const TaskRetried&);
  virtual void on(const TaskFinished&);
  virtual void on(const TaskProgress&);
  virtual void on(const WorkerLog&);
  virtual void on(const Tail&);
  virtual void on(const Message&);
  virtual void on(const WorkerText&);
  virtual void dropped(std::size_t calls);
};

/// What a worker asks of the program (docs/protocol.md, section 3; ask() of the SDKs).
struct Question {
  std::string name;
  std::vector<Value> arguments;
  int worker = -1;
  std::optional<TaskPlace> task;  ///< that it works on, where it says so

  /// Throws ValueError where there is no such argument, or it is no T.
  template <class T>
  T argument(std::size_t index) const {
    if (index >= arguments.size()) {
      throw ValueError("there are " + std::to_string(arguments.size()) +
                       " arguments, and none with the "
                       "number " +
                       std::to_string(index));
    }
    return arguments[index].as<T>();
  }
};

}  // namespace v1
}  // namespace spread
