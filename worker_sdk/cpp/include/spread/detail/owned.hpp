#pragma once

// A reply of the master, and what refers to it, lives until the call returns: what comes back from
// a collective or a sub-task has to own what it holds.

#include "spread/detail/values.hpp"

#include <array>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace spread::detail {

/// Whether a T can refer to what it does not own. The members of a struct are not looked at.
template <class T>
inline constexpr bool kRefers = std::is_pointer_v<T> || std::is_reference_v<T>;
template <>
inline constexpr bool kRefers<raw> = true;
template <>
inline constexpr bool kRefers<msgpack::object> = true;
template <>
inline constexpr bool kRefers<msgpack::type::raw_ref> = true;
template <>
inline constexpr bool kRefers<msgpack::type::ext_ref> = true;
template <class T, class Traits>
inline constexpr bool kRefers<std::basic_string_view<T, Traits>> = true;
template <class T, std::size_t N>
inline constexpr bool kRefers<std::span<T, N>> = true;
template <class T, std::size_t N>
inline constexpr bool kRefers<std::array<T, N>> = kRefers<std::remove_cv_t<T>>;
template <class T, std::size_t N>
inline constexpr bool kRefers<T[N]> = kRefers<std::remove_cv_t<T>>;
template <template <class...> class Template, class... Arguments>
inline constexpr bool kRefers<Template<Arguments...>> = (kRefers<std::remove_cv_t<Arguments>> ||
                                                         ...);

/// T, with owners in place of views, as far as those are known.
template <class T>
struct WithoutViews {
  using Type = T;
};
template <class T>
using WithoutViewsBy = typename WithoutViews<T>::Type;

template <class T>
requires(kRefers<T>&& std::convertible_to<const T&, std::string_view>) struct WithoutViews<T> {
  using Type = std::string;
};
template <class T, std::size_t N>
requires Bytes<std::span<T, N>>
struct WithoutViews<std::span<T, N>> {
  using Type = std::vector<std::remove_cv_t<T>>;
};
template <class T>
struct WithoutViews<std::vector<T>> {
  using Type = std::vector<WithoutViewsBy<T>>;
};
template <class T, std::size_t N>
struct WithoutViews<std::array<T, N>> {
  using Type = std::array<WithoutViewsBy<T>, N>;
};
template <class T>
struct WithoutViews<std::optional<T>> {
  using Type = std::optional<WithoutViewsBy<T>>;
};
template <class A, class B>
struct WithoutViews<std::pair<A, B>> {
  using Type = std::pair<WithoutViewsBy<A>, WithoutViewsBy<B>>;
};
template <class... T>
struct WithoutViews<std::tuple<T...>> {
  using Type = std::tuple<WithoutViewsBy<T>...>;
};
template <class K, class V>
struct WithoutViews<std::map<K, V>> {
  using Type = std::map<WithoutViewsBy<K>, WithoutViewsBy<V>>;
};

/// As described(): false where what comes back would refer to the reply.
template <class T>
constexpr bool owning() {
  constexpr bool good = !kRefers<T>;
  static_assert(good,
                "what comes back must own what it holds: std::string, not std::string_view or "
                "const char*; std::vector, not std::span; no spread::raw, no msgpack::object");
  return good;
}

}  // namespace spread::detail
