#pragma once

// The bytes of docs/protocol.md, section 2: frames, and the [id, payload] inside.

#ifndef MSGPACK_NO_BOOST
#define MSGPACK_NO_BOOST
#endif
#include <msgpack.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace spread::detail {

inline constexpr std::size_t kHeaderBytes = 5;  ///< C6 and the length.
inline constexpr std::size_t kFrameMax = 0x7fffffff;
inline constexpr std::size_t kIdMax = 9;  ///< An integer's longest encoding.
/// The default size of a pipe: what one read can bring, and what one write can leave there. A
/// frame or a value above it is big: it gets a buffer of its own size, or is sent from where it is.
inline constexpr std::size_t kPipeBytes = std::size_t{64} << 10;
/// Buffers that a big frame made grow are kept for the next one up to here.
inline constexpr std::size_t kKeptBytes = std::size_t{64} << 20;
/// Stands where an id stands. Its array is as long as the longest id: Output::begin copies so many
/// bytes.
inline constexpr char kNilBytes[kIdMax + 1] = "\xc0";
inline constexpr std::string_view kNil{kNilBytes, 1};

/// Bytes from the master that break the protocol: nothing behind them can be trusted.
struct Malformed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline unsigned char byte_at(const char* p) { return static_cast<unsigned char>(*p); }

template <class Unsigned>
Unsigned big_endian(Unsigned value) {
  if constexpr (std::endian::native == std::endian::little) {
    if constexpr (sizeof value == 2) value = __builtin_bswap16(value);
    if constexpr (sizeof value == 4) value = __builtin_bswap32(value);
    if constexpr (sizeof value == 8) value = __builtin_bswap64(value);
  }
  return value;
}

template <class Integer>
Integer load_big_endian(const char* p) {
  std::make_unsigned_t<Integer> value;
  std::memcpy(&value, p, sizeof value);
  return static_cast<Integer>(big_endian(value));
}

template <class Unsigned>
void store_big_endian(char* p, Unsigned value) {
  value = big_endian(value);
  std::memcpy(p, &value, sizeof value);
}

/// A task frame's two parts, as bytes. The answer repeats the id in the encoding in which it came,
/// so it is never decoded.
struct Task {
  std::string_view id;
  std::string_view payload;
  std::string_view meta = {};  ///< the third element; empty = there is none
};

[[noreturn, gnu::noinline, gnu::cold]] inline void not_a_task(const char* why) {
  throw Malformed(std::string("not a task: ") + why);
}

/// Bytes of a non-negative integer that begins with `lead`.
inline std::size_t id_bytes(unsigned char lead) {
  if (lead < 0x80) return 1;
  switch (lead) {
    case 0xcc:
    case 0xd0: return 2;
    case 0xcd:
    case 0xd1: return 3;
    case 0xce:
    case 0xd2: return 5;
    case 0xcf:
    case 0xd3: return 9;
    default: not_a_task("the id is no integer");
  }
}

/// A task in another encoding than array(2) in one byte: with a third element, or with a longer
/// array header, which no known master uses.
[[gnu::noinline, gnu::cold]] inline Task parse_unusual_task(std::string_view body) {
  std::size_t at = 1;
  std::size_t count = 0;
  const unsigned char lead = body.empty() ? 0 : byte_at(body.data());
  if ((lead & 0xf0) == 0x90) {
    count = lead & 0x0f;
  } else if (lead == 0xdc && body.size() > 3) {
    count = load_big_endian<std::uint16_t>(body.data() + 1);
    at = 3;
  } else if (lead == 0xdd && body.size() > 5) {
    count = load_big_endian<std::uint32_t>(body.data() + 1);
    at = 5;
  }
  if (count < 2 || at >= body.size()) not_a_task("no array of two");
  const std::size_t id = id_bytes(byte_at(body.data() + at));
  if (at + id >= body.size()) not_a_task("no payload");
  std::size_t end = at + id;
  msgpack::null_visitor skip;
  if (!msgpack::parse(body.data(), body.size(), end, skip)) not_a_task("no whole payload");
  if (count == 2 && end != body.size()) not_a_task("bytes left over");
  Task task{body.substr(at, id), body.substr(at + id, end - at - id)};
  if (count == 2) return task;
  const std::size_t behind = end;
  if (!msgpack::parse(body.data(), body.size(), end, skip)) not_a_task("no whole third element");
  task.meta = body.substr(behind, end - behind);
  return task;
}

/// [nil, "answer" or "refused", seq, value], as the master replies to a question,
/// [nil, "common", k, value?], or [nil, "prep", [item, ...]].
inline bool is_notice(std::string_view body) {
  return body.size() > 2 && (body[0] == '\x94' || body[0] == '\x93') && body[1] == kNilBytes[0];
}

/// The encoded list of prep items that are to be prepared again; nothing in any other frame.
inline std::optional<std::string_view> again_items(std::string_view body) {
  constexpr std::string_view kHead = "\x93\xc0\xa4prep";
  if (!is_notice(body) || body.substr(0, kHead.size()) != kHead) return std::nullopt;
  return body.substr(kHead.size());
}

/// The elements of an encoded array; nothing where `value` is none.
inline std::optional<std::vector<std::string_view>> elements_of(std::string_view value) {
  const unsigned char lead = value.empty() ? 0xc1 : byte_at(value.data());
  std::size_t count = lead & 0x0f;
  std::size_t end = 1;
  if (lead == 0xdc && value.size() >= 3) {
    count = load_big_endian<std::uint16_t>(value.data() + 1);
    end = 3;
  } else if (lead == 0xdd && value.size() >= 5) {
    count = load_big_endian<std::uint32_t>(value.data() + 1);
    end = 5;
  } else if ((lead & 0xf0) != 0x90) {
    return std::nullopt;
  }
  // Each takes a byte at least, whatever the header claims.
  std::vector<std::string_view> elements;
  elements.reserve(std::min(count, value.size()));
  while (elements.size() < count) {
    const std::size_t begin = end;
    msgpack::null_visitor skip;
    if (!msgpack::parse(value.data(), value.size(), end, skip)) return std::nullopt;
    elements.push_back(value.substr(begin, end - begin));
  }
  if (end != value.size()) return std::nullopt;
  return elements;
}

inline Task parse_task(std::string_view body) {
  if (body.size() < 3 || byte_at(body.data()) != 0x92) return parse_unusual_task(body);
  const std::size_t id = id_bytes(byte_at(body.data() + 1));
  if (1 + id >= body.size()) not_a_task("no payload");
  return {{body.data() + 1, id}, {body.data() + 1 + id, body.size() - 1 - id}};
}

}  // namespace spread::detail
