#pragma once

#include <cstdint>
#include <span>

namespace spread::sys {

/// What a child is to be. All that it points to must be there until start_process() returns.
struct ProcessStart {
  /// "/bin/sh", the words of the command, a null pointer: so a script without #! can be given to a
  /// shell where nothing can be allocated. While it starts, words[1] may be changed.
  char** words = nullptr;
  char* const* environment = nullptr;
  const char* search_path = nullptr;   ///< where a command without a slash is looked for
  const char* directory = nullptr;     ///< null: that of this process
  int from[3] = {-1, -1, -1};          ///< become its descriptors 0 to 2; -1: those of this process
  bool standard_only = false;          ///< it has no others
  std::uint64_t descriptor_limit = 0;  ///< the soft one; 0: that of this process
  int nicer_by = 0;                    ///< is added to its niceness, as it execs
  bool own_group = true;               ///< it leads a process group of its own
  std::span<const int> reset_signals;  ///< whose dispositions become the default
  std::span<char> stack;               ///< for the child, until it execs
};

/// What came of it.
struct ProcessStarted {
  int pid = -1;
  int exit_fd = -1;  ///< the pidfd; -1 before Linux 5.2 and under valgrind
  int error = 0;     ///< errno, or 0: then it runs the command
};

/// Starts a process, and returns when it has exec'd or could not; then none is left. It has an
/// empty signal mask. Allocates nothing, so that any thread may call it.
ProcessStarted start_process(const ProcessStart& start);

/// What the guard (guard/guard_program.h) is started with: these are its only descriptors.
struct GuardStart {
  int pipe = -1, pipe_number = -1;      ///< the end of a pipe, and the number that it gets
  int master = -1, master_number = -1;  ///< likewise, of the pidfd of this process; -1: none
  int table = -1, table_number = -1;    ///< likewise, of the memory that both share
  int program = -1;                     ///< the descriptor of what is executed; -1: `file`
  const char* file = nullptr;           ///< its path
  const char* name = "";                ///< its argument 0
};

/// Starts it in a session of its own, with all signals blocked: it ignores the terminal and
/// `pkill spread`.
ProcessStarted start_guard(const GuardStart& start);

}  // namespace spread::sys
