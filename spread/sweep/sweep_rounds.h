#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spread/base/assert.h"
#include "spread/sources/record_reader.h"
#include "spread/sweep/sweep.h"

namespace spread {

/// The rows of a random sweep as the records of tasks, in rounds: when all tasks of a round have
/// ended, and too few have succeeded, more samples are drawn. It is fed nothing but outcomes.
class SweepRounds final : public RecordReader {
 public:
  /// The first round is the sweep as it is; `wanted` tasks are to succeed, in at most `rounds_max`
  /// rounds.
  SweepRounds(std::unique_ptr<Sweep> sweep, std::uint64_t wanted, std::uint64_t rounds_max)
      : sweep_(std::move(sweep)), wanted_(wanted), rounds_max_(rounds_max) {}

  /// A task has ended for good. One for each record.
  void ended(bool ok) {
    SPREAD_ASSERT(under_way_ > 0);
    --under_way_;
    if (ok) ++ok_;
  }
  /// The run is over, for whatever reason. May be called again.
  void end();
  /// Successes that are still wanted.
  std::uint64_t missing() const { return wanted_ - std::min(ok_, wanted_); }
  /// What is to be told to the user, once, a line each.
  std::vector<std::string> take_messages() { return std::exchange(messages_, {}); }

  void feed(Slice) override { SPREAD_ASSERT(false); }
  void finish() override { SPREAD_ASSERT(false); }
  Pull next(Record& record) override;
  bool waits() const override { return under_way_ > 0; }
  double share_given() const override {
    return static_cast<double>(wanted_ - missing()) / static_cast<double>(wanted_);
  }
  const std::string& error() const override { return error_; }

 private:
  bool begin_round();
  void tell_missing(std::string_view why);

  std::unique_ptr<Sweep> sweep_;
  std::uint64_t wanted_;
  std::uint64_t rounds_max_;
  std::uint64_t round_ = 1;
  std::uint64_t under_way_ = 0;
  std::uint64_t ok_ = 0;
  bool warned_ = false;
  bool told_missing_ = false;
  std::vector<std::string> messages_;
  std::string error_;  // stays empty
};

}  // namespace spread
