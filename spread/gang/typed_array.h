#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/base/buffers.h"

namespace spread {

/// What a typed array holds: signed, unsigned, floating, of so many bytes; little-endian.
enum class DType : std::uint8_t { I1, I2, I4, I8, U1, U2, U4, U8, F4, F8 };
/// Its name on the wire: "f8".
std::string_view name_of(DType dtype);
std::optional<DType> dtype_named(std::string_view name);
std::size_t item_bytes(DType dtype);

/// More axes than any library has that makes such arrays.
inline constexpr std::size_t kAxesMax = 64;

/// {"dtype": "f8", "shape": [2, 3], "data": bin}, the first axis slowest (docs/gangs.md, "Arrays").
/// `data` lies in the value that was parsed and has exactly the bytes that the shape wants.
struct TypedArray {
  DType dtype = DType::F8;
  std::vector<std::uint64_t> shape;
  ByteView data;

  std::uint64_t items() const { return data.size() / item_bytes(dtype); }
};

/// A map of just these three keys, the data a bin: who receives it takes it for an array.
bool looks_like_array(ByteView value);
/// One encoded value as a typed array; the error says what is wrong with it.
Result<TypedArray> parse_typed_array(ByteView value);

/// "f8 [2,3]".
std::string describe(DType dtype, const std::vector<std::uint64_t>& shape);
/// "[2,3]".
std::string describe(const std::vector<std::uint64_t>& numbers);

/// Everything of an encoded array in front of its data, which has so many bytes.
void append_array_head(DType dtype, const std::vector<std::uint64_t>& shape,
                       std::uint64_t data_bytes, ByteBuffer& out);

}  // namespace spread
