// --gather: the ends of the chain where all results become one value.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "spread/api/result.h"
#include "spread/api/shared_options.h"
#include "spread/output/output_writer.h"
#include "spread/output/sinks.h"
#include "spread/results/held_results.h"
#include "spread/results/output.h"
#include "spread/results/reorder_buffer.h"

namespace spread {

/// One value of JSON, written while the run goes on: results come in order. Not for ByWorker.
class GatherSink final : public OutcomeSink {
 public:
  /// `writer` must outlive this. With Concat the value of each success is a list.
  GatherSink(GatherAs how, OutputWriter& writer);

  void take(TaskResult&& result) override;
  void end() override;
  Status pump() override { return {}; }
  bool full() const override { return writer_.full() && !writer_.closed(); }
  bool empty() const override { return true; }
  OutcomeMarks marks() override { return {taken_, ended_ ? mark_.written(taken_) : 0}; }
  bool has_warning() const override { return formatter_.has_warning(); }
  std::string take_warning() override { return formatter_.take_warning(); }

 private:
  void add(const TaskResult& result);

  GatherAs how_;
  OutputWriter& writer_;
  const std::vector<std::string> no_hosts_;
  OutputFormatter formatter_;
  ByteBuffer json_;  ///< scratch
  WriteMark mark_;
  std::uint64_t taken_ = 0;
  bool begun_ = false;  ///< there is an element
  bool ended_ = false;
};

/// One value that cannot be begun before the last result: of msgpack, whose lists begin with their
/// length, and of each worker's results, which are told apart. Results come in any order.
class HeldGatherSink final : public OutcomeSink {
 public:
  /// `memory_bytes` and `spill` as of HeldResults; `writer` must outlive this. With ByWorker the
  /// value of each result is a pair, of its payload and it: see pair_of().
  HeldGatherSink(GatherAs how, OutputFormat format, std::size_t memory_bytes,
                 std::unique_ptr<SpillFile> spill, OutputWriter& writer);

  void take(TaskResult&& result) override;
  void end() override { ended_ = true; }
  Status pump() override;
  bool full() const override { return false; }
  bool empty() const override { return done_; }
  OutcomeMarks marks() override { return {taken_, done_ ? mark_.written(taken_) : 0}; }
  bool has_warning() const override { return formatter_.has_warning(); }
  std::string take_warning() override { return formatter_.take_warning(); }

 private:
  void begin();
  void head_of_worker(TaskId key);
  void add(const TaskResult& result);

  GatherAs how_;
  std::unique_ptr<SpillFile> spill_;
  HeldResults held_;
  OutputWriter& writer_;
  const std::vector<std::string> no_hosts_;
  OutputFormatter formatter_;
  bool is_json_;
  WriteMark mark_;
  std::uint64_t taken_ = 0;
  std::uint64_t elements_ = 0;                     ///< of the list or map
  std::map<std::uint32_t, std::uint64_t> counts_;  ///< tasks of each worker
  bool ended_ = false, begun_ = false, done_ = false;
  // ByWorker: what is being written.
  std::optional<std::uint32_t> worker_;
  bool in_results_ = false;
  bool is_first_ = true;  ///< of its list
};

}  // namespace spread
