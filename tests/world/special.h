// Changes to a world that lead to what would otherwise meet too seldom.
#pragma once

#include <cstdint>
#include <optional>

#include "draw.h"
#include "scenario.h"

namespace spread::world {

void crashers(Draw& draw, Scenario& world);
void waits_for_storage(Draw& draw, Scenario& world);
void much_at_once(Draw& draw, Scenario& world);
void too_long(Draw& draw, Scenario& world);
void last_words(Draw& draw, Scenario& world);
void gangs(Draw& draw, Scenario& world);
void families(Draw& draw, Scenario& world);
/// Lists of tasks, shards of a range or of arrays, what is prepared again, one value of all
/// results. `slots`: how many there are, if that is certain.
void pieces(Draw& draw, Scenario& world, bool calm, std::optional<std::uint64_t> slots);

}  // namespace spread::world
