#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "spread/api/result.h"
#include "spread/api/time.h"
#include "spread/base/unique_fd.h"

namespace spread {

/// A small process that outlives the master by a few seconds, if need be: when the master dies
/// without having said goodbye (kill -9), it ends every process group that is still registered,
/// with TERM, and after the grace time with KILL. So nothing local is left behind, whatever the
/// worker is; PR_SET_PDEATHSIG would not reach grandchildren, and needs a process between.
///
/// It is forked, not exec'd, while the master is still small: about 0.1 ms. The groups are in
/// memory that both share, so that it sleeps until the end: told through a pipe, it woke up twice
/// for each job of `map`.
class Guard {
 public:
  /// To be called before anything large is allocated and before SignalSet::create().
  static Result<Guard> start(Duration grace);
  Guard(Guard&&) noexcept;
  /// Says goodbye: the guard ends at once.
  ~Guard();

  /// So many more (or fewer) children are being started, whose numbers are not known yet: if we are
  /// killed now, the guard looks for them by mark().
  void starting(int by);
  /// Minus a process's number: that process alone.
  void watch(int process_group);
  /// A group that was watched. To be called before its number can be given to another one, or the
  /// guard might end strangers.
  void forget(int process_group);
  /// "SPREAD_RUN=...": to be in the environment of every child.
  const std::string& mark() const { return mark_; }

 private:
  struct Table;
  struct Unmap {
    void operator()(Table* table) const;
  };

  Guard(UniqueFd pipe, int pid, std::unique_ptr<Table, Unmap> table, std::string mark);

  UniqueFd pipe_;  ///< never written to: its end is what the guard waits for
  int pid_ = -1;
  std::unique_ptr<Table, Unmap> table_;
  std::unordered_map<int, std::uint32_t> place_of_;
  std::vector<std::uint32_t> free_;
  std::string mark_;
};

}  // namespace spread
