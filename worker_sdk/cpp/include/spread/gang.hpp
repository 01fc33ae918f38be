#pragma once

/// What the members of a gang say to each other (docs/gangs.md). Inside a handler, by the thread
/// that runs it; all members make the same calls in the same order. Outside of a gang size() is 1
/// and every call is the identity.
///
///     #include <spread/gang.hpp>
///     int main() {
///       return spread::worker([](double x) { return spread::allreduce(x * spread::rank()); });
///     }
///
/// Vectors, spans and std::arrays of the ten types of typed arrays travel as such, and come back as
/// vectors; text comes back as std::string, also where a vector, array, optional, pair, tuple or
/// map holds a std::string_view; everything else as what it was. What would refer to the reply,
/// which is gone then, is refused by the compiler, but for the members of a struct: those must own.

#include "spread/detail/gang_values.hpp"
#include "spread/worker.hpp"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spread {

/// A collective cannot be: a member has failed, died, left or called another one. what() names its
/// rank and says why. A handler that lets it out has failed its task.
class gang_failed : public refused {
 public:
  using refused::refused;
};

enum class reduce_op { sum, product, min, max };

namespace detail {

/// A number of the present task's third element.
inline std::optional<unsigned> place(std::string_view key) {
  Session* const session = Session::current();
  const auto found = session == nullptr ? std::nullopt : session->meta_number(key);
  return found ? std::optional(static_cast<unsigned>(*found)) : std::nullopt;
}

inline bool in_gang() { return place("size").has_value(); }

/// One question; `pack` adds so many arguments to a GangPacker.
template <class Pack>
msgpack::object_handle ask_gang(std::string_view op, unsigned arguments, const Pack& pack) {
  GangBytes encoded;
  GangPacker packer(encoded);
  pack(packer);
  try {
    return session_at_work("ask").ask(op, arguments, encoded.pieces());
  } catch (const refused& e) {
    if (op != "collective" && e.type() != "GangFailed" && e.type() != "Gone") throw;
    throw gang_failed(e.type(), e.what());
  }
}

template <class Pack>
msgpack::object_handle collective(std::string_view kind, const Pack& pack_value) {
  std::uint64_t& rounds = session_at_work("a collective").rounds();
  msgpack::object_handle answer = ask_gang("collective", 3, [&](GangPacker& packer) {
    packer.pack(rounds).pack(kind);
    pack_value(packer);
  });
  ++rounds;
  return answer;
}

inline const auto pack_nothing = [](GangPacker& packer) { packer.pack_nil(); };

inline std::span<const msgpack::object> elements_of(const msgpack::object& list) {
  if (list.type != msgpack::type::ARRAY) wrong_value("a list", "of another type");
  return {list.via.array.ptr, list.via.array.size};
}

template <class T>
std::vector<T> unpack_list(const msgpack::object& list) {
  const auto elements = elements_of(list);
  std::vector<T> values;
  values.reserve(elements.size());
  for (const msgpack::object& each : elements) values.push_back(unpack_value<T>(each));
  return values;
}

/// The word of the wire.
inline std::string_view word_of(reduce_op op) {
  constexpr std::string_view kWords[] = {"sum", "product", "min", "max"};
  return kWords[static_cast<std::size_t>(op)];
}

template <class T>
msgpack::object_handle reduction(std::string_view kind, const T& value, reduce_op op) {
  return collective(kind, [&](GangPacker& packer) {
    packer.pack_array(2).pack(word_of(op));
    pack_value(packer, value);
  });
}

template <class T>
OwnedBy<T> identity(const T& value) {
  if constexpr (ItemRange<T>) {
    return OwnedBy<T>(std::ranges::begin(value), std::ranges::end(value));
  } else if constexpr (std::constructible_from<OwnedBy<T>, const T&>) {
    return OwnedBy<T>(value);
  } else {
    // A container with views inside.
    GangBytes encoded;
    GangPacker packer(encoded);
    pack_value(packer, value);
    const auto there = msgpack::unpack(encoded.bytes.data(), encoded.bytes.size());
    return unpack_value<OwnedBy<T>>(there.get());
  }
}

}  // namespace detail

/// Which member of its gang this worker is, from 0.
inline unsigned rank() { return detail::place("rank").value_or(0); }
/// How many members the gang has.
inline unsigned size() { return detail::place("size").value_or(1); }
inline unsigned number_of_workers() { return size(); }
inline bool is_root() { return rank() == 0; }

/// Returns when every member has called it.
inline void barrier() {
  if (detail::in_gang()) detail::collective("barrier", detail::pack_nothing);
}

/// Rank 0's value, in every member. The others' is not looked at.
template <class T>
detail::OwnedBy<T> broadcast(const T& value) {
  if (!detail::in_gang()) return detail::identity(value);
  const msgpack::object_handle answer =
      detail::collective("broadcast", [&](detail::GangPacker& packer) {
        is_root() ? detail::pack_value(packer, value) : detail::pack_nothing(packer);
      });
  return detail::unpack_value<detail::OwnedBy<T>>(answer.get());
}

/// Every member's value, in rank order.
template <class T>
std::vector<detail::OwnedBy<T>> allgather(const T& value) {
  if (!detail::in_gang()) return {detail::identity(value)};
  const msgpack::object_handle answer = detail::collective(
      "allgather", [&](detail::GangPacker& packer) { detail::pack_value(packer, value); });
  return detail::unpack_list<detail::OwnedBy<T>>(answer.get());
}

/// From rank to value, of all the others. They call it with the same name.
template <class T>
std::map<unsigned, detail::OwnedBy<T>> exchange(std::string_view name, const T& value) {
  std::map<unsigned, detail::OwnedBy<T>> others;
  if (!detail::in_gang()) return others;
  const msgpack::object_handle answer =
      detail::collective("exchange", [&](detail::GangPacker& packer) {
        packer.pack_array(2).pack(name);
        detail::pack_value(packer, value);
      });
  unsigned peer = 0;
  for (auto& found : detail::unpack_list<detail::OwnedBy<T>>(answer.get())) {
    if (peer == rank()) ++peer;
    others.emplace(peer++, std::move(found));
  }
  return others;
}

/// In rank 0 the values, reduced in rank order; in the others nothing. Numbers, or arrays, which
/// are reduced element by element.
template <class T>
std::optional<detail::OwnedBy<T>> reduce(const T& value, reduce_op op = reduce_op::sum) {
  if (!detail::in_gang()) return detail::identity(value);
  const msgpack::object_handle answer = detail::reduction("reduce", value, op);
  if (!is_root()) return std::nullopt;
  return detail::unpack_value<detail::OwnedBy<T>>(answer.get());
}

/// The same in every member.
template <class T>
detail::OwnedBy<T> allreduce(const T& value, reduce_op op = reduce_op::sum) {
  if (!detail::in_gang()) return detail::identity(value);
  return detail::unpack_value<detail::OwnedBy<T>>(detail::reduction("allreduce", value, op).get());
}

/// In rank 0 all members' arrays behind each other, in the others nothing. `sizes` has the length
/// of each, and is the same in every member.
template <detail::ItemRange T>
std::optional<detail::OwnedBy<T>> gather(const T& array, const std::vector<std::size_t>& sizes) {
  if (!detail::in_gang()) {
    if (sizes == std::vector{std::size_t(std::ranges::size(array))}) return detail::identity(array);
    throw gang_failed("GangFailed", "rank 0: mismatched sizes: it sent " +
                                        std::to_string(std::ranges::size(array)) +
                                        " along the first axis, and sizes says otherwise");
  }
  const msgpack::object_handle answer =
      detail::collective("gather", [&](detail::GangPacker& packer) {
        packer.pack_array(2).pack(sizes);
        detail::pack_value(packer, array);
      });
  if (!is_root()) return std::nullopt;
  return detail::unpack_value<detail::OwnedBy<T>>(answer.get());
}

/// This member's element of rank 0's list, which has one for each. The others' is not looked at.
template <class T>
detail::OwnedBy<T> scatter(const std::vector<T>& list) {
  if (!detail::in_gang()) {
    if (list.size() == 1) return detail::identity(list[0]);
    throw gang_failed("GangFailed", "rank 0: it called scatter with what is no list of 1");
  }
  const msgpack::object_handle answer =
      detail::collective("scatter", [&](detail::GangPacker& packer) {
        if (!is_root()) return detail::pack_nothing(packer);
        packer.pack_array(static_cast<std::uint32_t>(list.size()));
        for (const T& value : list) detail::pack_value(packer, value);
      });
  return detail::unpack_value<detail::OwnedBy<T>>(answer.get());
}

/// Leaves a value for the others, in place of an earlier one of that name. Does not wait for them.
template <class T>
void put(std::string_view name, const T& value) {
  if (!detail::in_gang()) return;
  detail::ask_gang("put", 2, [&](detail::GangPacker& packer) {
    packer.pack(name);
    detail::pack_value(packer, value);
  });
}

/// From rank to value: what the others have put under that name so far. A T owns what it holds.
template <class T>
std::map<unsigned, T> get(std::string_view name) {
  std::map<unsigned, T> found;
  if (!detail::in_gang()) return found;
  const msgpack::object_handle answer =
      detail::ask_gang("get", 1, [&](detail::GangPacker& packer) { packer.pack(name); });
  const auto& list = answer.get().via.array;
  for (std::uint32_t i = 0; i < list.size; ++i) {
    const auto& pair = list.ptr[i].via.array;
    found.emplace(pair.ptr[0].as<unsigned>(), detail::unpack_value<T>(pair.ptr[1]));
  }
  return found;
}

template <class Parameters, class Results>
struct local_result {
  unsigned number;  ///< the member's rank
  Parameters parameters;
  Results results;
};

/// What each member has given, in rank order.
template <class P, class R>
std::vector<local_result<detail::OwnedBy<P>, detail::OwnedBy<R>>> local_results(const P& parameters,
                                                                                const R& results) {
  if (!detail::in_gang()) return {{0, detail::identity(parameters), detail::identity(results)}};
  const msgpack::object_handle answer =
      detail::collective("allgather", [&](detail::GangPacker& packer) {
        packer.pack_array(2);
        detail::pack_value(packer, parameters);
        detail::pack_value(packer, results);
      });
  std::vector<local_result<detail::OwnedBy<P>, detail::OwnedBy<R>>> all;
  for (const msgpack::object& pair : detail::elements_of(answer.get())) {
    const auto& of = pair.via.array;
    if (pair.type != msgpack::type::ARRAY || of.size != 2) {
      detail::wrong_value("a pair", "of another type");
    }
    all.push_back({static_cast<unsigned>(all.size()),
                   detail::unpack_value<detail::OwnedBy<P>>(of.ptr[0]),
                   detail::unpack_value<detail::OwnedBy<R>>(of.ptr[1])});
  }
  return all;
}

}  // namespace spread
