#pragma once

#include "spread/api/result.h"
#include "spread/api/time.h"
#include "spread/base/unique_fd.h"

namespace spread {

/// A small process that outlives the master by a few seconds, if need be: when the master dies
/// without having said goodbye (kill -9), it ends every process group that is still registered,
/// with TERM, and after the grace time with KILL. So nothing local is left behind, whatever the
/// worker is; PR_SET_PDEATHSIG would not reach grandchildren, and needs a process between.
///
/// It is forked, not exec'd, while the master is still small: about 0.1 ms.
class Guard {
 public:
  /// To be called before anything large is allocated and before SignalSet::create().
  static Result<Guard> start(Duration grace);
  Guard(Guard&&) noexcept = default;
  /// Says goodbye: the guard ends at once.
  ~Guard();

  void watch(int process_group);
  void forget(int process_group);

 private:
  explicit Guard(UniqueFd pipe, int pid) : pipe_(std::move(pipe)), pid_(pid) {}
  void send(int process_group);
  UniqueFd pipe_;
  int pid_ = -1;
};

}  // namespace spread
