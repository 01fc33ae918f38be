// What Subprocess and Spawner have in common: one child, and what is known of all of them. A part
// of subprocess.cc and spawner.cc, and of nothing else.
#pragma once

#include <cstddef>
#include <vector>

#include "spread/api/result.h"
#include "spread/base/posix.h"
#include "spread/io/guard.h"
#include "spread/io/subprocess.h"

namespace spread {

/// Where there is no pidfd: becomes readable a hundred times a second, and try_wait() looks each
/// time whether the process has ended.
Result<UniqueFd> open_ticks();

/// What a Spawner knows of its children.
struct Spawner::Children {
  Guard* guard = nullptr;
  std::size_t living = 0;  ///< Subprocess objects
  /// They were killed and are not waited for, but were still there when last looked at. The
  /// guard watches them until then: their numbers are not free.
  struct Unreaped {
    int pid, group;
    UniqueFd exit_fd;
  };
  std::vector<Unreaped> unreaped;

  /// Before it is reaped: then its number may be another one's.
  void forget(int group) const {
    if (guard != nullptr) guard->forget(group);
  }
  /// Kills what is left of it; it is reaped later.
  void leave_behind(int pid, int group, UniqueFd exit_fd);
  void reap();
};

struct Subprocess::Impl {
  int pid;
  int group;         ///< its process group; where that is spread's, minus its own number
  UniqueFd exit_fd;  ///< its pidfd; open_ticks() where there is none
  Spawner::Children& children;
  UniqueFd ticks;  ///< instead of `exit_fd`, of one that has ended and cannot be reaped yet
  bool running = true;
};

}  // namespace spread
