#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "spread/api/bytes.h"
#include "spread/api/shared_options.h"
#include "spread/api/task.h"
#include "spread/base/buffers.h"
#include "spread/results/csv_format.h"

namespace spread {

/// `--out csv`: a row for each task, of what it was given and what came of it (docs/sweeps.md,
/// "CSV"). A map has a column for each key; anything else but nil is the column `input` or
/// `result`.
class CsvTable {
 public:
  /// More names than these are left out, with a warning.
  static constexpr std::size_t kColumnsMax = 65536;

  /// Without `columns`, they are `inputs`, which all payloads have, and those that look_at() finds.
  CsvTable(CsvStyle style, const std::vector<std::string>& columns,
           const std::vector<std::string>& inputs = {});

  /// In any order of tasks. `value` is empty where the task has none.
  void look_at(TaskId task, ByteView payload, ByteView value);
  /// All have been looked at: the columns are the keys of payloads and then those of results alone,
  /// each by the first task that has it.
  void fix_columns();

  /// Nothing where there are no columns.
  void append_header(ByteBuffer& out) const;
  /// Of a key that both have, the result's value counts.
  void append_row(ByteView payload, ByteView value, ByteBuffer& out);

  /// No row follows: from now on there may be a warning of columns that no row had.
  void end();
  bool has_warning() const { return !warnings_.empty() || format_.has_warning(); }
  std::string take_warning();

 private:
  /// Where a key was seen first.
  struct Place {
    bool of_result;
    std::uint64_t task;
    std::size_t index;  ///< among the task's keys
    auto operator<=>(const Place&) const = default;
  };

  void note(std::string_view key, const Place& place);
  void set_fields(ByteView value, std::string_view whole);

  CsvFormat format_;
  bool given_;
  std::vector<std::string> columns_;
  std::unordered_map<std::string, Place> places_;
  std::unordered_map<std::string, std::size_t> index_;  ///< of each column
  std::vector<bool> used_;
  std::vector<ByteView> row_;  ///< scratch
  std::string key_;            ///< scratch
  bool told_columns_ = false;
  std::vector<std::string> warnings_;
};

}  // namespace spread
