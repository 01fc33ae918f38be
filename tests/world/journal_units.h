#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "scenario.h"

namespace spread::world {

/// What a task comes to where nothing but the task decides that.
struct Unit {
  std::string text;  ///< on stdout
  bool ok;
};
std::vector<Unit> units_of(const Scenario& scenario);

/// The number of the task whose text may begin here; SIZE_MAX: none does.
std::size_t unit_at(const Scenario& scenario, const std::string& out, std::size_t at);

/// Tasks that some process has begun, by itself, in a gang or in a list, since begin_anew().
std::set<std::size_t> begun_tasks(const Scenario& scenario);
/// Tasks are as if they had never been begun.
void begin_anew(Scenario& scenario);

}  // namespace spread::world
