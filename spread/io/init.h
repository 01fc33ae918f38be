#pragma once

#include <optional>

namespace spread {

/// As process 1 (a container without an init) we would be given every orphan, and nobody would reap
/// them. Then a child goes on as spread, with nothing returned; and this process does what an init
/// does until that child has ended: it reaps, passes on signals that are sent to it, and returns
/// the child's exit status (128 and the signal that ended it). Where we are not process 1, nothing
/// happens. To be called before anything is started or any signal is blocked.
std::optional<int> stand_in_for_init();

}  // namespace spread
