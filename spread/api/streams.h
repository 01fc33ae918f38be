#pragma once

#include <cstdint>

namespace spread {

/// The descriptors that a run has as its standard input, output and errors: 0 to 2 for the program.
/// They stay the caller's, who keeps them open for as long as the run lasts. One that is below 3 is
/// in its own place. And what else of the process a run may reach for; without it a run does
/// without.
struct Streams {
  int input = -1, output = -1, errors = -1;
  /// Raises the process's limit of descriptors to what is wanted, or as far as may be, and returns
  /// what it is then. Null: it stays as it is.
  std::uint64_t (*raise_descriptor_limit)(std::uint64_t wanted) = nullptr;
  const char* terminal = nullptr;  ///< the file that is the process's terminal; null: it has none
};

}  // namespace spread
