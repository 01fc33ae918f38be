#pragma once

// worker() itself. Included by spread/worker.hpp, at its end.

#include "spread/detail/lists.hpp"
#include "spread/worker.hpp"

namespace spread::detail {

template <class Function>
struct Signature;
template <class R, class... Args>
struct Signature<std::function<R(Args...)>> {
  using Result = R;
  using Arguments = std::tuple<std::remove_cvref_t<Args>...>;
  static constexpr std::size_t kArguments = sizeof...(Args);
};
// std::function's deduction guides know every way to write a call operator; nothing is made of it.
template <class F>
using SignatureOf = Signature<decltype(std::function{std::declval<F>()})>;

template <class F>
concept Typed = requires {
  typename SignatureOf<F>::Result;
};

/// The number of items that `Load` names, and none for "any number".
template <class Load>
constexpr std::optional<std::size_t> prep_arity() {
  using S = SignatureOf<Load>;
  if constexpr (S::kArguments == 1) {
    if constexpr (kIsVector<std::tuple_element_t<0, typename S::Arguments>>) return std::nullopt;
  }
  return S::kArguments;
}

inline std::size_t prep_items_given() {
  const char* const text = std::getenv("SPREAD_PREP");
  return text != nullptr ? std::strtoul(text, nullptr, 10) : 0;
}

template <class Load>
auto call_load(Load& load, const std::vector<std::string>& items) {
  using Arguments = typename SignatureOf<Load>::Arguments;
  Decoder decoder;
  if constexpr (!prep_arity<Load>()) {
    std::tuple_element_t<0, Arguments> values;
    for (const auto& item : items) {
      values.push_back(decoder.decode<typename decltype(values)::value_type>(item));
    }
    return load(std::move(values));
  } else {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      // Braces, so that the items are read in order.
      Arguments values{decoder.decode<std::tuple_element_t<I, Arguments>>(items[I])...};
      return load(std::get<I>(std::move(values))...);
    }
    (std::make_index_sequence<std::tuple_size_v<Arguments>>());
  }
}

inline void check_arity(std::size_t wanted, std::size_t given, const char* says) {
  if (given == wanted) return;
  throw task_error("prep", "this worker takes " + std::to_string(wanted) + " prep items, " + says +
                               " " + std::to_string(given));
}

/// Hello, prep items, and what `load` makes of them.
template <class Load>
auto prepare(Session& session, Load& load, const options& how) {
  const std::size_t given = how.items.value_or(prep_items_given());
  const std::size_t wanted = prep_arity<Load>().value_or(given);
  session.hello(how.window, wanted);
  try {
    session.limit_memory();
    if (how.items || std::getenv("SPREAD_PREP") != nullptr) {
      check_arity(wanted, given, "SPREAD_PREP says");
    }
    return call_load(load, session.read_prep(wanted));
  } catch (const Ended&) {
    throw;
  } catch (const Malformed&) {
    throw;
  } catch (...) {
    session.fail_prep();
  }
}

/// The same of the items that come again.
template <class Load>
auto prepare_again(Session& session, Load& load, const std::vector<std::string>& items) {
  try {
    check_arity(prep_arity<Load>().value_or(items.size()), items.size(), "and is sent");
    return call_load(load, items);
  } catch (...) {
    session.fail_prep();
  }
}

/// What prep returns, which need not be movable, where std::optional wants to have it made.
template <class T>
struct Loaded {
  template <class Make>
  explicit Loaded(const Make& make) : value(make()) {}
  T value;
};

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;

/// The common part as a parameter of a handler of sub-tasks.
template <class T, class Decoding>
T decode_common(Decoding& decoder, std::optional<std::string_view> common) {
  if constexpr (kIsOptional<T>) {
    if (!common) return std::nullopt;
    return decoder.template decode<typename T::value_type>(*common);
  } else {
    if (!common) throw task_error("common", "this sub-task has no common part");
    return decoder.template decode<T>(*common);
  }
}

/// reply() with what call() returns.
template <class Reply, class Call>
void reply_with(const Reply& reply, const Call& call) {
  if constexpr (std::is_void_v<decltype(call())>) {
    call();
    reply(msgpack::type::nil_t());
  } else {
    reply(call());
  }
}

/// reply() with what subtask_handler(loaded..., payload) or subtask_handler(loaded..., payload,
/// common) returns.
template <class Reply, class Decoding, class Subtask, class... Loaded>
void answer_subtask(const Reply& reply, Decoding& decoder, std::string_view payload,
                    std::optional<std::string_view> common, Subtask& subtask_handler,
                    Loaded&... loaded) {
  using S = SignatureOf<Subtask>;
  constexpr std::size_t kPayload = sizeof...(Loaded);
  constexpr bool kHasCommon = S::kArguments == kPayload + 2;
  static_assert(kHasCommon || S::kArguments == kPayload + 1,
                "a handler of sub-tasks takes the payload and perhaps the common part, behind "
                "what prep returns if that is not void");
  auto first =
      decoder.template decode<std::tuple_element_t<kPayload, typename S::Arguments>>(payload);
  if constexpr (kHasCommon) {
    using Common = std::tuple_element_t<kPayload + 1, typename S::Arguments>;
    auto second = decode_common<Common>(decoder, common);
    reply_with(reply, [&]() -> decltype(auto) {
      return subtask_handler(loaded..., std::move(first), std::move(second));
    });
  } else {
    reply_with(reply,
               [&]() -> decltype(auto) { return subtask_handler(loaded..., std::move(first)); });
  }
}

/// In place of a handler of sub-tasks: they have the same as tasks.
struct SameHandler {};

/// Serves with `answer`, which is called with the payload of every task.
template <class Answer, class Subtask, class... Loaded>
void serve_with(Session& session, const Answer& answer, bool has_hooks, Subtask& subtask_handler,
                Loaded&... loaded) {
  if constexpr (std::same_as<Subtask, SameHandler>) {
    session.serve(answer, has_hooks);
  } else {
    session.serve(
        [&](std::string_view payload) {
          if (!session.meta_number("parent")) return answer(payload);
          const auto reply = [&](const auto& value) { session.reply(value); };
          answer_subtask(reply, session, payload, session.common(), subtask_handler, loaded...);
        },
        has_hooks);
  }
}

template <class Handler, class Subtask, class... Loaded>
void serve(Session& session, const options& how, Handler& handler, Subtask& subtask_handler,
           Loaded&... loaded) {
  using S = SignatureOf<Handler>;
  static_assert(S::kArguments == sizeof...(Loaded) + 1,
                "the handler takes the payload, behind what prep returns if that is not void");
  using Payload = std::tuple_element_t<sizeof...(Loaded), typename S::Arguments>;
  constexpr bool in_order = std::is_invocable_v<Handler&, Loaded&..., Payload>;
  static_assert(in_order,
                "what prep returns is the handler's first parameter, the payload its last");
  if (how.capture) session.capture();
  if constexpr (in_order && kTakesList<Handler>) {
    const auto answer = [&](std::string_view payload) {
      answer_list<Payload>(session, payload, [&](Payload&& payloads) -> decltype(auto) {
        return handler(loaded..., std::move(payloads));
      });
    };
    serve_with(session, answer, false, subtask_handler, loaded...);
  } else if constexpr (in_order) {
    const auto answer_to = [&](std::string_view payload, const auto& reply) {
      if constexpr (std::is_void_v<typename S::Result>) {
        handler(loaded..., session.decode<Payload>(payload));
        reply(msgpack::type::nil_t());
      } else {
        reply(handler(loaded..., session.decode<Payload>(payload)));
      }
    };
    const auto reply = [&](const auto& value) { session.reply(value); };
    const auto answer = [&](std::string_view payload) { answer_to(payload, reply); };
    if (!Session::has_lists()) {
      return serve_with(session, answer, false, subtask_handler, loaded...);
    }
    const auto each = [&](std::string_view list) { answer_each(session, list, answer_to); };
    serve_with(session, each, true, subtask_handler, loaded...);
  }
}

/// Why this process cannot be a worker; empty if it can.
inline std::string refusal(Stdio& stdio) {
  if (stdio.lent()) return "";
  if (isatty(stdio.in() < 0 ? STDIN_FILENO : stdio.in()) != 0) {
    return "stdin is a terminal, and this is a worker: try  seq 3 | spread run -- " +
           std::string(program_invocation_name);
  }
  const char* const wire = std::getenv("SPREAD_WIRE");
  if (wire == nullptr || std::string_view(wire) == "msgpack") return "";
  return "a worker made with the C++ SDK speaks --wire msgpack only, not " + std::string(wire);
}

inline int refuse(Stdio& stdio, const std::string& why) {
  stdio.put_back();
  const char* const wire = std::getenv("SPREAD_WIRE");
  if (wire != nullptr && std::string_view(wire) == "json") {
    // The one message that this master understands.
    std::printf("[null,\"error\",{\"type\":\"wire\",\"message\":\"%s\"}]\n", why.c_str());
    std::fflush(stdout);
  }
  std::fputs(complaint(why).c_str(), stderr);
  return kMisused;
}

template <class Handler, class Subtask, class Load>
int run(Stdio& stdio, Handler& handler, Subtask& subtask_handler, Load& load, const options& how) {
  Session session(stdio);
  if constexpr (std::is_void_v<typename SignatureOf<Load>::Result>) {
    prepare(session, load, how);
    session.on_prepare_again([&](const auto& items) { prepare_again(session, load, items); });
    session.ready();
    serve(session, how, handler, subtask_handler);
  } else {
    std::optional<Loaded<std::decay_t<typename SignatureOf<Load>::Result>>> loaded;
    loaded.emplace([&] { return prepare(session, load, how); });
    session.on_prepare_again([&](const auto& items) {
      // Destroys the old one first: two models at once may be more than the memory takes.
      loaded.emplace([&] { return prepare_again(session, load, items); });
    });
    session.ready();
    serve(session, how, handler, subtask_handler, loaded->value);
  }
  return kDone;
}

/// What worker() returns.
template <class Handler, class Subtask, class Load>
int run_to_end(Stdio& stdio, Handler& handler, Subtask& subtask_handler, Load& load,
               const options& how) {
  static_assert(Typed<Handler> && Typed<Load>,
                "handler and prep name their parameters' types: [](double x), not [](auto x)");
  static_assert(Typed<Subtask> || std::same_as<Subtask, SameHandler>,
                "the handler of sub-tasks names its parameters' types: [](double x)");
  if (const std::string why = refusal(stdio); !why.empty()) return refuse(stdio, why);
  int status = kMisused;
  try {
    stdio.move_away();
    status = kFailed;
    status = run(stdio, handler, subtask_handler, load, how);
    hooks().call_at_exit();
    return status;
  } catch (const Ended& ended) {
    return ended.status;
  } catch (const Malformed& e) {
    std::fputs(complaint(e.what()).c_str(), stderr);
    return kMalformed;
  } catch (const std::exception& e) {
    std::fputs(complaint(e.what()).c_str(), stderr);
    return status;
  }
}

}  // namespace spread::detail

namespace spread {

template <class Handler, class Load>
int worker(Handler handler, prep<Load> prep, const options& how) {
  detail::SameHandler same;
  return detail::run_to_end(detail::process_stdio(), handler, same, prep.load, how);
}

template <class Handler>
int worker(Handler handler, const options& how) {
  return worker(std::move(handler), prep{[] {}}, how);
}

template <class Handler, class Subtask, class Load>
int worker(Handler handler, Subtask subtask_handler, prep<Load> prep, const options& how) {
  return detail::run_to_end(detail::process_stdio(), handler, subtask_handler, prep.load, how);
}

template <class Handler, class Subtask>
requires(!std::same_as<Subtask, options>) int worker(Handler handler, Subtask subtask_handler,
                                                     const options& how) {
  return worker(std::move(handler), std::move(subtask_handler), prep{[] {}}, how);
}

template <class Handler, class Load>
int worker_on(int in, int out, Handler handler, prep<Load> prep, options how) {
  if (!how.items) how.items = detail::prep_arity<Load>().value_or(0);
  detail::Stdio stdio(in, out);
  detail::SameHandler same;
  return detail::run_to_end(stdio, handler, same, prep.load, how);
}

template <class Handler>
int worker_on(int in, int out, Handler handler, options how) {
  return worker_on(in, out, std::move(handler), prep{[] {}}, std::move(how));
}

}  // namespace spread
