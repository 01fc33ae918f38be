#pragma once

#include <cstdint>
#include <string>

#include "spread/base/byte_buffer.h"

namespace spread {

/// What the subcommand alone knows of how an attempt ended. Its RunMode fills it in where one is
/// asked for, and RunEvents makes the events and the joblog's line of it.
struct TaskReport {
  std::string error_type;      ///< a word, of a task that has no value
  std::string message;         ///< one line: why it has none; of a job, how it ended
  int exit_status = 0;         ///< the joblog's Exitval: -1 where there is none
  int signal = 0;              ///< the joblog's Signal
  std::uint64_t sent = 0;      ///< bytes, for the joblog
  std::uint64_t received = 0;  ///< likewise
  ByteBuffer command;          ///< the joblog's last column
  bool logged = false;         ///< `command` is filled in, and the joblog gets a line

  /// As it was made, but for the memory that it has.
  void clear() {
    error_type.clear();
    message.clear();
    exit_status = signal = 0;
    sent = received = 0;
    command.clear();
    logged = false;
  }
};

}  // namespace spread
