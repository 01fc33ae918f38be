#pragma once

#include <string>

#include "spread/wire/pool_frames.h"

namespace spread {

/// A line for people, of which the first word is the state: starting, ready, busy, down, stopping.
std::string describe_pool(const wire::PoolFacts& facts);

}  // namespace spread
