#pragma once

/// Which piece of a range, or of arrays, the present task is (docs/shards.md), and handlers for
/// lists of tasks: on_slice().
///
///     #include <spread/shards.hpp>
///     int main() {
///       return spread::worker([](spread::raw) {
///         double sum = 0;
///         for (std::int64_t i : spread::range()) sum += trial(i);  // says how far it is by itself
///         return sum;
///       });
///     }
///
/// A handler may also take the piece: [](const spread::piece& p), and go through range(p). That
/// works in a test without a worker, too.

#include "spread/detail/local_subtasks.hpp"
#include "spread/worker.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace spread {

/// Piece `index` of `total`: the numbers from `start` to `stop` - 1, of `max` in all.
struct piece {
  std::int64_t index = 0, total = 1, start = 0, stop = 0, max = 0;
  /// A piece of each array; none where there are no arrays. As shard() or a handler's parameter
  /// gives them, they are valid until the handler returns.
  std::vector<msgpack::object> parts;

  /// The piece of that array, as a std::vector<T>. Throws where there is none, or of another type.
  template <class T>
  std::vector<T> part(std::size_t which) const {
    if (which >= parts.size()) {
      throw task_error("NoShard", "the shard has " + detail::counted(parts.size(), "part") +
                                      ", and no part " + std::to_string(which));
    }
    try {
      return parts[which].as<std::vector<T>>();
    } catch (const msgpack::type_error&) {
      throw task_error(
          "payload", "part " + std::to_string(which) + " is no list of " + detail::type_name<T>());
    }
  }

  friend bool operator==(const piece& a, const piece& b) {
    return a.index == b.index && a.total == b.total && a.start == b.start && a.stop == b.stop &&
           a.max == b.max;
  }
};

template <>
inline constexpr bool has_adaptor<piece> = true;

namespace detail {

[[noreturn]] inline void no_shard(const std::string& why) {
  throw task_error("NoShard", "the task is no shard: " + why);
}

inline const msgpack::object* member(const msgpack::object& map, std::string_view key) {
  for (std::uint32_t i = 0; i < map.via.map.size; ++i) {
    const auto& [name, value] = map.via.map.ptr[i];
    if (name.type == msgpack::type::STR && name.as<std::string_view>() == key) return &value;
  }
  return nullptr;
}

inline std::int64_t integer_in(const msgpack::object& map, const char* key) {
  const msgpack::object* const value = member(map, key);
  if (value == nullptr) no_shard("its '" + std::string(key) + "' is missing");
  const bool positive = value->type == msgpack::type::POSITIVE_INTEGER;
  if (!positive && value->type != msgpack::type::NEGATIVE_INTEGER) {
    no_shard("its '" + std::string(key) + "' is no integer");
  }
  if (positive && !std::in_range<std::int64_t>(value->via.u64)) {
    no_shard("its '" + std::string(key) + "' is above 2^63-1");
  }
  return value->via.i64;
}

inline piece piece_in(const msgpack::object& payload) {
  if (payload.type != msgpack::type::MAP) no_shard("its payload is no map");
  piece found;
  found.index = integer_in(payload, "index");
  found.total = integer_in(payload, "total");
  found.start = integer_in(payload, "start");
  found.stop = integer_in(payload, "stop");
  found.max = integer_in(payload, "max");
  if (found.start > found.stop) no_shard("its 'start' is above its 'stop'");
  const msgpack::object* const parts = member(payload, "parts");
  if (parts == nullptr) return found;
  if (parts->type != msgpack::type::ARRAY) no_shard("its 'parts' are no list");
  found.parts.assign(parts->via.array.ptr, parts->via.array.ptr + parts->via.array.size);
  return found;
}

}  // namespace detail
}  // namespace spread

template <>
struct msgpack::adaptor::convert<spread::piece> {
  const msgpack::object& operator()(const msgpack::object& from, spread::piece& to) const {
    to = spread::detail::piece_in(from);
    return from;
  }
};

template <>
struct msgpack::adaptor::pack<spread::piece> {
  template <class Stream>
  msgpack::packer<Stream>& operator()(msgpack::packer<Stream>& packer,
                                      const spread::piece& from) const {
    packer.pack_map(from.parts.empty() ? 5 : 6);
    packer.pack("index").pack(from.index);
    packer.pack("total").pack(from.total);
    packer.pack("start").pack(from.start);
    packer.pack("stop").pack(from.stop);
    packer.pack("max").pack(from.max);
    if (!from.parts.empty()) packer.pack("parts").pack(from.parts);
    return packer;
  }
};

namespace spread {
namespace detail {

/// The payload of the task in work, encoded.
inline std::string_view payload_in_work(const char* call) {
  const Session* const session = Session::current();
  const std::string_view payload =
      session != nullptr ? session->payload() : local_subtasks().payload();
  if (payload.empty()) throw std::logic_error(std::string(call) + "() outside of a task");
  return payload;
}

/// What the task in work is, without its parts.
inline piece numbers_in_work() {
  Decoder decoder;
  piece found = decoder.decode<piece>(payload_in_work("range"));
  found.parts.clear();
  return found;
}

inline bool is_in_work(const piece& one) {
  try {
    return numbers_in_work() == one;
  } catch (const std::exception&) {
    return false;  // no task, or one that is no shard
  }
}

/// Numbers that tell how far they are: the first that are gone through in a task do.
template <class Clock>
class Numbers {
 public:
  class iterator {
   public:
    using value_type = std::int64_t;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::input_iterator_tag;

    iterator() = default;
    explicit iterator(Numbers& numbers)
        : numbers_(&numbers), at_(numbers.start_), stop_(numbers.stop_) {
      until_ = numbers.look(at_);
    }
    std::int64_t operator*() const { return at_; }
    iterator& operator++() {
      if (++at_ == until_) until_ = numbers_->look(at_);
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator& i, std::default_sentinel_t) { return i.at_ == i.stop_; }

   private:
    Numbers* numbers_ = nullptr;
    std::int64_t at_ = 0;
    std::int64_t stop_ = 0;
    std::int64_t until_ = 0;  ///< there it looks at the clock
  };

  Numbers(const piece& numbers, bool tells)
      : start_(numbers.start), stop_(numbers.stop), may_tell_(tells) {}
  Numbers(const Numbers&) = delete;  // an iterator refers to it
  Numbers& operator=(const Numbers&) = delete;

  /// From the first one on, also again.
  iterator begin() {
    Session* const session = Session::current();
    tells_ = may_tell_ && session != nullptr && session->claim_progress(this);
    stride_ = 1;
    if (tells_) told_ = looked_ = Clock::now();
    return iterator(*this);
  }
  std::default_sentinel_t end() const { return {}; }
  std::uint64_t size() const { return static_cast<std::uint64_t>(stop_ - start_); }

 private:
  static constexpr std::chrono::milliseconds kTellEvery{200};
  static constexpr std::chrono::milliseconds kTiny{1};
  static constexpr std::int64_t kStrideMax = 16;

  /// In front of number `at`: how far until the next look. The clock is asked behind every number,
  /// and behind every 16th where those take no time.
  std::int64_t look(std::int64_t at) {
    const Session* const session = Session::current();
    if (!tells_ || session == nullptr || !session->owns_progress(this)) return stop_;
    if (at == stop_) {
      progress(1);
      return stop_;
    }
    if (at != start_) {
      const auto now = Clock::now();
      stride_ = now - looked_ < kTiny ? std::min(2 * stride_, kStrideMax) : 1;
      looked_ = now;
      if (now - told_ >= kTellEvery) {
        told_ = now;
        progress(static_cast<double>(at - start_) / static_cast<double>(stop_ - start_));
      }
    }
    return at + std::min(stride_, stop_ - at);
  }

  const std::int64_t start_;
  const std::int64_t stop_;
  const bool may_tell_;
  bool tells_ = false;
  std::int64_t stride_ = 1;
  typename Clock::time_point told_{};
  typename Clock::time_point looked_{};
};

}  // namespace detail

/// The piece that the present task is. Throws where it is none.
inline piece shard() {
  detail::Session* const session = detail::Session::current();
  const std::string_view payload = detail::payload_in_work("shard");
  return session != nullptr ? session->decode<piece>(payload)
                            : detail::local_subtasks().decode<piece>(payload);
}

/// Its numbers, from start to stop - 1: an input range of std::int64_t, of which none is held in
/// memory. The first one of a task that is gone through tells how far it is, at most five times a
/// second, and once at its end; one that is left early tells nothing more.
inline detail::Numbers<std::chrono::steady_clock> range() {
  return {detail::numbers_in_work(), true};
}
/// The numbers of this piece, which tell that if it is the present task.
inline detail::Numbers<std::chrono::steady_clock> range(const piece& numbers) {
  return {numbers, detail::is_in_work(numbers)};
}

}  // namespace spread
