#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "spread/api/shared_options.h"
#include "spread/api/task.h"
#include "spread/shards/array_file.h"
#include "spread/shards/cut.h"
#include "spread/sources/record_reader.h"

namespace spread {

/// Tasks that are shards: maps with `index`, `total`, `start`, `stop`, `max`, and `parts` where
/// there are arrays (docs/shards.md). An input without a file: nothing is fed to it.
class ShardReader final : public RecordReader {
 public:
  /// As many pieces as there are slots, where the options say nothing of it: next() says Wait until
  /// set_slots() has been called.
  ShardReader(const ShardOptions& options, std::vector<Array> arrays);

  bool waits_for_slots() const { return !cutting_; }
  void set_slots(std::uint64_t slots);
  /// The numbers in all shards.
  std::uint64_t max() const { return n_; }
  /// How many numbers a task has that has been made.
  std::uint64_t size_of(TaskId task) const {
    const Piece piece = cutting_->piece(number(task));
    return piece.stop - piece.start;
  }

  void feed(Slice) override {}
  void finish() override {}
  Pull next(Record& record) override;
  const std::string& error() const override { return error_; }

 private:
  Split split_;
  std::vector<Array> arrays_;
  std::uint64_t n_;
  std::optional<Cutting> cutting_;
  std::uint64_t next_ = 0;
  std::string error_;  ///< stays empty
};

}  // namespace spread
