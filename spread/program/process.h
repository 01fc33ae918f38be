#pragma once

#include "spread/api/result.h"
#include "spread/io/signals.h"

namespace spread {

// program/: what the program does to its process, and a library must not do to that of its host:
// signal dispositions, descriptors 0 to 2, the fork of an init. Only main.cc calls it; main.cc
// passes to a run what the run needs.
//
//   process.h   dispositions and descriptors
//   init.h      as process 1 of a container

/// Makes sure that descriptors 0 to 2 are open, if need be on a /dev/null that cannot be used (but
/// for 2): else a pipe of spread would get one of these numbers.
void ensure_standard_descriptors();

/// Ignores SIGPIPE and SIGXFSZ, so that both become errors of write(2), and no longer ignores
/// SIGCHLD, whatever the parent of spread has set. Returns the signals that a run reads.
Result<SignalSet> take_signals();

}  // namespace spread
