#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "spread/api/limit_options.h"
#include "spread/api/output_options.h"
#include "spread/api/result.h"
#include "spread/output/output_writer.h"
#include "spread/output/spill_file.h"
#include "spread/results/output.h"
#include "spread/results/reorder_buffer.h"

namespace spread {

/// Results on their way to stdout: put in order (or not), formatted, written.
class ResultsOut {
 public:
  ResultsOut(const OutputOptions& output, const SpillOptions& spill, OutputWriter& writer,
             const std::vector<std::string>& host_names);

  void deliver(TaskResult&& result);
  /// Hands on what is next in line, until the output is full.
  void pump();
  /// Nothing that can be handed on waits here.
  bool empty() const { return reorder_.waiting() == 0 || !error_.empty(); }
  /// No new work is to be caused: what is finished cannot be put anywhere.
  bool full() const { return reorder_.full() || writer_.full(); }
  /// A warning for the user, once; empty when there is none.
  std::string take_warning();
  /// The spill file cannot be read back: results are lost, and the run with them.
  const std::string& error() const { return error_; }
  std::uint64_t delivered() const { return delivered_; }

 private:
  void print(const TaskResult& result);

  bool ordered_;
  OutputWriter& writer_;
  TempSpill spill_;
  ReorderBuffer reorder_;
  OutputFormatter formatter_;
  std::uint64_t delivered_ = 0;
  std::string error_;
};

}  // namespace spread
