#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/gang/typed_array.h"

namespace spread {

enum class ReduceOp : std::uint8_t { Sum, Product, Min, Max };
/// Its name on the wire: "sum".
std::string_view name_of(ReduceOp op);
std::optional<ReduceOp> op_named(std::string_view name);

/// What can be reduced: an integer in [-2^63, 2^63), a float, or a typed array.
using Operand = std::variant<std::int64_t, double, TypedArray>;

/// One encoded value as an Operand; the error says what it is instead.
Result<Operand> parse_operand(ByteView value);
/// "an integer", "a float", "f8 [2,3]". Operands that can be reduced together have one description.
std::string describe(const Operand& operand);

/// An overflow: of which operand, and at which element (of an array, counted in C order).
struct Overflow {
  std::size_t operand = 0;
  std::uint64_t element = 0;
};
/// An encoded value in two pieces: `head`, then `data` (empty for a scalar).
struct Reduced {
  Slice head, data;
};
/// operands[0] op operands[1] op ..., from the left and in the array's own type, so that the same
/// operands give the same bits wherever it is computed. Integers that do not fit are an Overflow.
/// min and max: where one is a NaN the result is the first NaN; of equal ones (0.0 and -0.0) the
/// first. All operands have the same description; there is at least one.
tl::expected<Reduced, Overflow> reduce(ReduceOp op, std::span<const Operand> operands);

}  // namespace spread
