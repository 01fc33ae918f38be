#include "spread/core/placement.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "spread/base/random.h"

namespace spread {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A pool, a queue and their Placement. Each host has a key of its own.
class Crew {
 public:
  explicit Crew(const SchedulerOptions& options = {})
      : window_(options.window), placement(options, pool, tasks) {}

  Crew& slots(std::uint32_t count, std::uint32_t host = 0, SlotState state = SlotState::Live) {
    for (; count > 0; --count) {
      SlotAdded added;
      added.host = HostId{host};
      added.key = host;
      Slot& slot = pool.add(added);
      slot.window = Window(window_, kNoLimit);
      pool.set_state(slot, state);
    }
    placement.slots_added();
    return *this;
  }
  Crew& queue(int count) {
    for (; count > 0; --count) tasks.push_new(TaskId{arrived_++}, Value{});
    return *this;
  }
  /// Another task is in flight there.
  Crew& give(std::uint32_t worker) {
    queue(1);
    pool.send(slot(worker), {tasks.take_fresh(), now, now}, 4, false);
    placement.took(slot(worker));
    return *this;
  }
  /// This host's tasks take so long.
  Crew& known(std::uint32_t host, double seconds) {
    for (int i = 0; i < 2; ++i) placement.answered(pool.keys()[host], seconds, 1, i == 0);
    return *this;
  }
  Crew& begin(Duration later = {}) {
    now += later;
    placement.begin_decision(now);
    return *this;
  }
  Slot& slot(std::uint32_t worker) { return pool[WorkerId{worker}]; }
  bool left_idle(std::uint32_t worker) { return placement.left_idle(slot(worker), now); }

 private:
  std::uint32_t window_;
  std::uint64_t arrived_ = 0;

 public:
  SlotPool pool;
  TaskTable tasks;
  Placement placement;
  TimePoint now{};
};

std::vector<WorkerId> workers(std::initializer_list<std::uint32_t> numbers) {
  std::vector<WorkerId> ids;
  for (const std::uint32_t each : numbers) ids.push_back(WorkerId{each});
  return ids;
}

// ---------------------------------------------------------------- the order

TEST(Placement, ThoseOfOneSpeedAreTakenInTurnFromEachHost) {
  Crew crew;
  crew.slots(2, 0).slots(2, 1).begin();
  EXPECT_EQ(crew.pool.order(), workers({0, 2, 1, 3}));
}

TEST(Placement, TheFasterHostComesFirst) {
  Crew crew;
  crew.slots(2, 0).slots(2, 1).known(0, 3).known(1, 1).begin();
  EXPECT_EQ(crew.pool.order(), workers({2, 3, 0, 1}));
}

TEST(Placement, TheOrderIsRenewedAfterATenthOfASecond) {
  Crew crew;
  crew.slots(1, 0).slots(1, 1).known(0, 1).known(1, 2).begin();
  for (int i = 0; i < 50; ++i) crew.known(0, 9);
  EXPECT_EQ(crew.begin(milliseconds(99)).pool.order(), workers({0, 1}));
  EXPECT_EQ(crew.begin(milliseconds(1)).pool.order(), workers({1, 0}));
}

// ---------------------------------------------------------------- room

TEST(Placement, AWorkerHasRoomForItsWindow) {
  SchedulerOptions options;
  options.window = 2;
  Crew crew(options);
  crew.slots(1).give(0).begin();
  EXPECT_TRUE(crew.placement.has_room(crew.slot(0)));
  crew.give(0);
  EXPECT_FALSE(crew.placement.has_room(crew.slot(0)));
}

TEST(Placement, AfterAFailedLaunchThereIsRoomForOne) {
  SchedulerOptions options;
  options.window = 5;
  Crew crew(options);
  crew.slots(1).slot(0).launch_failures = 1;
  EXPECT_EQ(crew.placement.room_of(crew.slot(0)), 1u);
}

TEST(Placement, AWorkerHasRoomForSoManyBytesAndOneTaskInAnyCase) {
  SchedulerOptions options;
  options.window = 5;
  options.window_bytes = 0;
  Crew crew(options);
  crew.slots(1);
  EXPECT_TRUE(crew.placement.has_room(crew.slot(0)));
  crew.give(0);
  EXPECT_FALSE(crew.placement.has_room(crew.slot(0)));
}

// ---------------------------------------------------------------- several at once

TEST(Placement, FindsSoManyIdleWorkersFastestFirst) {
  Crew crew;
  crew.slots(3, 0).slots(3, 1).known(0, 3).known(1, 1).begin().give(4);
  EXPECT_EQ(crew.placement.idle_together(3), workers({3, 5, 0}));
}

TEST(Placement, FindsNoneIfThereAreNotSoMany) {
  Crew crew;
  crew.slots(3).begin().give(1);
  EXPECT_EQ(crew.placement.idle_together(3), std::nullopt);
  EXPECT_EQ(crew.placement.idle_together(2), workers({0, 2}));
  EXPECT_EQ(crew.placement.idle_together(0), workers({}));
}

TEST(Placement, AsksForManyWithoutASearch) {
  Crew crew;
  crew.slots(5000).begin();
  for (std::uint32_t i = 0; i < 5000; i += 2) crew.give(i);
  const std::uint64_t before = crew.pool.steps();
  EXPECT_EQ(crew.placement.idle_together(2501), std::nullopt);
  EXPECT_EQ(crew.pool.steps(), before);
}

/// All that the question may depend on, drawn; and what a search of all slots says.
TEST(Placement, FindsWhatASearchOfAllSlotsFinds) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    Crew crew;
    const auto hosts = static_cast<std::uint32_t>(1 + random.below(4));
    for (std::uint32_t host = 0; host < hosts; ++host) {
      crew.slots(static_cast<std::uint32_t>(1 + random.below(40)), host);
      if (random.below(2) == 0) crew.known(host, random.uniform(0.1, 3));
    }
    crew.begin();
    for (std::uint32_t i = 0; i < crew.pool.size(); ++i) {
      Slot& slot = crew.slot(i);
      switch (random.below(8)) {
        case 0: crew.pool.set_state(slot, SlotState::Starting); break;
        case 1: crew.pool.set_state(slot, SlotState::Dying); break;
        case 2: crew.pool.set_resting(slot, true); break;
        case 3: crew.pool.set_awaits_hello(slot, true); break;
        case 4: crew.pool.set_leaving(slot, true); break;
        case 5: crew.give(i); break;
        case 6: crew.give(i).pool.set_full(slot); break;
        default: break;
      }
    }
    std::vector<WorkerId> idle;
    for (const WorkerId worker : crew.pool.order()) {
      if (crew.pool[worker].idle()) idle.push_back(worker);
    }
    for (std::size_t count = 0; count <= idle.size() + 1; ++count) {
      const auto found = crew.placement.idle_together(count);
      ASSERT_EQ(found.has_value(), count <= idle.size());
      if (!found) continue;
      ASSERT_EQ(*found, std::vector<WorkerId>(idle.begin(), idle.begin() + std::ptrdiff_t(count)));
    }
    crew.pool.check();
  }
}

// ---------------------------------------------------------------- the tail

TEST(Placement, ASlowWorkerIsLeftIdleWhereTheFastOneWouldHaveDoneAll) {
  Crew crew;
  crew.slots(1, 0).slots(1, 1).known(0, 1).known(1, 4).queue(1).begin().give(0);
  EXPECT_TRUE(crew.left_idle(1));
  EXPECT_TRUE(crew.placement.someone_left_idle());
  crew.queue(3).begin();
  EXPECT_FALSE(crew.left_idle(1));
  EXPECT_FALSE(crew.placement.someone_left_idle());
}

TEST(Placement, WhatTheFastOneIsGivenInThisDecisionCounts) {
  Crew crew;
  crew.slots(1, 0).slots(1, 1).known(0, 1).known(1, 4).queue(3).begin().give(0);
  EXPECT_TRUE(crew.left_idle(1));
  crew.give(0);
  EXPECT_FALSE(crew.left_idle(1));
}

TEST(Placement, WorkersOfOneKeyAreNeverLeftIdle) {
  Crew crew;
  crew.slots(2).known(0, 1).queue(1).begin().give(0);
  EXPECT_FALSE(crew.left_idle(1));
}

TEST(Placement, TheOthersOfASlowHostAreLeftIdleWithTheFirst) {
  Crew crew;
  crew.slots(1, 0).slots(9, 1).known(0, 1).known(1, 4).queue(1).begin().give(0);
  ASSERT_TRUE(crew.left_idle(1));
  EXPECT_TRUE(crew.placement.rest_is_left_idle(crew.slot(1), crew.now));
}

TEST(Placement, AFasterHostBehindIsAskedForItself) {
  Crew crew;
  crew.slots(1, 0).slots(1, 1).slots(1, 2).known(0, 1).known(1, 4).known(2, 5).queue(1);
  crew.begin().give(0);
  ASSERT_TRUE(crew.left_idle(1));
  for (int i = 0; i < 50; ++i) crew.known(2, 0.5);  // since the last ranking
  EXPECT_FALSE(crew.placement.rest_is_left_idle(crew.slot(1), crew.now));
}

}  // namespace
}  // namespace spread
