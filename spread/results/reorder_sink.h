#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "spread/results/outcome_sink.h"
#include "spread/results/reorder_buffer.h"
#include "spread/results/spill.h"

namespace spread {

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
