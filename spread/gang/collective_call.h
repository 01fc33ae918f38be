#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/gang/reduction.h"
#include "spread/gang/typed_array.h"
#include "spread/wire/codec.h"

namespace spread {

enum class CollectiveKind : std::uint8_t {
  Barrier,
  Broadcast,
  Allgather,
  Exchange,
  Reduce,
  Allreduce,
  Gather,
  Scatter,
};

/// The questions that only a member of a gang may ask.
enum class GangOp : std::uint8_t { Collective, Put, Get };
std::optional<GangOp> gang_op_named(std::string_view op);

/// A member's part of a collective, [round, kind, value] behind the op. Views lie in the arguments
/// that were parsed.
struct CollectiveCall {
  std::uint64_t round = 0;  ///< how many collectives the member has called before
  CollectiveKind kind = CollectiveKind::Barrier;
  ReduceOp op = ReduceOp::Sum;        ///< reduce, allreduce
  std::string name;                   ///< exchange
  ByteView value;                     ///< without op, name and sizes
  Operand operand = std::int64_t{0};  ///< reduce, allreduce, and gather, where it is an array
  std::vector<std::uint64_t> sizes;   ///< gather: each member's length of the first axis
  std::vector<ByteView> elements;     ///< scatter, of rank 0

  /// "allreduce sum", "exchange 'grid'".
  std::string what() const;
};

/// What `rank` of `size` members asks for; an error is of the member that asks, which may be named
/// in front of it: "it called dance, which is no collective".
Result<CollectiveCall> parse_collective(std::uint32_t rank, std::uint32_t size,
                                        std::uint64_t arguments, ByteView values);

/// What keeps two calls from belonging together, as the end of a sentence that begins with the rank
/// of `call`: "called barrier (round 3), rank 0 allgather"; empty = nothing.
std::string difference(const CollectiveCall& call, const CollectiveCall& other,
                       std::uint32_t other_rank);

/// put: [name, value]. get: [name], and `value` is empty.
struct NamedValue {
  std::string name;
  ByteView value;
};
Result<NamedValue> parse_named(GangOp op, std::uint64_t arguments, ByteView values);

}  // namespace spread
