#include "spread/core/performance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "spread/base/random.h"

namespace spread {
namespace {

TEST(Median, IsZeroWithoutSamples) { EXPECT_EQ(Median().value(), Duration::zero()); }

TEST(Median, OfOneSampleIsThatSampleWithinABucket) {
  Median median;
  median.add(std::chrono::milliseconds(20));
  EXPECT_GE(to_seconds(median.value()), 0.02);
  EXPECT_LE(to_seconds(median.value()), 0.02 * 1.1);
}

TEST(Median, IsNotMovedByAFewHugeSamples) {
  Median median;
  for (int i = 0; i < 5; ++i) median.add(std::chrono::milliseconds(20));
  for (int i = 0; i < 4; ++i) median.add(std::chrono::hours(20));
  EXPECT_LE(to_seconds(median.value()), 0.022);
}

TEST(Median, FollowsTheExactMedianOfRandomSamples) {
  Random random(3);
  Median median;
  std::vector<double> seen;
  for (int i = 0; i < 2000; ++i) {
    const double seconds = std::exp(random.uniform(-12, 8));
    seen.push_back(seconds);
    median.add(from_seconds(seconds));
    std::vector<double> sorted = seen;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>((sorted.size() - 1) / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    ASSERT_GE(to_seconds(median.value()), *middle * 0.999) << i;
    ASSERT_LE(to_seconds(median.value()), *middle * 1.1) << i;
  }
}

TEST(Median, TakesZeroAndTheLongestDuration) {
  Median median;
  median.add(Duration::zero());
  EXPECT_LE(to_seconds(median.value()), 2e-6);
  median.add(kNoLimit);
  median.add(kNoLimit);
  EXPECT_GT(to_seconds(median.value()), 1e6);
}

}  // namespace
}  // namespace spread
