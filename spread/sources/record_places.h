#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <vector>

namespace spread {

/// In which line each record of an input begins, for messages. Nothing is kept as long as every
/// line is a record; bounded, and then further places are not known.
class RecordPlaces {
 public:
  static constexpr std::size_t kRunsMax = 65536;

  /// Of the next record. Lines count from 1.
  void add(std::uint64_t line) {
    if (line != next_line_ && runs_.size() < kRunsMax) runs_.push_back({records_, line});
    if (line != next_line_ && runs_.size() == kRunsMax) known_ = std::min(known_, records_);
    ++records_;
    next_line_ = line + 1;
  }
  /// 0 = not known. Records count from 0.
  std::uint64_t line_of(std::uint64_t record) const {
    if (record >= known_) return 0;
    const auto after =
        std::upper_bound(runs_.begin(), runs_.end(), record,
                         [](std::uint64_t wanted, const Run& run) { return wanted < run.record; });
    if (after == runs_.begin()) return record + 1;
    const Run& run = *std::prev(after);
    return run.line + (record - run.record);
  }

 private:
  struct Run {
    std::uint64_t record, line;
  };

  std::vector<Run> runs_;  ///< where records do not follow line by line
  std::uint64_t records_ = 0;
  std::uint64_t next_line_ = 1;
  std::uint64_t known_ = UINT64_MAX;
};

}  // namespace spread
