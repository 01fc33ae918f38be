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

/// Plays `world` with each of its workers dying at each of its events.
template <typename Check>
void with_every_death(World world, const Check& check) {
  const std::uint64_t events = Played(world).events();
  for (std::uint64_t after = 0; after <= events; ++after) {
    for (std::uint32_t slot = 0; slot < world.slots.size(); ++slot) {
      SCOPED_TRACE("slot " + std::to_string(slot) + " dies after " + std::to_string(after) +
                   " events");
      world.death = World::Death{after, slot};
      check(Played(world));
    }
  }
}

}  // namespace spread::simulation
