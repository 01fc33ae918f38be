#include "spread/shards/cut.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace spread {
namespace {

std::vector<std::uint64_t> sizes(std::uint64_t n, std::uint64_t k, Split split) {
  std::vector<std::uint64_t> sizes;
  for (std::uint64_t i = 0; i < k; ++i) {
    const Piece piece = piece_of(n, k, i, split);
    sizes.push_back(piece.stop - piece.start);
  }
  return sizes;
}

TEST(Cut, SpreadsTheRestEvenly) {
  EXPECT_EQ(sizes(10, 4, Split::Even), (std::vector<std::uint64_t>{2, 3, 2, 3}));
  EXPECT_EQ(sizes(50, 4, Split::Even), (std::vector<std::uint64_t>{12, 13, 12, 13}));
}

TEST(Cut, GivesTheRestToTheFirstAsArraySplitDoes) {
  // numpy.array_split(range(10), 4)
  EXPECT_EQ(sizes(10, 4, Split::Front), (std::vector<std::uint64_t>{3, 3, 2, 2}));
  EXPECT_EQ(sizes(3, 5, Split::Front), (std::vector<std::uint64_t>{1, 1, 1, 0, 0}));
}

// Where a computation in doubles is off by one first, with k <= n.
TEST(Cut, IsExactWhereFloatingPointIsNot) {
  for (std::uint64_t i = 0; i < 22; ++i) {
    EXPECT_EQ(piece_of(30, 22, i, Split::Even), (Piece{i * 30 / 22, (i + 1) * 30 / 22}));
  }
  EXPECT_EQ(piece_of(1, 49, 48, Split::Even), (Piece{0, 1}));
}

/// What is wrong with the pieces, if something is: each number is to be in exactly one of them, and
/// their sizes differ by one at most. (No assertion for each piece: there are 200 million.)
std::string problem_of(std::uint64_t n, std::uint64_t k, Split split) {
  std::uint64_t next = 0, least = n, most = 0;
  bool joined = true;
  for (std::uint64_t i = 0; i < k; ++i) {
    const Piece piece = piece_of(n, k, i, split);
    joined &= piece.start == next && piece.start <= piece.stop;
    next = piece.stop;
    least = std::min(least, piece.stop - piece.start);
    most = std::max(most, piece.stop - piece.start);
  }
  if (joined && next == n && most - least <= 1) return {};
  return std::to_string(n) + " in " + std::to_string(k) + " pieces";
}

TEST(Cut, CoversExactlyForAllSmallNumbers) {
  for (std::uint64_t n = 0; n <= 3000; ++n) {
    for (std::uint64_t k = 1; k <= 256; ++k) {
      ASSERT_EQ(problem_of(n, k, Split::Even), "");
      ASSERT_EQ(problem_of(n, k, Split::Front), "");
    }
  }
}

TEST(Cut, CoversTheLargestRanges) {
  constexpr std::uint64_t kMax = ShardOptions::kRangeMax;
  for (const std::uint64_t n : {kMax, kMax - 1}) {
    for (const std::uint64_t k : {1, 2, 3, 255, 1000}) {
      EXPECT_EQ(problem_of(n, k, Split::Even), "");
      EXPECT_EQ(problem_of(n, k, Split::Front), "");
    }
  }
  constexpr std::uint64_t kPieces = std::uint64_t{1} << 32;
  EXPECT_EQ(piece_of(kMax, kPieces, kPieces - 1, Split::Even).stop, kMax);
  EXPECT_EQ(piece_of(kMax, kPieces, kPieces - 1, Split::Front).stop, kMax);
  EXPECT_EQ(piece_of(kMax, kMax, kMax - 1, Split::Even), (Piece{kMax - 1, kMax}));
}

TEST(Cutting, HasNoEmptyPiece) {
  EXPECT_EQ(cut_into(3, 8, Split::Even).pieces, 3u);
  EXPECT_EQ(cut_into(0, 8, Split::Even).pieces, 0u);
}

TEST(Cutting, OfASizeEndsWithAShorterPiece) {
  const Cutting cutting = cut_by(100, 30, Split::Even);
  EXPECT_EQ(cutting.pieces, 4u);
  EXPECT_EQ(cutting.piece(0), (Piece{0, 30}));
  EXPECT_EQ(cutting.piece(3), (Piece{90, 100}));
  EXPECT_EQ(cut_by(0, 30, Split::Even).pieces, 0u);
  EXPECT_EQ(cut_by(90, 30, Split::Even).pieces, 3u);
}

TEST(Cutting, OfASizeReachesTheEndOfTheLargestRange) {
  constexpr std::uint64_t kMax = ShardOptions::kRangeMax;
  const Cutting cutting = cut_by(kMax, kMax - 1, Split::Even);
  EXPECT_EQ(cutting.pieces, 2u);
  EXPECT_EQ(cutting.piece(1), (Piece{kMax - 1, kMax}));
}

}  // namespace
}  // namespace spread
