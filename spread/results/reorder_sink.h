#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "spread/api/result.h"
#include "spread/api/task.h"
#include "spread/results/reorder_buffer.h"
#include "spread/results/spill_runs.h"

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

/// Outcomes in the order of their tasks: those that come early wait, in memory, then in the spill
/// file.
class ReorderSink final : public OutcomeSink {
 public:
  /// `memory_bytes` and `spill` as of ReorderBuffer.
  ReorderSink(std::size_t memory_bytes, std::unique_ptr<SpillFile> spill,
              std::unique_ptr<OutcomeSink> next)
      : spill_(std::move(spill)), reorder_(memory_bytes, spill_.get()), next_(std::move(next)) {}

  void take(TaskResult&& result) override;
  Status pump() override;
  bool full() const override { return reorder_.full() || next_->full(); }
  bool empty() const override { return reorder_.waiting() == 0 && next_->empty(); }
  OutcomeMarks marks() override;
  bool has_warning() const override { return reorder_.has_spill_error() || next_->has_warning(); }
  std::string take_warning() override {
    return next_->has_warning() ? next_->take_warning() : reorder_.take_spill_error();
  }

 private:
  void pass_on();

  std::unique_ptr<SpillFile> spill_;
  ReorderBuffer reorder_;
  std::unique_ptr<OutcomeSink> next_;
  Status status_;  ///< of the spill file
};

}  // namespace spread
