#include "spread/gang/typed_array.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "spread/base/quote.h"
#include "spread/wire/msgpack.h"
#include "spread/wire/value_list.h"

namespace spread {
namespace {

using wire::Token;
using wire::TokenType;

constexpr DType kDTypes[] = {DType::I1, DType::I2, DType::I4, DType::I8, DType::U1,
                             DType::U2, DType::U4, DType::U8, DType::F4, DType::F8};
constexpr std::array<std::string_view, 3> kKeys = {"dtype", "shape", "data"};
constexpr std::array<std::string_view, std::size(kDTypes)> kDTypeNames = {
    "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8"};

Result<std::vector<std::uint64_t>> parse_shape(const Byte*& at, const Byte* end) {
  const Token header = wire::next_token(at, end);
  if (header.type != TokenType::Array) return fail("an array whose shape is no list");
  if (header.number > kAxesMax) {
    return fail(fmt::format("an array of {} axes, more than {}", header.number, kAxesMax));
  }
  std::vector<std::uint64_t> shape;
  for (std::uint64_t i = 0; i < header.number; ++i) {
    const Token length = wire::next_token(at, end);
    if (length.type != TokenType::Unsigned) {
      return fail("an array whose shape has what is no integer >= 0");
    }
    shape.push_back(length.number);
  }
  return shape;
}

/// How many bytes the shape wants; nothing where that is more than 64 bits can say.
std::optional<std::uint64_t> bytes_of(DType dtype, const std::vector<std::uint64_t>& shape) {
  std::uint64_t bytes = item_bytes(dtype);
  bool overflow = false;
  for (const std::uint64_t length : shape) {
    if (length == 0) return 0;
    overflow = __builtin_mul_overflow(bytes, length, &bytes) || overflow;
  }
  if (overflow) return std::nullopt;
  return bytes;
}

void append_text(std::string_view text, ByteBuffer& out) {
  Byte* const at = out.prepare(wire::kMaxScalarBytes);
  out.commit(static_cast<std::size_t>(wire::put_str_header(at, text.size()) - at));
  out.append(text);
}

}  // namespace

std::string_view name_of(DType dtype) { return kDTypeNames[static_cast<std::size_t>(dtype)]; }

std::optional<DType> dtype_named(std::string_view name) {
  for (const DType dtype : kDTypes) {
    if (name_of(dtype) == name) return dtype;
  }
  return std::nullopt;
}

std::size_t item_bytes(DType dtype) {
  return static_cast<std::size_t>(name_of(dtype).back() - '0');
}

std::string describe(const std::vector<std::uint64_t>& numbers) {
  return fmt::format("[{}]", fmt::join(numbers, ","));
}

std::string describe(DType dtype, const std::vector<std::uint64_t>& shape) {
  return fmt::format("{} {}", name_of(dtype), describe(shape));
}

bool looks_like_array(ByteView value) {
  wire::ValueList values(value);
  const Token header = values.enter();
  if (header.type != TokenType::Map || header.number != kKeys.size()) return false;
  std::array<bool, kKeys.size()> seen{};
  for (std::size_t i = 0; i < kKeys.size(); ++i) {
    const Token key = wire::token_of(values.take());
    const auto known = std::find(kKeys.begin(), kKeys.end(), as_text(key.bytes));
    if (!key.is_text() || known == kKeys.end()) return false;
    if (std::exchange(seen[static_cast<std::size_t>(known - kKeys.begin())], true)) return false;
    const bool bin = wire::token_of(values.take()).type == TokenType::Bin;
    if (*known == "data" && !bin) return false;
  }
  return true;
}

Result<TypedArray> parse_typed_array(ByteView value) {
  const Byte* at = value.data();
  const Byte* const end = at + value.size();
  const Token header = wire::next_token(at, end);
  if (header.type != TokenType::Map) return fail("what is no array");
  TypedArray array;
  std::array<bool, 3> seen{};
  for (std::uint64_t i = 0; i < header.number; ++i) {
    const Token key = wire::next_token(at, end);
    const std::string_view name = key.is_text() ? as_text(key.bytes) : std::string_view();
    if (name == "dtype" && !std::exchange(seen[0], true)) {
      const Token word = wire::next_token(at, end);
      const auto dtype = dtype_named(word.is_text() ? as_text(word.bytes) : std::string_view());
      if (!dtype) {
        return fail(fmt::format("an array of the dtype {}, which is none of {}",
                                show_text(as_text(word.bytes), 20), fmt::join(kDTypeNames, " ")));
      }
      array.dtype = *dtype;
    } else if (name == "shape" && !std::exchange(seen[1], true)) {
      auto shape = parse_shape(at, end);
      if (!shape) return tl::unexpected(std::move(shape.error()));
      array.shape = std::move(*shape);
    } else if (name == "data" && !std::exchange(seen[2], true)) {
      const Token data = wire::next_token(at, end);
      if (data.type != TokenType::Bin) return fail("an array whose data is no bin");
      array.data = data.bytes;
    } else {
      return fail("a map that is not {\"dtype\", \"shape\", \"data\"}");
    }
  }
  if (header.number != seen.size())
    return fail("a map that is not {\"dtype\", \"shape\", \"data\"}");
  if (bytes_of(array.dtype, array.shape) != array.data.size()) {
    return fail(fmt::format("an array {} with {} bytes of data", describe(array.dtype, array.shape),
                            array.data.size()));
  }
  return array;
}

void append_array_head(DType dtype, const std::vector<std::uint64_t>& shape,
                       std::uint64_t data_bytes, ByteBuffer& out) {
  out.push_back(Byte{0x83});  // a map of three
  append_text("dtype", out);
  append_text(name_of(dtype), out);
  append_text("shape", out);
  Byte* const at = out.prepare(wire::kMaxScalarBytes * (1 + shape.size()));
  Byte* to = wire::put_array_header(at, shape.size());
  for (const std::uint64_t length : shape) to = wire::put_unsigned(to, length);
  out.commit(static_cast<std::size_t>(to - at));
  append_text("data", out);
  Byte* const bin = out.prepare(wire::kMaxScalarBytes);
  out.commit(static_cast<std::size_t>(wire::put_bin_header(bin, data_bytes) - bin));
}

}  // namespace spread
