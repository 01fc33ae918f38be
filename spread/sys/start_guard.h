#pragma once

#include "spread/sys/start_process.h"

namespace spread::sys {

/// What the guard (guard/guard_program.h) is started with: these two are its only descriptors.
struct GuardStart {
  int pipe = -1, pipe_number = -1;    ///< the end of a pipe, and the number that it gets
  int table = -1, table_number = -1;  ///< likewise, of the memory that both share
  int program = -1;                   ///< the descriptor of what is executed; -1: `file`
  const char* file = nullptr;         ///< its path
  const char* name = "";              ///< its argument 0
};

/// Starts it in a session of its own, with all signals blocked: it ignores the terminal and
/// `pkill spread`.
ProcessStarted start_guard(const GuardStart& start);

}  // namespace spread::sys
