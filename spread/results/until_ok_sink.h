#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "spread/results/reorder_buffer.h"

namespace spread {

/// --until-ok: passes on the first successes, so many, and nothing else.
class UntilOkSink final : public OutcomeSink {
 public:
  UntilOkSink(std::uint64_t wanted, std::unique_ptr<OutcomeSink> next)
      : wanted_(wanted), next_(std::move(next)) {}

  void take(TaskResult&& result) override {
    if (result.outcome != Outcome::Ok || wanted_ == 0) {
      ++dropped_;
      return;
    }
    --wanted_;
    next_->take(std::move(result));
  }
  void end() override { next_->end(); }
  Status pump() override { return next_->pump(); }
  bool full() const override { return next_->full(); }
  bool empty() const override { return next_->empty(); }
  /// What is dropped has no bytes.
  OutcomeMarks marks() override {
    OutcomeMarks marks = next_->marks();
    marks.accepted += dropped_;
    marks.durable += dropped_;
    return marks;
  }
  bool has_warning() const override { return next_->has_warning(); }
  std::string take_warning() override { return next_->take_warning(); }

 private:
  std::uint64_t wanted_;
  std::unique_ptr<OutcomeSink> next_;
  std::uint64_t dropped_ = 0;
};

}  // namespace spread
