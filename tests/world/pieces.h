// Workers of `run` whose tasks come as lists (--chunk) or are shards, which are given prep items,
// and perhaps again, and whose results become one value.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "process.h"
#include "scenario.h"

namespace spread::world {

/// As do_tasks() of other workers.
Co<std::optional<int>> do_tasks_in_pieces(Process& self, Scenario& scenario);

/// Of task `i`, as compact JSON.
std::string payload_of(const Scenario& scenario, std::size_t i);
std::string result_of(const Scenario& scenario, std::size_t i);
/// With --gather concat a result is a list of so many elements.
std::size_t elements_of(std::size_t i);

/// A variable of its environment, also behind a login; empty: it has none.
std::string variable(const Process& worker, const std::string& name);

}  // namespace spread::world
