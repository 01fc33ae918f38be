#pragma once

#include <optional>

namespace spread {

/// As process 1 (a container without an init) spread would become the parent of every orphan, and
/// would have to reap them. So a child goes on as spread, where this returns nothing. The first
/// process does what an init does until that child has ended: it reaps, passes on signals that are
/// sent to it, and returns the child's exit status (128 and the signal that ended it). Where spread
/// is not process 1, nothing happens. To be called before anything is started or any signal is
/// blocked.
std::optional<int> stand_in_for_init();

}  // namespace spread
