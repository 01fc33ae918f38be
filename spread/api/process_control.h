#pragma once

#include <cstdint>
#include <string>

#include "spread/api/result.h"

namespace spread {

/// A process after its fork, in each of the two.
struct Detached {
  bool is_child = false;
  int begun = -1;  ///< of the child: Streams::begun
  // What the other one knows when the child has begun, or ended.
  bool has_begun = false;
  std::uint64_t pid = 0;
  int status = 0;  ///< the child's, where it has not begun
};

/// What a run directory asks of the process, which only the program may do to it; a library is
/// given nothing, and says that it cannot.
struct ProcessControl {
  Status (*change_directory)(const std::string& name) = nullptr;
  /// A child goes on in a session of its own: its input is /dev/null, and what it prints, on stdout
  /// and stderr, goes to `log`. The parent gets here when the child has written to `begun`, or
  /// ended.
  Result<Detached> (*detach)(int log) = nullptr;
};

}  // namespace spread
