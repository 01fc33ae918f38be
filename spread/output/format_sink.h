#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "spread/api/shared_options.h"
#include "spread/output/output_writer.h"
#include "spread/results/output.h"
#include "spread/results/reorder_sink.h"

namespace spread {

/// Counts of what has been put into writers' queues -> how much of it has been written. One mark is
/// under way at a time, so that asking is cheap and nothing is kept per outcome.
class WriteMark {
 public:
  /// They must outlive this.
  explicit WriteMark(std::vector<const OutputWriter*> writers)
      : writers_(std::move(writers)), ends_(writers_.size()) {}

  /// `put`: so many have been put into the queues so far, whole; at least so many of them are
  /// written. Asked again, it catches up once the writers do. What was for a reader who has left
  /// counts: nothing more will become of it.
  std::uint64_t written(std::uint64_t put) {
    if (!reached()) return written_;
    written_ = std::exchange(marked_, put);
    for (std::size_t i = 0; i < writers_.size(); ++i) {
      ends_[i] = writers_[i]->written() + writers_[i]->waiting();
    }
    if (reached()) written_ = marked_;
    return written_;
  }

 private:
  bool reached() const {
    for (std::size_t i = 0; i < writers_.size(); ++i) {
      if (!writers_[i]->closed() && writers_[i]->written() < ends_[i]) return false;
    }
    return true;
  }

  std::vector<const OutputWriter*> writers_;
  std::vector<std::uint64_t> ends_;  ///< of each, where in its bytes the mark is
  std::uint64_t marked_ = 0;         ///< put in front of that
  std::uint64_t written_ = 0;
};

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
