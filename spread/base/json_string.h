// What stands in JSON strings: text, with escapes, and bytes, in base64.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "spread/api/bytes.h"
#include "spread/base/buffers.h"

namespace spread {

enum class JsonEscapes : std::uint8_t {
  Letters,  ///< \b \f \n \r \t, and \u001f for the other bytes below 20 hex
  Numbers,  ///< \u000a for all of these, as GNU parallel
};

/// Appends what stands between the quotes of a JSON string. Quotes, backslashes and control
/// characters are escaped; every other byte, 7F too, stays as it is. Whether it is UTF-8 is not
/// looked at.
void append_json_escaped(std::string_view text, ByteBuffer& out,
                         JsonEscapes escapes = JsonEscapes::Letters);

/// Appends `text` as a JSON string, with U+FFFD for each byte that is not UTF-8.
void append_json_string(std::string_view text, ByteBuffer& out);

// Finding the few bytes that matter in JSON strings, eight at a time.

namespace json_scan_detail {
constexpr std::uint64_t kOnes = 0x0101010101010101u;
constexpr std::uint64_t kHighs = 0x8080808080808080u;

/// The high bit of each zero byte; above the lowest of them there may be false ones (Bit Twiddling
/// Hacks, "haszero"), so only the lowest counts.
constexpr std::uint64_t zero_bytes(std::uint64_t word) { return (word - kOnes) & ~word & kHighs; }
constexpr std::uint64_t bytes_equal(std::uint64_t word, char c) {
  return zero_bytes(word ^ (kOnes * static_cast<unsigned char>(c)));
}
/// Bytes below 20 hex; the same caveat.
constexpr std::uint64_t control_bytes(std::uint64_t word) {
  return (word - kOnes * 0x20) & ~word & kHighs;
}

/// What is looked for: quotes and backslashes, and
enum class Also : std::uint8_t { Nothing, Controls, ControlsAndHigh };

template <Also kAlso>
inline std::uint64_t hits_at(const char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, 8);
  std::uint64_t hits = bytes_equal(word, '"') | bytes_equal(word, '\\');
  if constexpr (kAlso != Also::Nothing) hits |= control_bytes(word);
  if constexpr (kAlso == Also::ControlsAndHigh) hits |= word & kHighs;
  return hits;
}

template <Also kAlso>
inline const char* find(const char* at, const char* end) {
  const bool long_enough = end - at >= 8;
  for (; end - at >= 8; at += 8) {
    if (const std::uint64_t hits = hits_at<kAlso>(at); hits != 0) {
      return at + std::countr_zero(hits) / 8;
    }
  }
  // The last eight, some of them for the second time: no loop over single bytes.
  if (long_enough) {
    const std::uint64_t hits = at < end ? hits_at<kAlso>(end - 8) : 0;
    return hits != 0 ? end - 8 + std::countr_zero(hits) / 8 : end;
  }
  for (; at < end; ++at) {
    if (*at == '"' || *at == '\\') return at;
    const auto byte = static_cast<unsigned char>(*at);
    if (kAlso != Also::Nothing && byte < 0x20) return at;
    if (kAlso == Also::ControlsAndHigh && byte >= 0x80) return at;
  }
  return end;
}
}  // namespace json_scan_detail

/// The first quote or backslash, or `end`.
inline const char* find_quote_or_backslash(const char* at, const char* end) {
  return json_scan_detail::find<json_scan_detail::Also::Nothing>(at, end);
}
/// The first quote, backslash or control character: what cannot stand for itself in a string.
inline const char* find_special(const char* at, const char* end) {
  return json_scan_detail::find<json_scan_detail::Also::Controls>(at, end);
}
/// The same, or the first byte that is not ASCII.
inline const char* find_special_or_high(const char* at, const char* end) {
  return json_scan_detail::find<json_scan_detail::Also::ControlsAndHigh>(at, end);
}

/// RFC 4648 section 4: the standard alphabet with padding, no line breaks.
constexpr std::size_t base64_size(std::size_t bytes) { return (bytes + 2) / 3 * 4; }

/// Writes base64_size(bytes.size()) characters to `to`.
void encode_base64(ByteView bytes, char* to);

/// Writes the decoded bytes to `to`, which has room for text.size() / 4 * 3, and returns how many
/// there are. Nothing if `text` is not exactly what encode_base64 would write: a stray character,
/// missing padding, or bits that belong to no byte.
std::optional<std::size_t> decode_base64(std::string_view text, Byte* to);

}  // namespace spread
