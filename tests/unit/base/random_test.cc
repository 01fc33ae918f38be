#include "spread/base/random.h"

#include <array>

#include <gtest/gtest.h>

namespace spread {
namespace {

// The first numbers of SplitMix64's reference implementation (Vigna, splitmix64.c) for this seed:
// a recorded run has to replay on every machine.
TEST(Random, GivesTheNumbersOfItsReference) {
  Random random(1234567);
  EXPECT_EQ(random.next(), 6457827717110365317u);
  EXPECT_EQ(random.next(), 3203168211198807973u);
  EXPECT_EQ(random.next(), 9817491932198370423u);
}

TEST(Random, UniformStaysInItsRange) {
  Random random(1);
  double least = 1, most = 0;
  for (int i = 0; i < 100'000; ++i) {
    const double x = random.uniform();
    least = x < least ? x : least;
    most = x > most ? x : most;
  }
  EXPECT_GE(least, 0.0);
  EXPECT_LT(least, 0.001);
  EXPECT_LT(most, 1.0);
  EXPECT_GT(most, 0.999);
}

TEST(Random, BelowReachesEveryNumberEvenly) {
  Random random(2);
  std::array<int, 10> counts{};
  for (int i = 0; i < 100'000; ++i) ++counts[random.below(10)];
  for (const int count : counts) {
    EXPECT_GT(count, 9'500);
    EXPECT_LT(count, 10'500);
  }
}

TEST(Random, UniformBetweenLimits) {
  Random random(3);
  for (int i = 0; i < 1'000; ++i) {
    const double x = random.uniform(-2, 3);
    ASSERT_GE(x, -2);
    ASSERT_LT(x, 3);
  }
}

}  // namespace
}  // namespace spread
