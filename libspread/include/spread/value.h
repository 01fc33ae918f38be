// Values: what tasks are sent and what workers answer, as objects of C++.
//
//   C++                                           sent as          taken from
//   bool                                          a boolean        a boolean
//   integers (not characters)                     an integer       an integer, or a number without
//   a
//                                                                  fraction, that fits
//   float, double                                 a float          any number
//   std::string, string_view*, const char**       text             text or bytes
//   vector, array, span* of std::byte, char or    bytes            bytes or text
//     unsigned char
//   other ranges: vector, array, deque, set, ...  a list           a list
//   map, unordered_map                            a map            a map
//   pair, tuple                                   a list           a list of as many
//   optional; nullptr_t and nullopt_t*            null or a value  null or a value
//   Value                                         itself           any
//   what has a Convert of its own
//
// Those with * can be sent only. The bytes between are msgpack; a worker of any language and any
// SDK sees its own numbers, strings and lists.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "spread/errors.h"
#include "spread/export.h"

namespace spread {
inline namespace v1 {

/// Writes one value, piece after piece. A list or a map is its head, and as many values, or keys
/// and values, as that says.
class SPREAD_API Encoder {
 public:
  void null();
  void boolean(bool value);
  void integer(std::int64_t value);
  void natural(std::uint64_t value);
  void real(double value);
  void text(std::string_view text);  ///< UTF-8; at most 4 GiB, as bytes, lists and maps
  void bytes(std::string_view bytes);
  void list(std::size_t elements);
  void map(std::size_t pairs);
  void encoded(std::string_view msgpack);  ///< one whole value that is encoded already

  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

/// Reads one value, piece after piece, and throws ValueError where it is another than was asked
/// for. Never reads beyond its bytes, and takes no memory for what a head claims.
class SPREAD_API Decoder {
 public:
  /// The bytes must stay where they are for as long as the Decoder is used.
  explicit Decoder(std::string_view msgpack) : rest_(msgpack) {}

  bool take_null();  ///< a null is taken, where one comes next
  bool boolean();
  double real();
  std::string_view text();     ///< text or bytes
  std::size_t list();          ///< how many elements come next
  std::size_t map();           ///< how many keys and values come next, each key before its value
  std::string_view encoded();  ///< the next value whole, as msgpack
  /// An integer from `low` to `high`; one that is beyond those of int64_t as its bits.
  std::int64_t integer(std::int64_t low, std::uint64_t high);
  /// Throws unless all has been read.
  void end() const;

 private:
  std::string_view rest_;
};

/// How a type of your own is sent and taken: specialise it.
///
///   template <> struct spread::Convert<Point> {
///     static void put(spread::Encoder& to, const Point& p) { to.list(2), to.real(p.x),
///     to.real(p.y); } static Point take(spread::Decoder& from);
///   };
template <class T>
struct Convert;

namespace pool_detail {

template <class T>
concept Character = std::same_as<T, char> || std::same_as<T, wchar_t> || std::same_as<T, char8_t> ||
    std::same_as<T, char16_t> || std::same_as<T, char32_t>;
template <class T>
concept Integer = std::integral<T> && !std::same_as<T, bool> && !Character<T>;
template <class T>
concept Text = std::convertible_to<const T&, std::string_view>;
template <class T>
concept Bytes = std::ranges::contiguous_range<T> && std::ranges::sized_range<T> && !Text<T> &&
                (std::same_as<std::ranges::range_value_t<T>, std::byte> ||
                 std::same_as<std::ranges::range_value_t<T>, char> ||
                 std::same_as<std::ranges::range_value_t<T>, unsigned char>);
template <class T>
concept Map = std::ranges::sized_range<T> && requires {
  typename T::mapped_type;
};
template <class T>
concept Tuple = requires {
  std::tuple_size<T>::value;
}
&&!std::ranges::range<T>;
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
concept Null = std::same_as<T, std::nullptr_t> || std::same_as<T, std::nullopt_t>;
template <class T>
concept Converted = requires(Encoder& to, const T& value) {
  Convert<T>::put(to, value);
};
template <class T>
concept Restored = requires(Decoder& from) {
  { Convert<T>::take(from) } -> std::same_as<T>;
};

template <class T>
inline constexpr bool never = false;

/// "element 3: WHAT", however deep.
[[noreturn]] SPREAD_API void throw_at(const char* part, std::size_t index, const ValueError& error);

template <class T>
void put(Encoder& to, const T& value);

template <std::ranges::input_range T>
void put_list(Encoder& to, const T& values) {
  if constexpr (std::ranges::sized_range<const T>) {
    to.list(std::ranges::size(values));
  } else {
    to.list(static_cast<std::size_t>(std::ranges::distance(values)));
  }
  for (const auto& value : values) put<std::ranges::range_value_t<T>>(to, value);
}

template <class T>
void put(Encoder& to, const T& value) {
  if constexpr (Converted<T>) {
    Convert<T>::put(to, value);
  } else if constexpr (Null<T>) {
    to.null();
  } else if constexpr (std::same_as<T, bool>) {
    to.boolean(value);
  } else if constexpr (Integer<T> && std::unsigned_integral<T>) {
    to.natural(value);
  } else if constexpr (Integer<T>) {
    to.integer(value);
  } else if constexpr (std::floating_point<T>) {
    to.real(static_cast<double>(value));
  } else if constexpr (Text<T>) {
    to.text(value);
  } else if constexpr (Bytes<T>) {
    to.bytes({reinterpret_cast<const char*>(std::ranges::data(value)), std::ranges::size(value)});
  } else if constexpr (is_optional<T>) {
    value ? put(to, *value) : to.null();
  } else if constexpr (Map<T>) {
    to.map(std::ranges::size(value));
    for (const auto& [key, mapped] : value) put(to, key), put(to, mapped);
  } else if constexpr (std::ranges::forward_range<const T>) {
    put_list(to, value);
  } else if constexpr (Tuple<T>) {
    to.list(std::tuple_size_v<T>);
    std::apply([&](const auto&... each) { (put(to, each), ...); }, value);
  } else {
    static_assert(never<T>, "this type cannot be sent: specialise spread::Convert for it");
  }
}

template <class T>
T take(Decoder& from);

template <class T>
T take_element(Decoder& from, std::size_t index) {
  try {
    return take<T>(from);
  } catch (const ValueError& error) {
    throw_at("element", index, error);
  }
}

template <class T, std::size_t... I>
T take_tuple(Decoder& from, std::index_sequence<I...>) {
  if (const std::size_t size = from.list(); size != sizeof...(I)) {
    throw ValueError("expected a list of " + std::to_string(sizeof...(I)) + ", got one of " +
                     std::to_string(size));
  }
  // Braces: from the left to the right.
  return T{take_element<std::tuple_element_t<I, T>>(from, I)...};
}

template <class T>
T take_list(Decoder& from) {
  T values;
  const std::size_t size = from.list();
  for (std::size_t i = 0; i < size; ++i) {
    values.insert(values.end(), take_element<std::ranges::range_value_t<T>>(from, i));
  }
  return values;
}

template <class T>
T take_map(Decoder& from) {
  T values;
  const std::size_t size = from.map();
  for (std::size_t i = 0; i < size; ++i) {
    auto key = take_element<typename T::key_type>(from, i);
    values.insert_or_assign(std::move(key), take_element<typename T::mapped_type>(from, i));
  }
  return values;
}

template <class T>
T take_bytes(Decoder& from) {
  using Element = std::ranges::range_value_t<T>;
  const std::string_view bytes = from.text();
  const auto* first = reinterpret_cast<const Element*>(bytes.data());
  if constexpr (std::constructible_from<T, const Element*, const Element*>) {
    return T(first, first + bytes.size());
  } else {
    T values{};
    if (bytes.size() != values.size()) {
      throw ValueError("expected " + std::to_string(values.size()) + " bytes, got " +
                       std::to_string(bytes.size()));
    }
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = first[i];
    return values;
  }
}

template <class T>
T take(Decoder& from) {
  if constexpr (Restored<T>) {
    return Convert<T>::take(from);
  } else if constexpr (std::same_as<T, bool>) {
    return from.boolean();
  } else if constexpr (Integer<T>) {
    using Limits = std::numeric_limits<T>;
    return static_cast<T>(from.integer(static_cast<std::int64_t>(Limits::min()),
                                       static_cast<std::uint64_t>(Limits::max())));
  } else if constexpr (std::floating_point<T>) {
    return static_cast<T>(from.real());
  } else if constexpr (std::same_as<T, std::string>) {
    return std::string(from.text());
  } else if constexpr (is_optional<T>) {
    if (from.take_null()) return std::nullopt;
    return take<typename T::value_type>(from);
  } else if constexpr (Bytes<T>) {
    return take_bytes<T>(from);
  } else if constexpr (Map<T>) {
    return take_map<T>(from);
  } else if constexpr (requires(T & list, std::ranges::range_value_t<T> x) {
                         list.insert(list.end(), std::move(x));
                       }) {
    return take_list<T>(from);
  } else if constexpr (requires { std::tuple_size<T>::value; }) {
    return take_tuple<T>(from, std::make_index_sequence<std::tuple_size_v<T>>());
  } else {
    static_assert(
        never<T>,
        "this type cannot be taken from a value: it must own what it holds (std::string, not "
        "std::string_view), or have a spread::Convert");
  }
}

}  // namespace pool_detail

/// One value of any kind: null, a boolean, a number, text, bytes, or a list or map of values. It
/// owns its bytes; copies are independent. Several threads may read one at the same time.
class SPREAD_API Value {
 public:
  /// Null.
  Value();
  /// What `value` is as a Value; see the table above. Throws ValueError where there is none (text
  /// of 4 GiB).
  template <class T>
  static Value of(const T& value) {
    Encoder encoder;
    pool_detail::put(encoder, value);
    return Value(encoder.take());
  }
  static Value of(const char* text) { return of(std::string_view(text)); }
  /// From its msgpack bytes. Throws ValueError unless they are one whole value.
  static Value from_msgpack(std::string msgpack);

  /// As an object of C++; throws ValueError where it is none of that type.
  template <class T>
  T as() const {
    Decoder decoder(bytes_);
    T value = pool_detail::take<T>(decoder);
    decoder.end();
    return value;
  }
  bool is_null() const;
  const std::string& msgpack() const& { return bytes_; }
  std::string msgpack() && { return std::move(bytes_); }
  /// The same value in the same encoding: 1 and 1.0 differ.
  bool operator==(const Value&) const = default;

 private:
  explicit Value(std::string bytes) : bytes_(std::move(bytes)) {}
  std::string bytes_;
};

template <>
struct Convert<Value> {
  static void put(Encoder& to, const Value& value) { to.encoded(value.msgpack()); }
  static Value take(Decoder& from) { return Value::from_msgpack(std::string(from.encoded())); }
};

}  // namespace v1
}  // namespace spread
