#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "simulation.h"

namespace spread::simulation {

/// A process in a slot, from its start to its death.
struct Simulation::Process {
  WorkerId worker{};
  Random random{0};
  bool ready = false;
  bool alive = true;
  bool input_closed = false;
  EndCause cause_when_dying = EndCause::Exited;  ///< for a Dies that is under way
  bool clean = false;
  std::string why;
  std::deque<TaskId> inbox;
  std::vector<TaskId> working;
  std::vector<std::pair<TaskId, AnswerKind>> held;
  std::uint32_t answers = 0;
  double spawned_at = 0;
};

}  // namespace spread::simulation
