#pragma once

#include <cstdint>
#include <string>

#include "spread/api/result.h"
#include "spread/api/task.h"

namespace spread {

/// How far outcomes have got. Both only grow.
struct OutcomeMarks {
  /// Taken over by the chain: a task's outcome is given to it once, and comes out of it, or the run
  /// ends with an error.
  std::uint64_t accepted = 0;
  /// Of those, at least so many will be found where they go though spread is killed now: the system
  /// has all their bytes (a file, a pipe), or they have none; where the reader of the output has
  /// left, they count, too. Not sooner than it is so, perhaps later; in the end all that was
  /// accepted.
  std::uint64_t durable = 0;

  bool operator==(const OutcomeMarks&) const = default;
};

/// A link of the chain that the outcomes of `run` flow through: put in order (ReorderSink), made
/// into bytes and written (FormatSink); each passes on to the next. What is to see every outcome
/// first, a journal, say, is a link in front of these.
class OutcomeSink {
 public:
  virtual ~OutcomeSink() = default;
  /// Takes over the outcome of a task. Each task once, in any order.
  virtual void take(TaskResult&& result) = 0;
  /// Passes on what is due, as far as the next link is not full. An Error: outcomes are lost, and
  /// the run with them.
  virtual Status pump() = 0;
  /// No more outcomes should be caused than those already under way, which it still takes.
  virtual bool full() const = 0;
  /// Nothing waits to be passed on here or behind.
  virtual bool empty() const = 0;
  virtual OutcomeMarks marks() = 0;
  /// There is something to be told to the user, and what.
  virtual bool has_warning() const = 0;
  virtual std::string take_warning() = 0;
};

}  // namespace spread
