#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "simulation.h"

namespace spread::simulation {

/// A connection that several workers share, from its start to its end.
struct Simulation::Line {
  std::uint32_t id = 0;
  bool alive = true;
  bool news_came = false;   ///< of its loss: nothing of its workers comes after that
  std::uint32_t users = 0;  ///< workers that the master has started and not seen end
};

/// A process in a slot, from its start to its death.
struct Simulation::Process {
  WorkerId worker{};
  std::shared_ptr<Line> line;  ///< null: a connection of its own
  Random random{0};
  bool ready = false;
  bool alive = true;
  bool input_closed = false;
  bool former = false;                           ///< its slot has been handed over
  EndCause cause_when_dying = EndCause::Exited;  ///< for a Dies that is under way
  bool clean = false;
  std::string why;
  std::deque<TaskId> inbox;
  std::vector<TaskId> working;
  std::vector<TaskId> waiting;  ///< tasks that wait for their sub-tasks, the innermost last
  std::vector<TaskId> resumed;  ///< those of them that have what they waited for
  std::vector<std::pair<TaskId, AnswerKind>> held;
  std::uint32_t answers = 0;
  double spawned_at = 0;
};

}  // namespace spread::simulation
