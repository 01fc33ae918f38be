// A msgpack value, written piece after piece into a buffer.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "spread/api/bytes.h"
#include "spread/base/buffers.h"
#include "spread/wire/msgpack.h"

namespace spread::wire {

/// Appends to a buffer of the caller's. Of an array or a map it writes the header, and as many
/// elements or pairs as that says must follow; fewer than 2^32.
class ValueWriter {
 public:
  explicit ValueWriter(ByteBuffer& out) : out_(out) {}

  void array(std::uint64_t elements) { head(put_array_header, elements); }
  void map(std::uint64_t pairs) { head(put_map_header, pairs); }
  void number(std::uint64_t n) { head(put_unsigned, n); }
  void nil() { out_.push_back(Byte{0xc0}); }
  /// UTF-8, shorter than 4 GiB.
  void text(std::string_view text) {
    head(put_str_header, text.size());
    out_.append(text);
  }
  /// Values that are encoded already.
  void encoded(ByteView values) { out_.append(values); }
  void encoded(const Value& value) { out_.append(value); }

 private:
  template <typename Put>
  void head(Put put, std::uint64_t n) {
    std::array<Byte, kMaxScalarBytes> bytes;
    Byte* const end = put(bytes.data(), n);
    out_.append({bytes.data(), static_cast<std::size_t>(end - bytes.data())});
  }

  ByteBuffer& out_;
};

struct ArrayHead {
  std::size_t bytes = 0;  ///< of the header; 0: it is no array
  std::uint64_t elements = 0;
};

/// Of one whole value.
inline ArrayHead array_head(ByteView value) {
  const Byte* at = value.data();
  const Token token = next_token(at, at + value.size());
  if (token.type != TokenType::Array) return {};
  return {static_cast<std::size_t>(at - value.data()), token.number};
}

}  // namespace spread::wire
