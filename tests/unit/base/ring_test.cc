#include "spread/base/ring.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>

#include "spread/base/random.h"

namespace spread {
namespace {

TEST(Ring, KeepsTheOrderInWhichItemsCame) {
  Ring<int> ring;
  for (int i = 0; i < 9; ++i) ring.push_back(i);
  for (int i = 0; i < 9; ++i) {
    EXPECT_EQ(ring.front(), i);
    ring.pop_front();
  }
  EXPECT_TRUE(ring.empty());
}

TEST(Ring, AgreesWithADequeUnderRandomUse) {
  Random random(1);
  Ring<int> ring;
  std::deque<int> reference;
  for (int i = 0; i < 20000; ++i) {
    const auto what = random.below(5);
    if (what < 3 || reference.empty()) {
      ring.push_back(i);
      reference.push_back(i);
    } else if (what == 3) {
      ring.pop_front();
      reference.pop_front();
    } else {
      const std::size_t place = random.below(reference.size());
      ring.erase(place);
      reference.erase(reference.begin() + static_cast<std::ptrdiff_t>(place));
    }
    ASSERT_EQ(ring.size(), reference.size());
    if (reference.empty()) continue;
    const std::size_t place = random.below(reference.size());
    ASSERT_EQ(ring[place], reference[place]);
    ASSERT_EQ(ring.back(), reference.back());
  }
}

TEST(Ring, ReleasesWhatIsTakenOut) {
  const auto item = std::make_shared<int>(1);
  Ring<std::shared_ptr<int>> ring;
  for (int i = 0; i < 5; ++i) ring.push_back(item);
  ring.pop_front();
  ring.erase(1);
  ring.erase(2);
  EXPECT_EQ(item.use_count(), 3);
  ring.clear();
  EXPECT_EQ(item.use_count(), 1);
}

TEST(Ring, AllocatesNothingWhileItIsEmpty) { EXPECT_LE(sizeof(Ring<int>), 4 * sizeof(void*)); }

}  // namespace
}  // namespace spread
