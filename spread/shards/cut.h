// spread/shards: a range of numbers, or arrays, cut into tasks (docs/shards.md). Pure. Start here,
// then shard_reader.h.
#pragma once

#include <cstdint>
#include <optional>

#include "spread/api/shared_options.h"

namespace spread {

/// The numbers from `start` to the one before `stop`.
struct Piece {
  std::uint64_t start = 0, stop = 0;
  bool operator==(const Piece&) const = default;
};

/// Piece `i` of `k` (i < k) of the numbers 0 to n-1. All pieces together are each of these exactly
/// once, in order; their sizes differ by at most one. With k > n some are empty.
///
/// Even: [floor(i*n/k), floor((i+1)*n/k)), exactly: Eidolon's partitionSequence computes it with
/// floating point, and loses numbers where k > n. Front: the first n mod k pieces have one more, as
/// numpy.array_split has it.
Piece piece_of(std::uint64_t n, std::uint64_t k, std::uint64_t i, Split split);

/// How many pieces there are, and which.
struct Cutting {
  std::uint64_t n = 0;
  std::uint64_t pieces = 0;         ///< 0 where n is
  std::optional<std::uint64_t> of;  ///< numbers in each piece but the last
  Split split = Split::Even;

  Piece piece(std::uint64_t i) const;
};

/// Into `k` pieces, but none of them empty.
Cutting cut_into(std::uint64_t n, std::uint64_t k, Split split);
/// Into pieces of `size` numbers; the last one may be shorter.
Cutting cut_by(std::uint64_t n, std::uint64_t size, Split split);

}  // namespace spread
