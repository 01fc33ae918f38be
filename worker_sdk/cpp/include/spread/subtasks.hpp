#pragma once

/// Tasks that the present task hands back to the master (docs/subtasks.md). Inside a handler, by
/// the thread that runs it. While it waits, it runs sub-tasks of its own, with the same handler.
///
///     #include <spread/subtasks.hpp>
///     int main() {
///       return spread::worker([](double x) {
///         if (spread::parent()) return x * x;
///         double sum = 0;
///         for (double part : spread::map<double>(std::vector{x, x + 1})) sum += part;
///         return sum;
///       });
///     }
///
/// Outside of a worker they run in this process, when they are waited for: by what was given to
/// register_handler().

#include "spread/detail/local_subtasks.hpp"
#include "spread/detail/owned.hpp"
#include "spread/worker.hpp"

#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <vector>

namespace spread {

/// What submit() gives for each payload: its id, unique in the run.
using subtask = std::uint64_t;

/// What has come of a sub-task.
template <class R>
struct outcome {
  std::optional<R> value;            ///< nothing where it has failed
  std::string type, message, trace;  ///< of its failure

  /// Throws subtask_error where it has failed.
  const R& get() const {
    if (!value) throw subtask_error(type, message, trace);
    return *value;
  }
};

namespace detail {

/// `pack` adds so many arguments to a GangBytes.
template <class Pack>
msgpack::object_handle ask_subtasks(std::string_view op, unsigned arguments, const Pack& pack) {
  GangBytes encoded;
  pack(encoded);
  Session* const session = Session::current();
  if (session == nullptr) return local_subtasks().ask(op, arguments, encoded.bytes);
  session->require("subtasks");
  const bool waits = op == "ready" || op == "wait" || op == "fetch";
  return session->ask(op, arguments, encoded.pieces(), waits);
}

template <class Payloads>
void encode_list(GangBytes& bytes, const Payloads& payloads) {
  msgpack::packer<GangBytes>(bytes).pack_array(
      static_cast<std::uint32_t>(std::ranges::size(payloads)));
  for (const auto& payload : payloads) encode(bytes, payload);
}

inline std::vector<subtask> ids_in(const msgpack::object_handle& answer) {
  return answer.get().as<std::vector<subtask>>();
}

template <class R>
outcome<R> outcome_in(const msgpack::object& pair) {
  const auto& [kind, value] = std::tie(pair.via.array.ptr[0], pair.via.array.ptr[1]);
  outcome<R> found;
  if (kind.template as<std::string_view>() == "ok") {
    try {
      if constexpr (owning<R>()) found.value = value.template as<R>();
    } catch (const msgpack::type_error&) {
      const auto why = misfit<R>(value);
      if (!why.empty()) throw task_error("value", "a sub-task's result: " + why);
      throw task_error("value", "a sub-task's result is of another type than " + type_name<R>());
    }
    return found;
  }
  if (value.type != msgpack::type::MAP) return found;
  for (std::uint32_t i = 0; i < value.via.map.size; ++i) {
    const auto& [key, text] = value.via.map.ptr[i];
    if (key.type != msgpack::type::STR || text.type != msgpack::type::STR) continue;
    const auto name = key.template as<std::string_view>();
    if (name == "type") text.convert(found.type);
    if (name == "message") text.convert(found.message);
    if (name == "trace") text.convert(found.trace);
  }
  return found;
}

}  // namespace detail

/// Hands these tasks to the master, which sends them to workers as they become free.
template <std::ranges::sized_range Payloads>
std::vector<subtask> submit(const Payloads& payloads) {
  return detail::ids_in(detail::ask_subtasks(
      "submit", 1, [&](detail::GangBytes& bytes) { detail::encode_list(bytes, payloads); }));
}
/// The same, with what all of them need, and each worker process is sent once: see common().
template <std::ranges::sized_range Payloads, class Common>
std::vector<subtask> submit(const Payloads& payloads, const Common& common) {
  return detail::ids_in(detail::ask_subtasks("submit", 2, [&](detail::GangBytes& bytes) {
    detail::encode_list(bytes, payloads);
    detail::encode(bytes, common);
  }));
}

/// Those that are finished, in the order given, at once. Where others are missing and none of
/// these is at a worker, this process runs one first: so a loop that asks for those still missing
/// comes to an end.
inline std::vector<subtask> ready(const std::vector<subtask>& subtasks) {
  return detail::ids_in(detail::ask_subtasks(
      "ready", 1, [&](detail::GangBytes& bytes) { detail::encode_list(bytes, subtasks); }));
}

/// Waits until so many (all) are finished; those that are, in the order given.
inline std::vector<subtask> wait(const std::vector<subtask>& subtasks,
                                 std::optional<std::size_t> count = std::nullopt) {
  return detail::ids_in(detail::ask_subtasks("wait", 2, [&](detail::GangBytes& bytes) {
    detail::encode_list(bytes, subtasks);
    detail::encode(bytes, count.value_or(subtasks.size()));
  }));
}

/// Waits for all of them; their results, in the order given. Each can be had once. An R owns what
/// it holds: std::string, not std::string_view.
template <class R>
std::vector<outcome<R>> fetch(const std::vector<subtask>& subtasks) {
  const msgpack::object_handle answer = detail::ask_subtasks(
      "fetch", 1, [&](detail::GangBytes& bytes) { detail::encode_list(bytes, subtasks); });
  std::vector<outcome<R>> all;
  all.reserve(subtasks.size());
  for (std::size_t i = 0; i < subtasks.size(); ++i) {
    all.push_back(detail::outcome_in<R>(answer.get().via.array.ptr[i]));
  }
  return all;
}

/// The results of submit(payloads, common...), in order. Throws the first failure of them.
template <class R, class... Arguments>
std::vector<R> map(const Arguments&... arguments) {
  std::vector<R> values;
  for (const outcome<R>& each : fetch<R>(submit(arguments...))) values.push_back(each.get());
  return values;
}

/// Asks the master to keep so many slots for sub-tasks. The first call of a run counts, or an
/// option before it; the number that is kept.
inline std::size_t subpool(std::size_t slots) {
  return detail::ask_subtasks("subpool", 1,
                              [&](detail::GangBytes& bytes) { detail::encode(bytes, slots); })
      .get()
      .as<std::size_t>();
}

/// The id of the task that has submitted the present one; nothing where that is no sub-task.
inline std::optional<std::uint64_t> parent() {
  const detail::Session* const session = detail::Session::current();
  return session != nullptr ? session->meta_number("parent") : detail::local_subtasks().parent();
}

/// The common part of the present sub-task; nothing where there is none. What refers (string_view,
/// raw) is valid until the handler returns.
template <class T>
std::optional<T> common() {
  detail::Session* const session = detail::Session::current();
  if (session == nullptr) return detail::local_subtasks().template common<T>();
  const auto encoded = session->common();
  return encoded ? std::optional<T>(session->template decode<T>(*encoded)) : std::nullopt;
}

/// What runs sub-tasks outside of a worker: in a test of a handler, say.
template <class Handler>
void register_handler(Handler handler) {
  static_assert(detail::SignatureOf<Handler>::kArguments == 1, "the handler takes the payload");
  detail::local_subtasks().handler = detail::encoded_handler(std::move(handler));
}
/// The same for what is given to worker() as its handlers of tasks and of sub-tasks.
template <class Handler, class Subtask>
void register_handler(const Handler&, Subtask subtask_handler) {
  detail::local_subtasks().handler = detail::encoded_handler(std::move(subtask_handler));
}

}  // namespace spread
