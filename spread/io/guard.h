#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "spread/api/result.h"
#include "spread/api/time.h"
#include "spread/base/posix.h"

namespace spread {

struct GuardTable;

/// A small process that outlives the master by a few seconds, if need be: when the master dies
/// without having said goodbye (kill -9), it ends every process group that is still registered,
/// with TERM, and after the grace time with KILL. So nothing local is left behind, whatever the
/// worker is; PR_SET_PDEATHSIG would not reach grandchildren, and needs a process between.
///
/// It runs a program of its own (guard/guard_program.h), and holds nothing but the end of a
/// pipe and the master's pidfd. A child that the master forks may have the pipe's other end and
/// live on: it is the master that counts. The groups are in memory that both share, so that it
/// sleeps until the end: told through a pipe, it woke up twice for each job of `map`.
class Guard {
 public:
  /// `directory` is for a file that exists for a moment, where programs may not be run from memory.
  /// An Error: nothing could be started at all.
  static Result<Guard> start(Duration grace, const std::string& directory);
  Guard(Guard&&) noexcept;
  /// Says goodbye: the guard ends at once.
  ~Guard();

  /// Where the system forbids every way to run it: why, for the user. All else works, in vain.
  const std::string& missing() const { return missing_; }

  /// So many more (or fewer) children are being started, whose numbers are not known yet: if the
  /// master is killed now, the guard looks for them by mark().
  void starting(int by);
  /// Minus a process's number: that process alone.
  void watch(int process_group);
  /// A group that was watched. To be called before its number can be given to another one, or the
  /// guard might end strangers.
  void forget(int process_group);
  /// It is among those that the guard would end now.
  bool watches(int process_group) const;
  /// "SPREAD_RUN=...": to be in the environment of every child.
  const std::string& mark() const { return mark_; }

 private:
  struct Unmap {
    void operator()(GuardTable* table) const;
  };

  Guard(UniqueFd pipe, std::unique_ptr<GuardTable, Unmap> table, std::string mark);

  UniqueFd pipe_;  ///< its end, or a byte, is what the guard waits for
  int pid_ = -1;
  UniqueFd exit_fd_;  ///< its pidfd, where there is one
  std::unique_ptr<GuardTable, Unmap> table_;
  std::unordered_map<int, std::uint32_t> place_of_;
  std::vector<std::uint32_t> free_;
  std::string mark_;
  std::string missing_;
};

/// Memory that another process can map by its descriptor: a memfd, or, where that is forbidden, a
/// file in `directory` that has no name any more and all of its blocks.
Result<UniqueFd> open_shared_memory(std::size_t size, const std::string& directory);

struct GuardProcess {
  int pid = -1;
  UniqueFd exit_fd;  ///< the pidfd, where there is one
};
/// Starts guard_program() in a session of its own, with `pipe`, the pidfd of this process and
/// `table` as its only descriptors. From a memfd; or, where that is forbidden, from a file in
/// `directory`, which is gone when this returns.
Result<GuardProcess> start_guard_program(int pipe, int table, const std::string& directory);

}  // namespace spread
