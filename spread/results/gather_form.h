// --gather: all results as one value.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "spread/api/shared_options.h"
#include "spread/results/output.h"
#include "spread/results/result_form.h"

namespace spread {

/// A value of JSON that can be written while the run goes on: List, Concat or Map. Results are
/// added in order.
class GatherForm final : public ResultForm {
 public:
  /// With Concat the value of each success is a list.
  explicit GatherForm(GatherAs how);

  void begin(OutputQueue& out) override;
  void add(const TaskResult& result, OutputQueue& out) override;
  void end(OutputQueue& out) override;
  bool is_one_value() const override { return true; }
  bool has_warning() const override { return formatter_.has_warning(); }
  std::string take_warning() override { return formatter_.take_warning(); }

 private:
  GatherAs how_;
  const std::vector<std::string> no_hosts_;
  OutputFormatter formatter_;
  ByteBuffer json_;  ///< scratch
  bool is_first_ = true;
};

/// One of msgpack, whose lists begin with their length; or ByWorker, where each worker's results
/// are told apart.
class HeldGatherForm final : public HeldForm {
 public:
  /// With ByWorker the value of each result is a pair, of its payload and it: see pair_of().
  HeldGatherForm(GatherAs how, OutputFormat format);

  void take(TaskResult&& result, HeldResults& held) override;
  std::string no_room(const std::string& why) const override {
    return "cannot hold the results of --gather: " + why;
  }
  void begin(OutputQueue& out) override;
  void add(const TaskResult& result, OutputQueue& out) override;
  void end(OutputQueue& out) override;
  bool is_one_value() const override { return true; }
  bool has_warning() const override { return formatter_.has_warning(); }
  std::string take_warning() override { return formatter_.take_warning(); }

 private:
  void add_head_of_worker(TaskId key, ByteBuffer& out);

  GatherAs how_;
  const std::vector<std::string> no_hosts_;
  OutputFormatter formatter_;
  bool is_json_;
  std::uint64_t elements_ = 0;                     ///< of the list or map
  std::map<std::uint32_t, std::uint64_t> counts_;  ///< tasks of each worker
  // ByWorker: what is being written.
  std::optional<std::uint32_t> worker_;
  bool in_results_ = false;
  bool is_first_ = true;  ///< of its list
};

}  // namespace spread
