#include "spread/gang/reduction.h"

#include <array>
#include <cfloat>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "spread/base/assert.h"
#include "spread/base/overloaded.h"
#include "spread/wire/msgpack.h"

namespace spread {
namespace {

static_assert(FLT_EVAL_METHOD == 0, "an f4 is to be folded in f4");
static_assert(std::numeric_limits<double>::is_iec559);

constexpr std::array<std::string_view, 4> kOpNames = {"sum", "product", "min", "max"};

/// False: it does not fit.
template <ReduceOp op, typename T>
bool combine(T left, T right, T& result) {
  if constexpr (op == ReduceOp::Min || op == ReduceOp::Max) {
    // Not <=: of equal ones the left one stays. A NaN is less than nothing and nothing than it.
    const bool takes_right = op == ReduceOp::Min ? right < left : left < right;
    const bool right_is_first_nan = right != right && left == left;
    result = takes_right || right_is_first_nan ? right : left;
    return true;
  } else if constexpr (std::is_floating_point_v<T>) {
    result = op == ReduceOp::Sum ? left + right : left * right;
    return true;
  } else if constexpr (op == ReduceOp::Sum) {
    return !__builtin_add_overflow(left, right, &result);
  } else {
    return !__builtin_mul_overflow(left, right, &result);
  }
}

/// `into` op `next`, element by element; the first element that does not fit. The data lies in
/// frames, at any address.
template <ReduceOp op, typename T>
std::optional<std::uint64_t> fold_items(Byte* into, ByteView next) {
  const std::size_t items = next.size() / sizeof(T);
  for (std::size_t i = 0; i < items; ++i) {
    T left;
    T right;
    std::memcpy(&left, into + i * sizeof(T), sizeof(T));
    std::memcpy(&right, next.data() + i * sizeof(T), sizeof(T));
    if (!combine<op>(left, right, left)) return i;
    std::memcpy(into + i * sizeof(T), &left, sizeof(T));
  }
  return std::nullopt;
}

template <typename T>
std::optional<std::uint64_t> fold_as(ReduceOp op, Byte* into, ByteView next) {
  switch (op) {
    case ReduceOp::Sum: return fold_items<ReduceOp::Sum, T>(into, next);
    case ReduceOp::Product: return fold_items<ReduceOp::Product, T>(into, next);
    case ReduceOp::Min: return fold_items<ReduceOp::Min, T>(into, next);
    case ReduceOp::Max: return fold_items<ReduceOp::Max, T>(into, next);
  }
  return std::nullopt;
}

std::optional<std::uint64_t> fold(ReduceOp op, DType dtype, Byte* into, ByteView next) {
  switch (dtype) {
    case DType::I1: return fold_as<std::int8_t>(op, into, next);
    case DType::I2: return fold_as<std::int16_t>(op, into, next);
    case DType::I4: return fold_as<std::int32_t>(op, into, next);
    case DType::I8: return fold_as<std::int64_t>(op, into, next);
    case DType::U1: return fold_as<std::uint8_t>(op, into, next);
    case DType::U2: return fold_as<std::uint16_t>(op, into, next);
    case DType::U4: return fold_as<std::uint32_t>(op, into, next);
    case DType::U8: return fold_as<std::uint64_t>(op, into, next);
    case DType::F4: return fold_as<float>(op, into, next);
    case DType::F8: return fold_as<double>(op, into, next);
  }
  return std::nullopt;
}

/// The operand's bytes as an array's data; a scalar's are in itself.
ByteView data_of(const Operand& operand) {
  return std::visit(overloaded{[](const TypedArray& array) { return array.data; },
                               [](const auto& scalar) {
                                 return ByteView(reinterpret_cast<const Byte*>(&scalar),
                                                 sizeof scalar);
                               }},
                    operand);
}

DType dtype_of(const Operand& operand) {
  return std::visit(
      overloaded{[](const TypedArray& array) { return array.dtype; },
                 [](std::int64_t) { return DType::I8; }, [](double) { return DType::F8; }},
      operand);
}

Slice encoded_scalar(DType dtype, const Byte* data) {
  std::array<Byte, wire::kMaxScalarBytes> bytes;
  Byte* end = nullptr;
  if (dtype == DType::I8) {
    std::int64_t integer = 0;
    std::memcpy(&integer, data, sizeof integer);
    end = wire::put_signed(bytes.data(), integer);
  } else {
    double real = 0;
    std::memcpy(&real, data, sizeof real);
    end = wire::put_float64(bytes.data(), real);
  }
  return Slice::copy_of({bytes.data(), static_cast<std::size_t>(end - bytes.data())});
}

}  // namespace

std::string_view name_of(ReduceOp op) { return kOpNames[static_cast<std::size_t>(op)]; }

std::optional<ReduceOp> op_named(std::string_view name) {
  for (const ReduceOp op : {ReduceOp::Sum, ReduceOp::Product, ReduceOp::Min, ReduceOp::Max}) {
    if (name_of(op) == name) return op;
  }
  return std::nullopt;
}

Result<Operand> parse_operand(ByteView value) {
  const Byte* at = value.data();
  const wire::Token token = wire::next_token(at, at + value.size());
  switch (token.type) {
    case wire::TokenType::Negative: return token.negative();
    case wire::TokenType::Unsigned:
      if (token.number > INT64_MAX) return fail("an integer above 2^63-1");
      return static_cast<std::int64_t>(token.number);
    case wire::TokenType::Float32:
    case wire::TokenType::Float64: return token.real;
    case wire::TokenType::Map: {
      Result<TypedArray> array = parse_typed_array(value);
      if (!array) return tl::unexpected(std::move(array.error()));
      return std::move(*array);
    }
    case wire::TokenType::Array: return fail("a list");
    case wire::TokenType::Nil: return fail("nil");
    case wire::TokenType::Bool: return fail("a bool");
    case wire::TokenType::Str: return fail("text");
    case wire::TokenType::Bin: return fail("bytes");
    case wire::TokenType::Ext:
    case wire::TokenType::None: break;
  }
  return fail("what is no number");
}

std::string describe(const Operand& operand) {
  return std::visit(
      overloaded{[](std::int64_t) { return std::string("an integer"); },
                 [](double) { return std::string("a float"); },
                 [](const TypedArray& array) { return describe(array.dtype, array.shape); }},
      operand);
}

tl::expected<Reduced, Overflow> reduce(ReduceOp op, std::span<const Operand> operands) {
  SPREAD_ASSERT(!operands.empty());
  const DType dtype = dtype_of(operands[0]);
  const ByteView first = data_of(operands[0]);
  Block* const block = Block::create(first.size());
  const Slice data(block, {block->data(), first.size()});
  block->release();
  if (!first.empty()) std::memcpy(block->data(), first.data(), first.size());
  for (std::size_t i = 1; i < operands.size(); ++i) {
    const ByteView next = data_of(operands[i]);
    SPREAD_ASSERT(next.size() == first.size());
    if (const auto element = fold(op, dtype, block->data(), next)) {
      return tl::unexpected(Overflow{i, *element});
    }
  }
  const auto* const array = std::get_if<TypedArray>(&operands[0]);
  if (array == nullptr) return Reduced{encoded_scalar(dtype, block->data()), {}};
  ByteBuffer head;
  append_array_head(array->dtype, array->shape, first.size(), head);
  return Reduced{Slice::copy_of(head.view()), data};
}

}  // namespace spread
