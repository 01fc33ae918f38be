#pragma once

#include <cstdint>
#include <memory>

#include "spread/api/options.h"
#include "spread/api/result.h"
#include "spread/base/unique_fd.h"
#include "spread/run/task_input.h"
#include "spread/sources/block_cutter.h"
#include "spread/sources/block_ranges.h"

namespace spread {

/// The tasks of `pipe`: blocks of whole records as payloads, or with --pipepart the places where
/// they lie in the file.
class PipeInput {
 public:
  static Result<PipeInput> open(const Options& options, std::uint32_t slots, EventLoop& loop);

  std::unique_ptr<TaskInput> take_input() { return std::move(input_); }
  /// What goes in front of every block; good from the first task on.
  const Slice& header() const;
  /// --pipepart: the file, and where in it a payload says that its block is.
  int file() const { return file_.get(); }
  static ByteRange range_of(ByteView payload);

 private:
  std::unique_ptr<TaskInput> input_;
  const BlockCutter* cutter_ = nullptr;
  std::shared_ptr<RangeFinder> finder_;
  UniqueFd file_;
};

}  // namespace spread
