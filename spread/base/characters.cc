#include "spread/base/characters.h"

namespace spread {
namespace {

bool is_continuation(Byte byte) { return (byte & 0xc0) == 0x80; }

/// The length of the well-formed sequence at `at`, which does not begin with an ASCII byte; 0 if
/// there is none.
std::size_t sequence_length(const Byte* at, std::size_t left) {
  const Byte first = at[0];
  if (first < 0xc2 || left < 2) return 0;
  // The second byte's range depends on the first: this is where overlong forms (E0, F0),
  // surrogates (ED) and the end of Unicode (F4) are told apart.
  const Byte second = at[1];
  if (first < 0xe0) return is_continuation(second) ? 2 : 0;
  if (first < 0xf0) {
    const Byte low = first == 0xe0 ? 0xa0 : 0x80;
    const Byte high = first == 0xed ? 0x9f : 0xbf;
    return second >= low && second <= high && left >= 3 && is_continuation(at[2]) ? 3 : 0;
  }
  if (first > 0xf4) return 0;
  const Byte low = first == 0xf0 ? 0x90 : 0x80;
  const Byte high = first == 0xf4 ? 0x8f : 0xbf;
  return second >= low && second <= high && left >= 4 && is_continuation(at[2]) &&
                 is_continuation(at[3])
             ? 4
             : 0;
}

}  // namespace

std::size_t utf8_prefix(ByteView bytes) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080u;
  const Byte* const data = bytes.data();
  const std::size_t size = bytes.size();
  std::size_t i = 0;
  while (i < size) {
    if (data[i] >= 0x80) {
      const std::size_t length = sequence_length(data + i, size - i);
      if (length == 0) return i;
      i += length;
      continue;
    }
    ++i;
    for (std::uint64_t word = 0; size - i >= 8; i += 8) {
      std::memcpy(&word, data + i, 8);
      if ((word & kHighBits) != 0) break;
    }
  }
  return i;
}

std::size_t encode_utf8(std::uint32_t code_point, Byte* to) {
  const auto tail = [code_point](int shift) {
    return static_cast<Byte>(0x80 | ((code_point >> shift) & 0x3f));
  };
  if (code_point < 0x80) {
    to[0] = static_cast<Byte>(code_point);
    return 1;
  }
  if (code_point < 0x800) {
    to[0] = static_cast<Byte>(0xc0 | (code_point >> 6));
    to[1] = tail(0);
    return 2;
  }
  if (code_point < 0x10000) {
    to[0] = static_cast<Byte>(0xe0 | (code_point >> 12));
    to[1] = tail(6);
    to[2] = tail(0);
    return 3;
  }
  to[0] = static_cast<Byte>(0xf0 | (code_point >> 18));
  to[1] = tail(12);
  to[2] = tail(6);
  to[3] = tail(0);
  return 4;
}

}  // namespace spread
