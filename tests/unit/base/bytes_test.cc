// spread/api/bytes.h: Block, Slice, Value.
#include "spread/api/bytes.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace spread {
namespace {

TEST(Slice, ACopyOfBytesIsIndependentOfThem) {
  std::string text = "hello";
  const Slice slice = Slice::copy_of(as_bytes(text));
  text = "HELLO";
  EXPECT_EQ(as_text(slice.view()), "hello");
}

TEST(Slice, CopiesShareTheBlock) {
  const Slice first = Slice::copy_of(as_bytes("hello"));
  const Slice second = first;
  EXPECT_EQ(second.view().data(), first.view().data());
  EXPECT_EQ(first.block()->references(), 2u);
}

TEST(Slice, GivesItsReferenceBack) {
  const Slice first = Slice::copy_of(as_bytes("hello"));
  { const Slice second = first; }
  EXPECT_EQ(first.block()->references(), 1u);
}

TEST(Slice, AMovedFromSliceIsEmptyAndHoldsNothing) {
  Slice first = Slice::copy_of(as_bytes("hello"));
  const Slice second = std::move(first);
  EXPECT_EQ(second.block()->references(), 1u);
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): that it is empty is the claim
  EXPECT_EQ(first.block(), nullptr);
}

TEST(Slice, AssignmentReleasesWhatWasThere) {
  const Slice kept = Slice::copy_of(as_bytes("kept"));
  Slice slice = kept;
  slice = Slice::copy_of(as_bytes("other"));
  EXPECT_EQ(kept.block()->references(), 1u);
  EXPECT_EQ(as_text(slice.view()), "other");
}

TEST(Slice, SurvivesAssignmentToItself) {
  Slice slice = Slice::copy_of(as_bytes("hello"));
  const Slice& same = slice;
  slice = same;
  EXPECT_EQ(as_text(slice.view()), "hello");
  EXPECT_EQ(slice.block()->references(), 1u);
}

TEST(Slice, APartKeepsTheWholeBlock) {
  Block* const block = Block::create(100);
  block->data()[50] = 'x';
  const Slice part(block, {block->data() + 50, 1});
  block->release();
  EXPECT_EQ(as_text(part.view()), "x");
  EXPECT_EQ(part.block()->references(), 1u);
}

TEST(Slice, OfNothingIsEmpty) {
  EXPECT_TRUE(Slice().empty());
  EXPECT_TRUE(Slice::copy_of({}).empty());
}

TEST(Slice, ALiteralHasNoBlock) {
  const Slice slice = Slice::literal("for ever");
  EXPECT_EQ(slice.block(), nullptr);
  EXPECT_EQ(as_text(slice.view()), "for ever");
}

TEST(Value, IsItsHeadAndItsBody) {
  Value value;
  value.head = {0xd9, 0x20};
  value.head_size = 2;
  value.body = Slice::literal("0123");
  EXPECT_EQ(value.size(), 6u);
  EXPECT_EQ(value.head_view().size(), 2u);
}

}  // namespace
}  // namespace spread
