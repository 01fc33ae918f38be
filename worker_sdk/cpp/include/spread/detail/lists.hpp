#pragma once

// Lists of payloads: what a task frame holds where SPREAD_CHUNK is set, and what a handler for
// lists takes (docs/shards.md).

#include "spread/detail/gang_values.hpp"
#include "spread/detail/session.hpp"

#include <functional>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spread {

/// A handler for lists, to be given to worker() in the place of one for payloads: it takes a
/// std::vector of payloads, behind what prep returns if that is something, and returns a container
/// of as many results, in their order. Where the master sends lists (`run --chunk`) it is called
/// with these, else with lists of one. What it throws is the failure of all of them.
///
///     spread::worker(spread::on_slice([](std::vector<double> xs) { return squares(xs); }))
template <class Handler>
struct on_slice : Handler {
  explicit on_slice(Handler handler) : Handler(std::move(handler)) {}
  using Handler::operator();
};
template <class Result, class... Arguments>
on_slice(Result (*)(Arguments...)) -> on_slice<std::function<Result(Arguments...)>>;

}  // namespace spread

namespace spread::detail {

template <class T>
inline constexpr bool kIsVector = false;
template <class T, class Allocator>
inline constexpr bool kIsVector<std::vector<T, Allocator>> = true;

template <class Handler>
inline constexpr bool kTakesList = false;
template <class Handler>
inline constexpr bool kTakesList<on_slice<Handler>> = true;

inline std::vector<std::string_view> payloads_of(std::string_view list) {
  auto payloads = elements_of(list);
  if (payloads) return std::move(*payloads);
  wrong_payload(std::string("SPREAD_CHUNK is set, and the payload is ") + kind_of(list) +
                ", and no list of payloads");
}

inline std::string counted(std::size_t count, const char* noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

/// The list of what `answer_to(payload, reply)` gives to reply() for each. The hooks are around
/// each call, and none of them tells how far the list is.
template <class AnswerTo>
void answer_each(Session& session, std::string_view list, const AnswerTo& answer_to) {
  const auto payloads = payloads_of(list);
  GangBytes results;
  msgpack::packer<GangBytes>(results).pack_array(static_cast<std::uint32_t>(payloads.size()));
  session.claim_progress(&results);
  for (const std::string_view payload : payloads) {
    session.set_payload(payload);
    try {
      hooks().call_before();
      answer_to(payload, [&](const auto& value) { encode(results, value); });
    } catch (...) {
      hooks().call_after();
      throw;
    }
    hooks().call_after();
  }
  session.reply(raw{results.bytes});
}

template <class T>
T decode_each(Session& session, const std::vector<std::string_view>& payloads) {
  T values;
  values.reserve(payloads.size());
  for (const std::string_view payload : payloads) {
    values.push_back(session.decode<typename T::value_type>(payload));
  }
  return values;
}

/// What `handler(payloads)` returns for the list that `payload` is or, where there are none, for a
/// list of this payload.
template <class Payloads, class Handler>
void answer_list(Session& session, std::string_view payload, const Handler& handler) {
  static_assert(kIsVector<Payloads>, "a handler for lists takes a std::vector of payloads");
  using Results = std::remove_cvref_t<std::invoke_result_t<const Handler&, Payloads>>;
  constexpr bool many =
      std::ranges::sized_range<Results> && !std::convertible_to<Results, std::string_view>;
  static_assert(many, "a handler for lists returns a container of as many results");
  const bool in_lists = Session::has_lists();
  const auto payloads = in_lists ? payloads_of(payload) : std::vector{payload};
  if constexpr (many && kIsVector<Payloads>) {
    auto values = decode_each<Payloads>(session, payloads);
    auto&& results = handler(std::move(values));
    if (std::ranges::size(results) != payloads.size()) {
      throw task_error("BadResult", counted(std::ranges::size(results), "result") + " for " +
                                        counted(payloads.size(), "payload"));
    }
    using Result = std::ranges::range_value_t<Results>;
    GangBytes encoded;
    msgpack::packer<GangBytes> packer(encoded);
    if (in_lists) packer.pack_array(static_cast<std::uint32_t>(payloads.size()));
    // Of a vector<bool> a reference is no bool.
    for (const auto& result : results) encode<GangBytes, Result>(encoded, result);
    session.reply(raw{encoded.bytes});
  }
}

}  // namespace spread::detail
