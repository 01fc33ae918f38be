#pragma once

#include <cstdint>
#include <string>

#include "simulation.h"

namespace spread::simulation {

/// A world drawn from its seed: everything that can go wrong does in some of them. Each can be
/// finished: endless input is cut, tasks hang only where there is a time-out.
World random_world(std::uint64_t seed);

/// What may be expected of a random world beyond the Referee's rules.
struct Expectation {
  bool everything_computed = false;  ///< all but poison and malformed tasks are Ok
};
Expectation expectation_of(const World& world);

}  // namespace spread::simulation
