#pragma once

#include <cstdint>
#include <optional>

#include "spread/api/process_control.h"
#include "spread/api/result.h"
#include "spread/io/signals.h"

namespace spread {

// program/: what the program does to its process, and a library must not do to that of its host:
// signal dispositions, descriptors 0 to 2, the fork of an init. Only main.cc calls it; main.cc
// passes to a run what the run needs.

/// Makes sure that descriptors 0 to 2 are open, if need be on a /dev/null that cannot be used (but
/// for 2): else a pipe of spread would get one of these numbers.
void ensure_standard_descriptors();

/// No longer ignores SIGCHLD, whatever the parent of spread has set. Returns the signals that a run
/// reads.
Result<SignalSet> take_signals();

/// Raises the soft limit of descriptors, as far as the hard one permits. Returns what it is then.
std::uint64_t raise_descriptor_limit(std::uint64_t wanted);

/// As process 1 (a container without an init) spread would become the parent of every orphan, and
/// would have to reap them. So a child goes on as spread, where this returns nothing. The first
/// process does what an init does until that child has ended: it reaps, passes on signals that are
/// sent to it, and returns the child's exit status (128 and the signal that ended it). Where spread
/// is not process 1, nothing happens. To be called before anything is started or any signal is
/// blocked.
std::optional<int> stand_in_for_init();

/// For run directories: what they may ask of this process.
ProcessControl process_control();

}  // namespace spread
