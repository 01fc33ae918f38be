// --out csv: the ends of the chain where each outcome is a row. The value of each result is a pair,
// of its payload and it: see pair_of().
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "spread/api/result.h"
#include "spread/api/shared_options.h"
#include "spread/output/output_writer.h"
#include "spread/output/sinks.h"
#include "spread/results/csv_table.h"
#include "spread/results/held_results.h"
#include "spread/results/reorder_buffer.h"

namespace spread {

/// Rows as they come: the columns are known.
class CsvSink final : public OutcomeSink {
 public:
  /// `writer` must outlive this.
  CsvSink(const OutputOptions& options, OutputWriter& writer);

  void take(TaskResult&& result) override;
  void end() override;
  Status pump() override { return {}; }
  bool full() const override { return writer_.full() && !writer_.closed(); }
  bool empty() const override { return true; }
  OutcomeMarks marks() override { return {taken_, mark_.written(taken_)}; }
  bool has_warning() const override { return table_.has_warning(); }
  std::string take_warning() override { return table_.take_warning(); }

 private:
  void begin();

  CsvTable table_;
  OutputWriter& writer_;
  WriteMark mark_;
  std::uint64_t taken_ = 0;
  bool begun_ = false, ended_ = false;
};

/// All rows are held until the last outcome has come, since it may bring another column. Results
/// come in any order, and rows leave in that of their tasks.
class HeldCsvSink final : public OutcomeSink {
 public:
  /// `memory_bytes` and `spill` as of HeldResults; `writer` must outlive this.
  HeldCsvSink(const OutputOptions& options, std::size_t memory_bytes,
              std::unique_ptr<SpillFile> spill, OutputWriter& writer);

  void take(TaskResult&& result) override;
  void end() override { ended_ = true; }
  Status pump() override;
  bool full() const override { return false; }
  bool empty() const override { return done_; }
  OutcomeMarks marks() override { return {taken_, done_ ? mark_.written(taken_) : 0}; }
  bool has_warning() const override { return table_.has_warning(); }
  std::string take_warning() override { return table_.take_warning(); }

 private:
  std::unique_ptr<SpillFile> spill_;
  HeldResults held_;
  CsvTable table_;
  OutputWriter& writer_;
  WriteMark mark_;
  std::uint64_t taken_ = 0;
  bool ended_ = false, begun_ = false, done_ = false;
};

}  // namespace spread
