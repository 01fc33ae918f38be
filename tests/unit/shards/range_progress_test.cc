#include "spread/shards/range_progress.h"

#include <gtest/gtest.h>

namespace spread {
namespace {

ShardOptions shards_of(std::uint64_t n, std::uint64_t shards) {
  ShardOptions options;
  options.range = n;
  options.shards = shards;
  return options;
}

TEST(RangeProgress, IsTheSumOverAllShards) {
  const ShardReader reader(shards_of(10, 4), {});  // of 2, 3, 2 and 3 numbers
  RangeProgress progress(reader);
  EXPECT_EQ(progress.max(), 10u);
  progress.said(TaskId{1}, 0.5);
  EXPECT_EQ(progress.sum(), 1u);
  progress.said(TaskId{0}, 0.5);
  EXPECT_EQ(progress.sum(), 2u);
  progress.said(TaskId{1}, 1);
  EXPECT_EQ(progress.sum(), 4u);
  for (std::uint64_t task = 0; task < 4; ++task) progress.finished(TaskId{task});
  EXPECT_EQ(progress.sum(), 10u);
}

TEST(RangeProgress, NeverFalls) {
  const ShardReader reader(shards_of(100, 2), {});
  RangeProgress progress(reader);
  progress.said(TaskId{0}, 0.8);
  progress.dropped(TaskId{0});
  EXPECT_EQ(progress.sum(), 40u);
  progress.said(TaskId{0}, 0.1);
  EXPECT_EQ(progress.sum(), 40u);
  progress.said(TaskId{1}, 0.9);
  EXPECT_EQ(progress.sum(), 50u);
  progress.said(TaskId{1}, 0.2);
  EXPECT_EQ(progress.sum(), 50u);
  progress.finished(TaskId{0});
  progress.finished(TaskId{1});
  EXPECT_EQ(progress.sum(), 100u);
}

TEST(RangeProgress, EndsAtTheLargestRange) {
  const ShardReader reader(shards_of(ShardOptions::kRangeMax, 3), {});
  RangeProgress progress(reader);
  for (std::uint64_t task = 0; task < 3; ++task) {
    progress.said(TaskId{task}, 0.999999999999999999);
    progress.finished(TaskId{task});
  }
  EXPECT_EQ(progress.sum(), ShardOptions::kRangeMax);
}

}  // namespace
}  // namespace spread
