// The ends of chains where all outcomes are written in one form (results/result_form.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "spread/output/output_writer.h"
#include "spread/output/sinks.h"
#include "spread/results/held_results.h"
#include "spread/results/reorder_buffer.h"
#include "spread/results/result_form.h"

namespace spread {

/// Outcomes as they come.
class StreamSink final : public OutcomeSink {
 public:
  /// `writer` must outlive this.
  StreamSink(std::unique_ptr<ResultForm> form, OutputWriter& writer)
      : form_(std::move(form)), writer_(writer), mark_({&writer}) {}

  void take(TaskResult&& result) override;
  void end() override;
  Status pump() override { return {}; }
  bool full() const override { return writer_.full() && !writer_.closed(); }
  bool empty() const override { return true; }
  OutcomeMarks marks() override {
    return {taken_, ended_ || !form_->is_one_value() ? mark_.written(taken_) : 0};
  }
  bool has_warning() const override { return form_->has_warning(); }
  std::string take_warning() override { return form_->take_warning(); }

 private:
  void begin();

  std::unique_ptr<ResultForm> form_;
  OutputWriter& writer_;
  WriteMark mark_;
  std::uint64_t taken_ = 0;
  bool begun_ = false, ended_ = false;
};

/// Outcomes that are all held until the last one has come, in memory and the spill file.
class HeldSink final : public OutcomeSink {
 public:
  /// `memory_bytes` and `spill` as of HeldResults; `writer` must outlive this.
  HeldSink(std::unique_ptr<HeldForm> form, std::size_t memory_bytes,
           std::unique_ptr<SpillFile> spill, OutputWriter& writer)
      : form_(std::move(form)),
        spill_(std::move(spill)),
        held_(memory_bytes, *spill_),
        writer_(writer),
        mark_({&writer}) {}

  void take(TaskResult&& result) override {
    ++taken_;
    form_->take(std::move(result), held_);
  }
  void end() override { ended_ = true; }
  Status pump() override;
  /// What has no room ends the run: nothing leaves before the end.
  bool full() const override { return false; }
  bool empty() const override { return done_; }
  OutcomeMarks marks() override { return {taken_, done_ ? mark_.written(taken_) : 0}; }
  bool has_warning() const override { return form_->has_warning(); }
  std::string take_warning() override { return form_->take_warning(); }

 private:
  std::unique_ptr<HeldForm> form_;
  std::unique_ptr<SpillFile> spill_;
  HeldResults held_;
  OutputWriter& writer_;
  WriteMark mark_;
  std::uint64_t taken_ = 0;
  bool ended_ = false, begun_ = false, done_ = false;
};

}  // namespace spread
