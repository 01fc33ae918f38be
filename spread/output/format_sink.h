#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "spread/api/output_options.h"
#include "spread/output/output_writer.h"
#include "spread/output/write_mark.h"
#include "spread/results/outcome_sink.h"
#include "spread/results/output.h"

namespace spread {

/// The end of the chain: outcomes as the bytes of stdout, in the order in which they come.
class FormatSink final : public OutcomeSink {
 public:
  /// `writer`, and `host_names`, which may grow, must outlive this.
  FormatSink(const OutputOptions& options, OutputWriter& writer,
             const std::vector<std::string>& host_names)
      : writer_(writer), formatter_(options, host_names), mark_({&writer}) {}

  void take(TaskResult&& result) override {
    ++taken_;
    if (!writer_.closed()) formatter_.append(result, writer_.queue());
  }
  Status pump() override { return {}; }
  bool full() const override { return writer_.full() && !writer_.closed(); }
  bool empty() const override { return true; }
  OutcomeMarks marks() override { return {taken_, mark_.written(taken_)}; }
  bool has_warning() const override { return formatter_.has_warning(); }
  std::string take_warning() override { return formatter_.take_warning(); }

 private:
  OutputWriter& writer_;
  OutputFormatter formatter_;
  WriteMark mark_;
  std::uint64_t taken_ = 0;
};

}  // namespace spread
