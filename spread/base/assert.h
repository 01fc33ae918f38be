#pragma once

namespace spread {
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);
}  // namespace spread

/// Holds an invariant of spread, in release builds too: it costs little beside the system calls,
/// and a wrong scheduler must stop rather than lose a task. Never for what a worker, a file or a
/// user said: that is an Error.
#define SPREAD_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : ::spread::assertion_failed(#condition, __FILE__, __LINE__))
