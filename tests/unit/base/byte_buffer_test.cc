#include "spread/base/buffers.h"

#include <string>

#include <gtest/gtest.h>

#include "spread/base/random.h"

namespace spread {
namespace {

TEST(ByteBuffer, HasNoMemoryBeforeItsFirstByte) {
  const ByteBuffer buffer;
  EXPECT_EQ(buffer.capacity(), 0u);
  EXPECT_TRUE(buffer.empty());
}

TEST(ByteBuffer, GivesBackWhatWasAppendedInOrder) {
  ByteBuffer buffer;
  buffer.append("ab");
  buffer.push_back('c');
  buffer.append(as_bytes("de"));
  EXPECT_EQ(as_text(buffer.view()), "abcde");
  buffer.consume(2);
  EXPECT_EQ(as_text(buffer.view()), "cde");
}

TEST(ByteBuffer, AppendsAValueWithItsHead) {
  Value value;
  value.head = {'h', 'd'};
  value.head_size = 2;
  value.body = Slice::literal("body");
  ByteBuffer buffer;
  buffer.append(value);
  EXPECT_EQ(as_text(buffer.view()), "hdbody");
}

TEST(ByteBuffer, AppendingNothingAllocatesNothing) {
  ByteBuffer buffer;
  buffer.append(ByteView());
  EXPECT_EQ(buffer.capacity(), 0u);
}

TEST(ByteBuffer, OnlyWhatIsCommittedCounts) {
  ByteBuffer buffer;
  Byte* const room = buffer.prepare(10);
  room[0] = 'x';
  EXPECT_TRUE(buffer.empty());
  buffer.commit(1);
  EXPECT_EQ(as_text(buffer.view()), "x");
}

TEST(ByteBuffer, BeginsAgainAtTheFrontWhenItRunsEmpty) {
  ByteBuffer buffer;
  buffer.append(std::string(200, 'x'));
  buffer.consume(200);
  EXPECT_EQ(buffer.writable(), buffer.capacity());
}

TEST(ByteBuffer, MovesInsteadOfGrowingWhileLittleIsInUse) {
  ByteBuffer buffer;
  buffer.append(std::string(250, 'x'));
  const std::size_t capacity = buffer.capacity();
  buffer.consume(240);
  buffer.append(std::string(capacity - 20, 'y'));
  EXPECT_EQ(buffer.capacity(), capacity);
  EXPECT_EQ(as_text(buffer.view()).substr(0, 12), "xxxxxxxxxxyy");
}

TEST(ByteBuffer, AStreamThroughItNeedsNoMoreThanWhatIsInside) {
  ByteBuffer buffer;
  for (int i = 0; i < 10'000; ++i) {
    buffer.append("0123456789");
    if (buffer.size() > 100) buffer.consume(10);
  }
  EXPECT_LE(buffer.capacity(), 512u);
}

TEST(ByteBuffer, ShrinkFreesAnEmptyBufferOnly) {
  ByteBuffer buffer;
  buffer.append("x");
  buffer.shrink();
  EXPECT_EQ(as_text(buffer.view()), "x");
  buffer.consume(1);
  buffer.shrink();
  EXPECT_EQ(buffer.capacity(), 0u);
  buffer.append("again");
  EXPECT_EQ(as_text(buffer.view()), "again");
}

TEST(ByteBuffer, IsAQueueWhateverTheOrderOfCalls) {
  Random random(7);
  ByteBuffer buffer;
  std::string model;
  for (int i = 0; i < 20'000; ++i) {
    const std::string piece(random.below(100), static_cast<char>('a' + random.below(26)));
    buffer.append(piece);
    model += piece;
    const std::size_t gone = random.below(model.size() + 1);
    buffer.consume(gone);
    model.erase(0, gone);
    ASSERT_EQ(as_text(buffer.view()), model);
  }
}

TEST(ByteBufferDeathTest, ConsumingWhatIsNotThereStopsTheProgram) {
  ByteBuffer buffer;
  buffer.append("x");
  EXPECT_DEATH(buffer.consume(2), "n <= size");
}

TEST(ByteBufferDeathTest, CommittingWhatWasNotPreparedStopsTheProgram) {
  ByteBuffer buffer;
  EXPECT_DEATH(buffer.commit(1), "capacity_");
}

}  // namespace
}  // namespace spread
