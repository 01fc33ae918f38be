#include "spread/core/slot_pool.h"

#include <gtest/gtest.h>

#include <vector>

#include "spread/base/random.h"

namespace spread {
namespace {

SlotAdded on_host(std::uint32_t host) {
  SlotAdded slot;
  slot.host = HostId{host};
  slot.key = host;
  return slot;
}

TEST(SlotPool, ASlotIsIdleWhileItTakesTasksAndHasNone) {
  SlotPool pool;
  Slot& slot = pool.add(on_host(0));
  EXPECT_EQ(pool.count(Group::Idle), 0u);
  pool.set_state(slot, SlotState::Live);
  EXPECT_EQ(pool.count(Group::Idle), 1u);
  pool.send(slot, {}, 4, false);
  EXPECT_EQ(pool.count(Group::Idle), 0u);
  EXPECT_EQ(pool.busy(), 1u);
  pool.take(slot, 0, 4, TimePoint{});
  EXPECT_EQ(pool.count(Group::Idle), 1u);
  pool.set_resting(slot, true);
  EXPECT_EQ(pool.count(Group::Idle), 0u);
  pool.check();
}

TEST(SlotPool, AWorkerThatHasLessToDoMayHaveRoomAgain) {
  SlotPool pool;
  Slot& slot = pool.add(on_host(0));
  pool.set_state(slot, SlotState::Live);
  pool.send(slot, {}, 4, false);
  pool.send(slot, {}, 4, false);
  pool.set_full(slot);
  EXPECT_EQ(pool.next_sendable(0), SlotPool::kNoPlace);
  pool.take(slot, 0, 4, TimePoint{});
  EXPECT_EQ(pool.next_sendable(0), 0u);
}

TEST(SlotPool, NothingIsSentBehindATaskThatRunsAlone) {
  SlotPool pool;
  Slot& slot = pool.add(on_host(0));
  pool.set_state(slot, SlotState::Live);
  pool.send(slot, {}, 4, true);
  EXPECT_FALSE(slot.takes_tasks());
  pool.take(slot, 0, 4, TimePoint{});
  EXPECT_TRUE(slot.idle());
  pool.check();
}

TEST(SlotPool, AWalkComesByMembersOnly) {
  SlotPool pool;
  for (int i = 0; i < 1000; ++i) pool.add(on_host(0));
  pool.set_state(pool[WorkerId{500}], SlotState::Live);
  const std::uint64_t before = pool.steps();
  std::vector<WorkerId> seen;
  pool.each(Group::Live, [&](const Slot& slot) { seen.push_back(slot.id); });
  EXPECT_EQ(seen, std::vector{WorkerId{500}});
  EXPECT_EQ(pool.steps() - before, 1u);
}

TEST(SlotPool, AnotherOrderKeepsWhoIsReadyAndWhoMayHaveRoom) {
  SlotPool pool;
  for (int i = 0; i < 3; ++i) pool.add(on_host(0));
  pool.set_ready(pool[WorkerId{0}]);
  pool.set_state(pool[WorkerId{1}], SlotState::Live);
  pool.set_order({WorkerId{2}, WorkerId{1}, WorkerId{0}});
  EXPECT_EQ(pool.at(pool.next_ready(0)).id, WorkerId{0});
  EXPECT_EQ(pool.at(pool.next_sendable(0)).id, WorkerId{1});
  pool.check();
}

// check() recounts everything.
TEST(SlotPool, CountsWhatARecountFindsAfterAnyChange) {
  Random random(3);
  SlotPool pool;
  for (std::uint32_t i = 0; i < 100; ++i) pool.add(on_host(i % 7));
  for (int i = 0; i < 20000; ++i) {
    Slot& slot = pool[WorkerId{static_cast<std::uint32_t>(random.below(100))}];
    const bool on = random.below(2) == 0;
    switch (random.below(12)) {
      case 0: pool.set_state(slot, SlotState::Starting); break;
      case 1:
      case 2: pool.set_state(slot, SlotState::Live); break;
      case 3: pool.set_draining(slot, on); break;
      case 4: pool.set_resting(slot, on); break;
      case 5: pool.set_leaving(slot, on); break;
      case 6: pool.set_awaits_hello(slot, on); break;
      case 7: pool.set_unread(slot, on ? std::optional(TimePoint{}) : std::nullopt); break;
      case 8:
        if (slot.in_flight().empty()) pool.vacate(slot);
        if (slot.state() == SlotState::Empty && !slot.retired()) pool.set_ready(slot);
        break;
      default:
        if (slot.takes_tasks()) {
          pool.send(slot, {}, 4, on && slot.in_flight().empty());
        } else if (!slot.in_flight().empty()) {
          pool.take(slot, 0, 4, TimePoint{});
        }
    }
    // A slot without a process has nothing in flight.
    while (!slot.has_worker() && !slot.in_flight().empty()) pool.take(slot, 0, 4, TimePoint{});
    pool.check();
  }
}

}  // namespace
}  // namespace spread
