#pragma once

namespace spread {

/// The descriptors that a run has as its standard input, output and errors: 0 to 2 for the program.
/// They stay the caller's, who keeps them open for as long as the run lasts. One that is below 3 is
/// in its own place.
struct Streams {
  int input = -1, output = -1, errors = -1;
};

}  // namespace spread
