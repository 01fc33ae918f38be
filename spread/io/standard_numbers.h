#pragma once

#include "spread/base/posix.h"

namespace spread {

/// While it exists, the numbers 0 to 2 are not free: for a library (SQLite) that would take a free
/// one and leave it taken. What holds a number can neither be read nor written, as if it were
/// closed.
class StandardNumbersHeld {
 public:
  StandardNumbersHeld();
  ~StandardNumbersHeld();
  StandardNumbersHeld(const StandardNumbersHeld&) = delete;
  StandardNumbersHeld& operator=(const StandardNumbersHeld&) = delete;

 private:
  UniqueFd held_[3];
};

}  // namespace spread
