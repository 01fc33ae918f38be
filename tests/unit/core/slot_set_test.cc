#include "spread/core/slot_pool.h"

#include <set>

#include <gtest/gtest.h>

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

TEST(SlotSet, FindsTheOneMemberAmongAMillion) {
  SlotSet set;
  set.resize(1000000);
  set.insert(999999);
  EXPECT_EQ(set.next(0), 999999u);
  set.erase(999999);
  set.insert(1);
  EXPECT_EQ(set.next(0), 1u);
  EXPECT_EQ(set.next(2), SlotSet::kNone);
}

TEST(SlotSet, KeepsItsMembersWhenItGrows) {
  SlotSet set;
  for (std::uint32_t number = 0; number < 5000; ++number) {
    set.resize(number + 1);
    set.insert(number);
  }
  for (std::uint32_t number = 0; number < 5000; ++number) ASSERT_EQ(set.next(number), number);
}

// Sparse, so that words above become empty, and dense.
class AgreesWithAStandardSet : public testing::TestWithParam<std::uint32_t> {};
INSTANTIATE_TEST_SUITE_P(SlotSet, AgreesWithAStandardSet, testing::Values(2u, 40u, 300u, 20000u));
TEST_P(AgreesWithAStandardSet, AfterEachChange) {
  Random random(2);
  SlotSet set;
  const std::uint32_t size = GetParam();
  set.resize(size);
  std::set<std::uint32_t> reference;
  for (int i = 0; i < 20000; ++i) {
    const auto place = static_cast<std::uint32_t>(random.below(size));
    if (random.below(2) == 0) {
      set.insert(place);
      reference.insert(place);
    } else {
      set.erase(place);
      reference.erase(place);
    }
    const auto from = static_cast<std::uint32_t>(random.below(size));
    const auto found = reference.lower_bound(from);
    ASSERT_EQ(set.next(from), found == reference.end() ? SlotSet::kNone : *found);
    ASSERT_EQ(set.contains(from), reference.count(from) == 1);
  }
}

}  // namespace
}  // namespace spread
