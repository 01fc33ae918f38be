#pragma once

// Values of collectives: as Output has them, but for numbers in bulk, which are typed arrays
// (docs/gangs.md, "Arrays").

#include "spread/detail/owned.hpp"
#include "spread/detail/values.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spread::detail {

/// Bytes of msgpack, for msgpack::packer.
struct GangBytes {
  std::string bytes;
  /// What comes in between and is too big to be copied: behind so many of `bytes`.
  std::vector<std::pair<std::size_t, std::string_view>> referred;

  void write(const char* from, std::size_t size) { bytes.append(from, size); }
  void write_value(std::string_view value) { bytes.append(value); }
  /// `value` must live as long as what pieces() gives.
  void refer(std::string_view value) {
    if (value.size() < kPipeBytes) return write_value(value);
    referred.emplace_back(bytes.size(), value);
  }

  /// All of it, one behind the other; good until the next write.
  std::vector<std::string_view> pieces() const {
    std::vector<std::string_view> all;
    std::size_t begin = 0;
    for (const auto& [end, value] : referred) {
      all.push_back(std::string_view(bytes).substr(begin, end - begin));
      all.push_back(value);
      begin = end;
    }
    all.push_back(std::string_view(bytes).substr(begin));
    return all;
  }
};

/// The ten types of typed arrays.
template <class T>
concept Item = Number<T> &&(sizeof(T) == 1 || sizeof(T) == 2 || sizeof(T) == 4 || sizeof(T) == 8) &&
               (std::integral<T> || sizeof(T) >= 4);

template <Item T>
constexpr std::array<char, 2> dtype_of() {
  return {std::floating_point<T>    ? 'f'
          : std::signed_integral<T> ? 'i'
                                    : 'u',
          static_cast<char>('0' + sizeof(T))};
}

template <class T>
concept ItemRange = std::ranges::contiguous_range<T> && std::ranges::sized_range<T> &&
    Item<std::remove_cv_t<std::ranges::range_value_t<T>>>;

/// What a value of that type comes back as: something that owns.
template <class T>
struct Owned : WithoutViews<T> {};
template <ItemRange T>
struct Owned<T> {
  using Type = std::vector<std::remove_cv_t<std::ranges::range_value_t<T>>>;
};
template <class T>
requires(!ItemRange<T> && std::convertible_to<const T&, std::string_view>) struct Owned<T> {
  using Type = std::string;
};
template <class T>
using OwnedBy = typename Owned<std::remove_cvref_t<T>>::Type;

class GangPacker : public msgpack::packer<GangBytes> {
 public:
  explicit GangPacker(GangBytes& to) : packer(to), to_(to) {}
  /// As pack_bin_body(), of what lives until it is sent.
  void refer_bin_body(std::string_view body) { to_.refer(body); }

 private:
  GangBytes& to_;
};

/// Big arrays are not copied: `value` must live until it is sent.
template <class T>
void pack_value(GangPacker& packer, const T& value) {
  static_assert(std::endian::native == std::endian::little, "typed arrays are little-endian");
  if constexpr (ItemRange<T>) {
    using U = std::remove_cv_t<std::ranges::range_value_t<T>>;
    const std::size_t count = std::ranges::size(value);
    const std::size_t bytes = count * sizeof(U);
    if (bytes > kFrameMax) throw std::length_error("the array is longer than a frame can be");
    constexpr auto dtype = dtype_of<U>();
    packer.pack_map(3);
    packer.pack("dtype").pack(std::string_view(dtype.data(), dtype.size()));
    packer.pack("shape").pack_array(1).pack(count);
    packer.pack("data").pack_bin(static_cast<std::uint32_t>(bytes));
    packer.refer_bin_body({reinterpret_cast<const char*>(std::ranges::data(value)), bytes});
  } else if constexpr (std::same_as<T, raw>) {
    packer.pack_str_body(value.msgpack.data(), static_cast<std::uint32_t>(value.msgpack.size()));
  } else if constexpr (described<T>()) {
    packer.pack(value);
  }
}

[[noreturn, gnu::noinline, gnu::cold]] inline void wrong_value(const std::string& expected,
                                                               const std::string& found) {
  throw task_error("value", "a member's value is " + found + ", and not " + expected);
}

/// The items of a typed array; nothing where `object` is none.
template <Item T>
std::optional<std::vector<T>> items_of(const msgpack::object& object) {
  if (object.type != msgpack::type::MAP || object.via.map.size != 3) return std::nullopt;
  const msgpack::object* dtype = nullptr;
  const msgpack::object* data = nullptr;
  for (std::uint32_t i = 0; i < 3; ++i) {
    const auto& [key, value] = object.via.map.ptr[i];
    if (key.type != msgpack::type::STR) return std::nullopt;
    const auto name = key.as<std::string_view>();
    if (name == "dtype" && value.type == msgpack::type::STR) dtype = &value;
    if (name == "data" && value.type == msgpack::type::BIN) data = &value;
  }
  if (dtype == nullptr || data == nullptr) return std::nullopt;
  constexpr auto own = dtype_of<T>();
  const std::string_view wanted(own.data(), own.size());
  if (dtype->as<std::string_view>() != wanted) {
    wrong_value("an array of " + std::string(wanted), "one of " + dtype->as<std::string>());
  }
  const std::size_t bytes = data->via.bin.size;
  if (bytes % sizeof(T) != 0) {
    wrong_value("an array of " + std::string(wanted), std::to_string(bytes) + " bytes");
  }
  std::vector<T> items(bytes / sizeof(T));
  if (!items.empty()) std::memcpy(items.data(), data->via.bin.ptr, items.size() * sizeof(T));
  return items;
}

template <class T>
struct ItemOf {};
template <Item T, class Allocator>
struct ItemOf<std::vector<T, Allocator>> {
  using Type = T;
};

/// Where as<T>() has thrown, and why: "3000000000 does not fit in int". Empty unless both are
/// integers.
template <class T>
std::string misfit(const msgpack::object& object) {
  std::string number;
  if constexpr (std::integral<T> && !std::same_as<T, bool>) {
    if (object.type == msgpack::type::POSITIVE_INTEGER) number = std::to_string(object.via.u64);
    if (object.type == msgpack::type::NEGATIVE_INTEGER) number = std::to_string(object.via.i64);
  }
  return number.empty() ? number : number + " does not fit in " + type_name<T>();
}

template <class T>
T unpack_value(const msgpack::object& object) {
  if constexpr (requires { typename ItemOf<T>::Type; }) {
    if (auto items = items_of<typename ItemOf<T>::Type>(object)) return std::move(*items);
  }
  if constexpr (owning<T>()) {
    try {
      return object.as<T>();
    } catch (const msgpack::type_error&) {
      // said below
    }
  }
  // It may be the result of a reduction, which no member has sent.
  if (const auto why = misfit<T>(object); !why.empty()) throw task_error("value", why);
  wrong_value(type_name<T>(), object.type == msgpack::type::NIL ? "nil" : "of another type");
}

}  // namespace spread::detail

// As into an Output: floats go as they are.
template <>
inline msgpack::packer<spread::detail::GangBytes>&
msgpack::v1::packer<spread::detail::GangBytes>::pack_double(double value) {
  char bytes[9] = {'\xcb'};
  spread::detail::store_big_endian(bytes + 1, std::bit_cast<std::uint64_t>(value));
  m_stream.write(bytes, sizeof bytes);
  return *this;
}

template <>
inline msgpack::packer<spread::detail::GangBytes>&
msgpack::v1::packer<spread::detail::GangBytes>::pack_float(float value) {
  char bytes[5] = {'\xca'};
  spread::detail::store_big_endian(bytes + 1, std::bit_cast<std::uint32_t>(value));
  m_stream.write(bytes, sizeof bytes);
  return *this;
}
