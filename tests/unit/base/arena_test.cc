#include "spread/base/buffers.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace spread {
namespace {

TEST(Arena, CopiesSmallStringsIntoOneBlock) {
  Arena arena(1000);
  const Slice first = arena.copy(as_bytes("one"));
  const Slice second = arena.copy(as_bytes("two"));
  EXPECT_EQ(as_text(first.view()), "one");
  EXPECT_EQ(as_text(second.view()), "two");
  EXPECT_EQ(first.block(), second.block());
}

TEST(Arena, GivesALargeStringABlockOfItsOwn) {
  Arena arena(1000);
  const Slice small = arena.copy(as_bytes("small"));
  const Slice large = arena.copy(as_bytes(std::string(251, 'x')));
  EXPECT_NE(large.block(), small.block());
  EXPECT_EQ(large.block()->capacity(), 251u);
  EXPECT_EQ(arena.copy(as_bytes("next")).block(), small.block());
}

TEST(Arena, TakesANewBlockWhenOneIsFull) {
  Arena arena(100);
  std::vector<Slice> slices;
  for (int i = 0; i < 30; ++i) slices.push_back(arena.copy(as_bytes("0123456789")));
  EXPECT_NE(slices.front().block(), slices.back().block());
  for (const Slice& slice : slices) EXPECT_EQ(as_text(slice.view()), "0123456789");
}

TEST(Arena, FillsABlockAgainThatNobodyHolds) {
  Arena arena(100);
  const Block* const block = arena.copy(as_bytes(std::string(20, 'x'))).block();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(arena.copy(as_bytes(std::string(20, 'y'))).block(), block);
  }
}

TEST(Arena, NeverWritesOverWhatIsHeld) {
  Arena arena(100);
  const Slice held = arena.copy(as_bytes("held"));
  for (int i = 0; i < 50; ++i) arena.copy(as_bytes(std::string(20, 'y')));
  EXPECT_EQ(as_text(held.view()), "held");
}

TEST(Arena, ASliceOutlivesItsArena) {
  Slice slice;
  {
    Arena arena(100);
    slice = arena.copy(as_bytes("still here"));
  }
  EXPECT_EQ(as_text(slice.view()), "still here");
  EXPECT_EQ(slice.block()->references(), 1u);
}

TEST(Arena, CopiesNothing) {
  Arena arena(100);
  EXPECT_TRUE(arena.copy({}).empty());
}

}  // namespace
}  // namespace spread
