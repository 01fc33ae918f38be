#pragma once

#include <memory>
#include <string>
#include <utility>

#include "spread/base/assert.h"
#include "spread/sources/record_reader.h"
#include "spread/sweep/sweep.h"

namespace spread {

/// The rows of a sweep as the records of tasks. It is fed nothing.
class SweepReader final : public RecordReader {
 public:
  /// Rows that one call of next() looks at: where --where leaves out nearly all, signals and
  /// answers must not wait.
  static constexpr int kRowsPerCall = 4096;

  explicit SweepReader(std::unique_ptr<Sweep> sweep) : sweep_(std::move(sweep)) {}

  void feed(Slice) override { SPREAD_ASSERT(false); }
  void finish() override { SPREAD_ASSERT(false); }
  Pull next(Record& record) override {
    for (int i = 0; i < kRowsPerCall; ++i) {
      const Sweep::Step step = sweep_->next(record.payload);
      if (step == Sweep::Step::End) return Pull::End;
      if (step == Sweep::Step::Skipped) continue;
      if (step == Sweep::Step::Drawn) break;
      record.bad.clear();
      return Pull::Record;
    }
    return Pull::Later;
  }
  double share_given() const override {
    return static_cast<double>(sweep_->rows_seen()) / static_cast<double>(sweep_->rows());
  }
  const std::string& error() const override { return error_; }

 private:
  std::unique_ptr<Sweep> sweep_;
  std::string error_;  // stays empty
};

}  // namespace spread
