// What follows from an action while others are still to be carried out.
#include <gtest/gtest.h>

#include "../support/played.h"

namespace spread::simulation {
namespace {

/// Task 0 cannot be sent, and that ends the run while three others have just been given out.
World first_cannot_be_sent() {
  World world = plain(4, 4);
  world.options.window = 1;
  world.options.halt.when = HaltOptions::When::Now;
  world.options.halt.why = HaltOptions::Why::Fail;
  world.options.halt.count = 1;
  world.tasks[0].unsendable = true;
  for (SlotPlan& slot : world.slots) slot.worker.ends_at_once = true;
  return world;
}

TEST(Driver, CarriesOutWhatWasDecidedBeforeItTellsWhatCameOfIt) {
  const Played played(first_cannot_be_sent());
  EXPECT_EQ(played.outcome(0), Outcome::Failed);
  for (std::size_t task = 1; task < 4; ++task) {
    EXPECT_EQ(played.outcome(task), Outcome::NotComputed);
  }
}

TEST(Driver, AllFollowUpsOfOneDecisionAreTold) {
  World world = first_cannot_be_sent();
  world.options.halt.when = HaltOptions::When::Never;
  for (TaskPlan& task : world.tasks) task.unsendable = true;
  const Played played(world);
  EXPECT_EQ(played.counts().failed, 4u);
}

}  // namespace
}  // namespace spread::simulation
