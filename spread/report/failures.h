#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "spread/api/observer.h"
#include "spread/base/byte_buffer.h"

namespace spread {

/// Tells tasks without a result on stderr, the first 20 of them one by one:
///   spread: task 7 failed: ValueError: not a number (worker 2 on n1)
/// and the rest by `finish`. Appends to `out`, which must live as long.
class FailureReport final : public Observer {
 public:
  static constexpr std::uint64_t kToldMax = 20;

  explicit FailureReport(ByteBuffer& out) : out_(out) {}

  using Observer::on;
  void on(const TaskFinished& event, TimePoint now) override;
  /// At the end of the run; tells the counts where not every failure has been told.
  void finish();

 private:
  ByteBuffer& out_;
  std::array<std::uint64_t, 4> counts_{};  ///< by Outcome
  std::uint64_t told_ = 0;
};

}  // namespace spread
