#include "spread/core/slot_set.h"

#include <gtest/gtest.h>

#include <set>

#include "spread/base/random.h"

namespace spread {
namespace {

TEST(SlotSet, IsEmptyAtFirst) {
  SlotSet set;
  EXPECT_TRUE(set.empty());
  set.resize(1000);
  EXPECT_TRUE(set.empty());
}

TEST(SlotSet, FindsMembersInOrderAcrossWords) {
  SlotSet set;
  set.resize(200);
  for (const std::uint32_t place : {0u, 63u, 64u, 199u}) set.insert(place);
  EXPECT_EQ(set.next(0), 0u);
  EXPECT_EQ(set.next(1), 63u);
  EXPECT_EQ(set.next(64), 64u);
  EXPECT_EQ(set.next(65), 199u);
  EXPECT_EQ(set.next(200), SlotSet::kNone);
}

TEST(SlotSet, AgreesWithAStandardSet) {
  Random random(2);
  SlotSet set;
  set.resize(300);
  std::set<std::uint32_t> reference;
  for (int i = 0; i < 20000; ++i) {
    const auto place = static_cast<std::uint32_t>(random.below(300));
    if (random.below(2) == 0) {
      set.insert(place);
      reference.insert(place);
    } else {
      set.erase(place);
      reference.erase(place);
    }
    const auto from = static_cast<std::uint32_t>(random.below(300));
    const auto found = reference.lower_bound(from);
    ASSERT_EQ(set.next(from), found == reference.end() ? SlotSet::kNone : *found);
    ASSERT_EQ(set.contains(from), reference.count(from) == 1);
  }
}

}  // namespace
}  // namespace spread
