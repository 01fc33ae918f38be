#pragma once

#include <gtest/gtest.h>

#include <string>

#include "simulation.h"

namespace spread::simulation {

/// `slots` equal slots on one host, `tasks` tasks of 0.1 s.
inline World plain(std::uint32_t slots, std::size_t tasks) {
  World world;
  world.hosts.resize(1);
  world.slots.resize(slots);
  world.tasks.assign(tasks, {.seconds = 0.1});
  return world;
}

/// Runs it and reports every broken rule.
class Played : public Simulation {
 public:
  explicit Played(const World& world) : Simulation(world) {
    run();
    for (const std::string& problem : problems()) ADD_FAILURE() << problem;
  }
  Outcome outcome(std::size_t task) const { return referee().tasks().at(task).outcome; }
  const std::string& message(std::size_t task) const { return referee().tasks().at(task).message; }
  const Scheduler::Counts& counts() const { return scheduler().counts(); }
};

}  // namespace spread::simulation
