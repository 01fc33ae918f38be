#pragma once

#include <cstddef>
#include <cstdint>

namespace spread {

/// What the master and its guard share: memory that both have mapped. The master writes it, and the
/// guard reads it when the master is gone. Plain numbers and no constructor: the memory comes
/// zeroed, and page by page as it is used.
struct GuardTable {
  /// Children at the same time; those beyond are not ended. With 256 KiB the memory, which is a
  /// file, can also be had where files may not grow much (ulimit -f).
  static constexpr std::size_t kGroupsMax = std::size_t{1} << 16;
  static constexpr std::size_t kMarkMax = 64;

  int goodbye;             ///< the master has ended in order: there is nothing to do
  int starting;            ///< children whose number is not known yet
  std::uint32_t used;      ///< places of `groups` that were ever used
  std::uint64_t grace_ms;  ///< between TERM and KILL
  char mark[kMarkMax];     ///< "SPREAD_RUN=...", which every child has in its environment
  int groups[kGroupsMax];  ///< process groups; minus a number: that process alone; 0 = free
};

/// What the guard program begins with, beside an environment that is empty and signals that are all
/// blocked: the end of a pipe, which has a byte when the master says goodbye, and ends when no
/// process has the other end any more; the master's pidfd (none before Linux 5.3), and the table.
inline constexpr int kGuardPipe = 0, kGuardMaster = 1, kGuardTable = 2;

}  // namespace spread
