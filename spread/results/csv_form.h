#pragma once

#include <string>

#include "spread/api/shared_options.h"
#include "spread/results/csv_table.h"
#include "spread/results/result_form.h"

namespace spread {

/// --out csv. The value of each result is a pair, of its payload and it: see pair_of(). Where the
/// columns are given, rows can be added as they come; else all are held, since the last one may
/// bring another column.
class CsvForm final : public HeldForm {
 public:
  /// `inputs`: the keys of all payloads, where they are known before the first one; else empty.
  CsvForm(const OutputOptions& options, const std::vector<std::string>& inputs)
      : table_(options.csv_style, options.columns, inputs), is_held_(options.columns.empty()) {}

  void take(TaskResult&& result, HeldResults& held) override;
  std::string no_room(const std::string& why) const override {
    return "--out csv cannot hold the rows: " + why +
           "; with --columns they are written as they come";
  }
  void begin(OutputQueue& out) override;
  void add(const TaskResult& result, OutputQueue& out) override;
  void end(OutputQueue&) override { table_.end(); }
  bool is_one_value() const override { return is_held_; }
  bool has_warning() const override { return table_.has_warning(); }
  std::string take_warning() override { return table_.take_warning(); }

 private:
  CsvTable table_;
  bool is_held_;
};

}  // namespace spread
