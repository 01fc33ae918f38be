#pragma once

#include <cstdint>

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

/// No longer ignores SIGCHLD, whatever the parent of spread has set. Returns the signals that a run
/// reads.
Result<SignalSet> take_signals();

/// Raises the soft limit of descriptors, as far as the hard one permits. Returns what it is then.
std::uint64_t raise_descriptor_limit(std::uint64_t wanted);

}  // namespace spread
