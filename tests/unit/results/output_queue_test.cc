#include "spread/base/buffers.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "spread/base/random.h"
#include "tests/support/run_program.h"

namespace spread {
namespace {

constexpr std::size_t kLarge = OutputQueue::kLargeBytes;

std::string content(const OutputQueue& queue, std::size_t max_pieces = 1000) {
  std::vector<ByteView> pieces(max_pieces);
  const std::size_t count = queue.gather(pieces);
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += as_text(pieces[i]);
  return text;
}

Slice slice_of(const std::string& text) { return Slice::copy_of(as_bytes(text)); }

TEST(OutputQueue, KeepsTheOrderOfSmallAndLargePieces) {
  OutputQueue queue;
  const std::string large(kLarge, 'L');
  queue.tail().append("a");
  queue.append(slice_of(large));
  queue.tail().append("b");
  queue.append(slice_of("c"));
  queue.append(slice_of(large));
  queue.append(slice_of(large));
  queue.tail().append("d");
  EXPECT_EQ(content(queue), "a" + large + "bc" + large + large + "d");
  EXPECT_EQ(queue.size(), 4 + 3 * kLarge);
}

TEST(OutputQueue, DoesNotCopyALargePiece) {
  OutputQueue queue;
  const Slice large = slice_of(std::string(kLarge, 'L'));
  queue.append(large);
  ByteView piece;
  ASSERT_EQ(queue.gather({&piece, 1}), 1u);
  EXPECT_EQ(piece.data(), large.view().data());
}

TEST(OutputQueue, CopiesASmallPiece) {
  OutputQueue queue;
  const Slice small = slice_of("small");
  queue.append(small);
  EXPECT_EQ(small.block()->references(), 1u);
  EXPECT_EQ(content(queue), "small");
}

TEST(OutputQueue, GathersNoMoreThanThereIsRoomFor) {
  OutputQueue queue;
  const std::string large(kLarge, 'L');
  queue.tail().append("a");
  queue.append(slice_of(large));
  queue.tail().append("b");
  EXPECT_EQ(content(queue, 0), "");
  EXPECT_EQ(content(queue, 1), "a");
  EXPECT_EQ(content(queue, 2), "a" + large);
  EXPECT_EQ(content(queue, 3), "a" + large + "b");
}

TEST(OutputQueue, ReleasesALargePieceWhenItIsConsumed) {
  OutputQueue queue;
  const Slice large = slice_of(std::string(kLarge, 'L'));
  queue.append(large);
  queue.consume(kLarge - 1);
  EXPECT_EQ(large.block()->references(), 2u);
  queue.consume(1);
  EXPECT_EQ(large.block()->references(), 1u);
  EXPECT_TRUE(queue.empty());
}

TEST(OutputQueue, GivesEveryByteOnceHoweverItIsConsumed) {
  const std::uint64_t seed = test::seed_from_environment(3);
  SCOPED_TRACE("SPREAD_SEED=" + std::to_string(seed));
  Random random(seed);
  OutputQueue queue;
  std::string wanted, got;
  for (int step = 0; step < 5000; ++step) {
    const std::string piece(random.below(4) == 0 ? kLarge + random.below(5000) : random.below(300),
                            static_cast<char>('a' + step % 26));
    if (wanted.size() - got.size() < 300000) {
      wanted += piece;
      if (random.below(2) == 0) {
        queue.append(slice_of(piece));
      } else if (piece.size() < kLarge) {
        queue.tail().append(piece);
      } else {
        queue.append(slice_of(piece));
      }
    }
    ASSERT_EQ(queue.size(), wanted.size() - got.size());
    const std::string waiting = content(queue, 1 + random.below(5));
    const std::size_t n = random.below(std::min<std::size_t>(waiting.size(), 30000) + 1);
    got += waiting.substr(0, n);
    queue.consume(n);
  }
  got += content(queue);
  EXPECT_TRUE(got == wanted);
}

}  // namespace
}  // namespace spread
