// spread/results: results in, output out, in task order and bounded memory. Pure but for the spill
// file, which is an interface here and a file in io/. Here are the order (ReorderBuffer) and the
// chain that outcomes of `run` flow through (OutcomeSink). Start here, then output.h; for `map`,
// job_output.h: what jobs print. What is written about a run on the side is joblog.h and
// failure_report.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "spread/api/result.h"
#include "spread/api/task.h"
#include "spread/base/assert.h"
#include "spread/results/waiting_values.h"

namespace spread {

/// Completion order in, task order out. Every id from 0 is put exactly once. Results that wait for
/// an earlier one stay in memory up to `memory_bytes` (their own bytes and the bookkeeping), then
/// go to the spill file as sorted runs; when that is full too, full() holds back new work.
///
/// A small result is copied on put() if it has to wait (its Slice may pin a whole read buffer); the
/// common case, a result that is next in line, is taken out again by pop() without a copy.
class ReorderBuffer {
 public:
  /// Less memory than this is taken as this much.
  static constexpr std::size_t kMemoryMin = 64 * 1024;

  /// `spill` may be null (then full() alone bounds the memory); it must outlive the buffer.
  ReorderBuffer(std::size_t memory_bytes, SpillFile* spill);
  ~ReorderBuffer();

  /// Instead of put() and pop(): true if `id` is next in line, and then the caller, who has the
  /// result in hand, delivers it before anything else.
  bool pass(TaskId id) {
    if (number(id) != next_) return false;
    ++next_;
    return true;
  }
  void put(TaskResult&& result) {
    const std::uint64_t id = number(result.id);
    const std::uint64_t distance = id - next_;
    if (distance > mask_) return put_far(std::move(result));
    TaskResult& slot = ring_[id & mask_];
    SPREAD_ASSERT(slot.id == kNoTask);
    ++waiting_;
    Slice& body = result.value.body;
    if (distance != 0 && values_.shares(body)) {
      const bool grown = values_.copy_to(slot.value.body, body, WaitingValues::kNear);
      copy_all_but_body(slot, result);
      body = Slice();
      if (grown) bound_memory();
      return;
    }
    head_as_given_ |= distance == 0;
    const bool grown = distance != 0 && values_.keep(body, WaitingValues::kNear);
    slot = std::move(result);
    if (grown) bound_memory();
  }
  /// The next result in order, if it is here. An Error if the spill file cannot be read; that is
  /// the end of the run, since the result is lost.
  Result<bool> pop(TaskResult& result) {
    TaskResult& slot = ring_[next_ & mask_];
    if (number(slot.id) != next_) {
      if (far_first_ != next_) return false;
      return pop_far(result);
    }
    take(slot, result);
    return true;
  }

  /// True while memory and spill file are used up: the caller should start no task beyond those
  /// under way. put() still accepts their results.
  bool full() const { return waiting_ > 0 && memory_in_use() > memory_bytes_; }
  /// The id that pop() waits for.
  TaskId next() const { return TaskId{next_}; }
  /// Results held, in memory and on disk.
  std::uint64_t waiting() const { return waiting_; }
  /// Does not count a result that was next in line when it was put: its bytes are in the caller's
  /// block.
  std::size_t memory_in_use() const;
  /// Why the last attempt to spill failed (a full disk), once; empty otherwise.
  bool has_spill_error() const { return !spill_error_.empty(); }
  std::string take_spill_error() { return std::exchange(spill_error_, {}); }

 private:
  static constexpr TaskId kNoTask{UINT64_MAX};
  static constexpr std::uint64_t kNone = SpillRuns::kNone;

  std::uint64_t ring_end() const { return next_ + mask_ + 1; }
  void take(TaskResult& slot, TaskResult& result) {
    if (head_as_given_) {
      head_as_given_ = false;
    } else {
      values_.let_go(slot.value.body);
    }
    result = std::move(slot);
    slot.id = kNoTask;
    ++next_;
    --waiting_;
  }
  static void copy_all_but_body(TaskResult& to, const TaskResult& from) {
    to.id = from.id;
    to.outcome = from.outcome;
    to.value.head = from.value.head;
    to.value.head_size = from.value.head_size;
    to.worker = from.worker;
    to.attempts = from.attempts;
    to.duration = from.duration;
    to.first = from.first;
  }
  void put_far(TaskResult&& result);
  Result<bool> pop_far(TaskResult& result);
  bool grow_ring(std::uint64_t distance);
  Status fill_ring();
  void fill_from_batch();
  Status fill_from_runs();
  void note_far_first();
  void bound_memory();
  void make_room();
  void compact();
  bool spill_batch();
  bool spill_ring(std::size_t target);
  bool write_run(std::vector<TaskResult*>& results);

  // Ids in [next_, ring_end()) that are in memory, each at id & mask_; kNoTask elsewhere. Other
  // ids, and those of that range that were sent to the spill file, are "far": in batch_ as they
  // came, or in runs_. When the lowest of them is next, all that now fit go into the ring.
  std::vector<TaskResult> ring_;
  std::uint64_t mask_;
  std::uint64_t next_ = 0;
  std::uint64_t far_first_ = kNone;
  bool head_as_given_ = false;  // the result at next_ was put there without keep()
  std::uint64_t waiting_ = 0;
  WaitingValues values_;
  std::deque<TaskResult> batch_;
  std::uint64_t batch_first_ = kNone;
  std::unique_ptr<SpillRuns> runs_;  // null without a spill file
  std::size_t memory_bytes_;
  std::size_t ring_max_;
  std::size_t retry_at_ = 0;  // after a failure: the memory in use at which to try again
  std::string spill_error_;
};

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
  /// No task follows. Asked for again, nothing happens.
  virtual void end() = 0;
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
  void end() override { ended_ = true; }
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
  bool ended_ = false;
};

}  // namespace spread
