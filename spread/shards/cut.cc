#include "spread/shards/cut.h"

#include <algorithm>

#include "spread/base/assert.h"

namespace spread {
namespace {

// i*n is up to 2^95 for the pieces of a range, and more where pieces are numbers of it.
__extension__ using Wide = unsigned __int128;

std::uint64_t even(std::uint64_t n, std::uint64_t k, std::uint64_t i) {
  return static_cast<std::uint64_t>(Wide{i} * n / k);
}

std::uint64_t front(std::uint64_t n, std::uint64_t k, std::uint64_t i) {
  return i * (n / k) + std::min(i, n % k);
}

}  // namespace

Piece piece_of(std::uint64_t n, std::uint64_t k, std::uint64_t i, Split split) {
  SPREAD_ASSERT(i < k);
  return split == Split::Even ? Piece{even(n, k, i), even(n, k, i + 1)}
                              : Piece{front(n, k, i), front(n, k, i + 1)};
}

Piece Cutting::piece(std::uint64_t i) const {
  SPREAD_ASSERT(i < pieces);
  if (!of) return piece_of(n, pieces, i, split);
  return {i * *of, i + 1 == pieces ? n : (i + 1) * *of};
}

Cutting cut_into(std::uint64_t n, std::uint64_t k, Split split) {
  return {n, std::min(n, k), std::nullopt, split};
}

Cutting cut_by(std::uint64_t n, std::uint64_t size, Split split) {
  SPREAD_ASSERT(size > 0);
  return {n, n / size + (n % size > 0 ? 1 : 0), size, split};
}

}  // namespace spread
