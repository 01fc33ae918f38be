#pragma once

// Values: msgpack bytes to a handler's parameter, and its result to bytes. Numbers and text, which
// are most of what is sent, without msgpack-c's objects: they cost more than many a handler.

#include "spread/detail/demangle.hpp"
#include "spread/detail/output.hpp"
#include "spread/errors.hpp"

#include <charconv>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <ranges>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace spread {

/// One value in msgpack's encoding, untouched: a handler that takes it does not care what the
/// value is, one that returns it has encoded its result itself. As a parameter it refers to the
/// input buffer: valid until the handler returns.
struct raw {
  std::string_view msgpack;
};

/// To be made true for a struct without MSGPACK_DEFINE whose adaptor (msgpack::adaptor::convert and
/// pack) you have written: `template <> inline constexpr bool spread::has_adaptor<P> = true;`
template <class T>
inline constexpr bool has_adaptor = false;

}  // namespace spread

namespace spread::detail {

/// What a vector or an optional holds, else the type itself.
template <class T>
struct Innermost {
  using Type = T;
};
template <class T, class Allocator>
struct Innermost<std::vector<T, Allocator>> : Innermost<T> {};
template <class T>
struct Innermost<std::optional<T>> : Innermost<T> {};

/// A plain struct without an adaptor: msgpack-c would report it in 23 lines of errors. A user who
/// has written an adaptor in namespace msgpack says so with spread::has_adaptor.
template <class T>
concept Undescribed = std::is_class_v<T> && std::is_aggregate_v<T> && !std::ranges::range<T> &&
                      !std::same_as<T, msgpack::type::nil_t> && !std::same_as<T, raw> &&
                      !has_adaptor<T> && !requires {
  &T::template msgpack_pack<msgpack::packer<Output>>;
};

/// False if the handler's types do not suit; the compiler's message says why, and no further errors
/// follow.
template <class T>
constexpr bool described() {
  constexpr bool good = !Undescribed<typename Innermost<T>::Type>;
  static_assert(good, "describe this struct with MSGPACK_DEFINE(its members) inside it");
  return good;
}

template <class T>
concept Character = std::same_as<T, char> || std::same_as<T, wchar_t> || std::same_as<T, char8_t> ||
    std::same_as<T, char16_t> || std::same_as<T, char32_t>;
template <class T>
concept Number = std::is_arithmetic_v<T> && !std::same_as<T, bool> && !Character<T>;
/// What is sent as msgpack's bin. As msgpack-c has it, a vector of char is bytes, not text.
template <class T>
concept Bytes = std::ranges::contiguous_range<T> && std::ranges::sized_range<T> &&
    (std::same_as<std::ranges::range_value_t<T>, std::byte> ||
     std::same_as<std::ranges::range_value_t<T>, unsigned char> ||
     std::same_as<std::ranges::range_value_t<T>, char>);

/// What a value is, in words, by its first byte.
inline const char* kind_of(std::string_view value) {
  const unsigned char lead = value.empty() ? 0xc1 : byte_at(value.data());
  if (lead < 0x80 || lead >= 0xe0 || (lead >= 0xcc && lead <= 0xd3)) return "an integer";
  if (lead < 0x90 || lead == 0xde || lead == 0xdf) return "a map";
  if (lead < 0xa0 || lead == 0xdc || lead == 0xdd) return "an array";
  if (lead < 0xc0 || (lead >= 0xd9 && lead <= 0xdb)) return "text";
  if (lead == 0xc0) return "nil";
  if (lead == 0xc2 || lead == 0xc3) return "a bool";
  if (lead >= 0xc4 && lead <= 0xc6) return "bytes";
  if (lead == 0xca || lead == 0xcb) return "a float";
  return lead == 0xc1 ? "no msgpack value" : "an ext";
}

/// Text for an error message: quoted, escaped, not too long.
inline std::string quoted(std::string_view text) {
  constexpr std::size_t kShown = 60;
  std::string result = "'";
  for (const char c : text.substr(0, kShown)) {
    if (c >= ' ' && c != 0x7f) {
      result += c;
    } else {
      char hex[5];
      std::snprintf(hex, sizeof hex, "\\x%02x", byte_at(&c));
      result += hex;
    }
  }
  return result + (text.size() > kShown ? "...'" : "'");
}

[[noreturn, gnu::noinline, gnu::cold]] inline void wrong_payload(const std::string& what) {
  throw task_error("payload", what);
}

[[noreturn, gnu::noinline, gnu::cold]] inline void wrong_kind(const std::string& expected,
                                                              std::string_view value) {
  wrong_payload("the payload is " + std::string(kind_of(value)) + ", this worker takes " +
                expected);
}

/// The content of a str or bin that fills `value` exactly.
inline std::optional<std::string_view> text_of(std::string_view value) {
  if (value.empty()) return std::nullopt;
  const char* const p = value.data();
  std::size_t head = 1;
  std::size_t size = 0;
  const unsigned char lead = byte_at(p);
  if ((lead & 0xe0) == 0xa0) {
    size = lead & 0x1f;
  } else if ((lead == 0xc4 || lead == 0xd9) && value.size() >= 2) {
    head = 2;
    size = byte_at(p + 1);
  } else if ((lead == 0xc5 || lead == 0xda) && value.size() >= 3) {
    head = 3;
    size = load_big_endian<std::uint16_t>(p + 1);
  } else if ((lead == 0xc6 || lead == 0xdb) && value.size() >= 5) {
    head = 5;
    size = load_big_endian<std::uint32_t>(p + 1);
  } else {
    return std::nullopt;
  }
  if (value.size() - head != size) wrong_payload("the payload is not one msgpack value");
  return value.substr(head);
}

/// A line of text that is one number and nothing else.
template <Number T>
T number_in(std::string_view text) {
  T number{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc::result_out_of_range) {
    wrong_payload(quoted(text) + " does not fit in " + type_name<T>());
  }
  if (error != std::errc() || stop != end) {
    wrong_payload(quoted(text) + " is not " + (std::integral<T> ? "an integer" : "a number"));
  }
  return number;
}

template <Number T, class From>
T converted(From number) {
  if constexpr (std::floating_point<T>) {
    return static_cast<T>(number);
  } else if constexpr (std::floating_point<From>) {
    // JSON and Lua know one kind of number: 3.0 is an integer.
    const auto low = static_cast<From>(std::numeric_limits<T>::min());
    const auto above = 2 * static_cast<From>(std::numeric_limits<T>::max() / 2 + 1);
    if (number >= low && number < above && static_cast<From>(static_cast<T>(number)) == number) {
      return static_cast<T>(number);
    }
  } else if (std::in_range<T>(number)) {
    return static_cast<T>(number);
  }
  wrong_payload(std::to_string(number) + " does not fit in " + type_name<T>());
}

template <Number T>
T decode_number(std::string_view value) {
  const char* const p = value.data();
  const unsigned char lead = value.empty() ? 0xc1 : byte_at(p);
  const auto exactly = [&](std::size_t size) {
    if (value.size() != size) wrong_payload("the payload is not one msgpack value");
  };
  if (lead < 0x80 || lead >= 0xe0) {
    exactly(1);
    return converted<T>(static_cast<std::int8_t>(lead));
  }
  switch (lead) {
    case 0xca:
      exactly(5);
      return converted<T>(std::bit_cast<float>(load_big_endian<std::uint32_t>(p + 1)));
    case 0xcb:
      exactly(9);
      return converted<T>(std::bit_cast<double>(load_big_endian<std::uint64_t>(p + 1)));
    case 0xcc: exactly(2); return converted<T>(load_big_endian<std::uint8_t>(p + 1));
    case 0xcd: exactly(3); return converted<T>(load_big_endian<std::uint16_t>(p + 1));
    case 0xce: exactly(5); return converted<T>(load_big_endian<std::uint32_t>(p + 1));
    case 0xcf: exactly(9); return converted<T>(load_big_endian<std::uint64_t>(p + 1));
    case 0xd0: exactly(2); return converted<T>(load_big_endian<std::int8_t>(p + 1));
    case 0xd1: exactly(3); return converted<T>(load_big_endian<std::int16_t>(p + 1));
    case 0xd2: exactly(5); return converted<T>(load_big_endian<std::int32_t>(p + 1));
    case 0xd3: exactly(9); return converted<T>(load_big_endian<std::int64_t>(p + 1));
    default: break;
  }
  if (const auto text = text_of(value)) return number_in<T>(*text);
  wrong_kind("a number", value);
}

/// Reads values. What refers to a value (string_view, raw, msgpack::object) lives as long as the
/// value's bytes and until clear().
class Decoder {
 public:
  template <class T>
  T decode(std::string_view value) {
    if constexpr (std::same_as<T, raw>) {
      return {value};
    } else if constexpr (Number<T>) {
      return decode_number<T>(value);
    } else if constexpr (std::same_as<T, std::string> || std::same_as<T, std::string_view>) {
      if (const auto text = text_of(value)) return T(*text);
      wrong_kind("text", value);
    } else if constexpr (std::same_as<T, std::span<const std::byte>>) {
      if (const auto text = text_of(value)) return std::as_bytes(std::span(*text));
      wrong_kind("bytes", value);
    } else if constexpr (described<T>()) {
      return convert<T>(value);
    } else {
      wrong_kind("described", value);
    }
  }

  void clear() {
    if (std::exchange(used_, false)) zone_.clear();
  }

 private:
  template <class T>
  T convert(std::string_view value) {
    const msgpack::object object = unpack(value);
    if constexpr (std::same_as<T, msgpack::object>) {
      return object;
    } else {
      try {
        return object.as<T>();
      } catch (const msgpack::type_error&) {
        wrong_kind(type_name<T>(), value);
      }
    }
  }

  msgpack::object unpack(std::string_view value) {
    used_ = true;
    // Every element takes at least a byte. An array that claims more elements than there are bytes
    // is malformed, and gets no memory.
    const std::size_t n = value.size();
    const msgpack::unpack_limit limit(n, n, n, n, n, 512);
    std::size_t end = 0;
    bool referenced = false;
    const auto refer = [](msgpack::type::object_type, std::size_t, void*) { return true; };
    try {
      auto object = msgpack::unpack(zone_, value.data(), n, end, referenced, refer, nullptr, limit);
      if (end == n) return object;
    } catch (const msgpack::depth_size_overflow&) {
      wrong_payload("the payload is nested deeper than 512");
    } catch (const msgpack::unpack_error&) {
      // said below
    }
    wrong_payload("the payload is not one msgpack value");
  }

  msgpack::zone zone_;
  bool used_ = false;
};

/// Appends `value` to the frame that `out`, an Output, is building. Big text is not copied: `value`
/// must live until the frame's end.
template <class Out, class T>
void encode(Out& out, const T& value) {
  msgpack::packer<Out> packer(out);
  if constexpr (std::same_as<T, raw>) {
    out.write_value(value.msgpack);
  } else if constexpr (std::convertible_to<const T&, std::string_view>) {
    const std::string_view text = value;
    if (text.size() > kFrameMax)
      throw std::length_error("the result is longer than a frame can be");
    packer.pack_str(static_cast<std::uint32_t>(text.size()));
    out.write_value(text);
  } else if constexpr (Bytes<T>) {
    const std::string_view bytes(reinterpret_cast<const char*>(std::ranges::data(value)),
                                 std::ranges::size(value));
    if (bytes.size() > kFrameMax)
      throw std::length_error("the result is longer than a frame can be");
    packer.pack_bin(static_cast<std::uint32_t>(bytes.size()));
    out.write_value(bytes);
  } else if constexpr (described<T>()) {
    packer.pack(value);
  }
}

}  // namespace spread::detail
