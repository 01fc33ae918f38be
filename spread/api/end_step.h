#pragma once

#include "spread/api/time.h"

namespace spread {

/// A signal to a process group, and how long its effect is waited for.
struct EndStep {
  int signal = 0;
  Duration wait{};
  static EndStep term(Duration wait) { return {15, wait}; }
};

}  // namespace spread
