#pragma once

#if __cplusplus < 202002L
#error spread/worker.hpp needs C++20: compile with -std=c++20
#else

/// Workers for `spread run` in C++20: one header, and msgpack-c's headers for the values.
///
///     #include <spread/worker.hpp>
///     int main() { return spread::worker([](double x) { return x * x; }); }
///
/// The names are in lower case like those of the standard library, beside which they stand in
/// users' code. `detail` is not part of the interface.
///
/// worker_sdk/cpp/README.md is the guide, docs/protocol.md the protocol.

#include "spread/detail/session.hpp"
#include "spread/errors.hpp"

#include <functional>
#include <optional>
#include <tuple>

namespace spread {

struct options {
  /// The most tasks that the master may have sent here and not yet seen answered. It sends fewer
  /// unless they are tiny. 1: never a task ahead, for handlers whose duration cannot be foreseen.
  std::size_t window = 1024;
  /// Attach what a task writes to stdout and stderr, its child processes included, to its answer
  /// (up to 1 MiB of each); the master shows it under the task's name. What a task that crashes
  /// wrote is lost. Without it, both are the worker's stderr, as it happens.
  bool capture = false;
  /// How many prep items come first: of worker_on() alone, with a prep that takes any number.
  std::optional<std::size_t> items = std::nullopt;
};

/// What is done once, before the first task, with the prep items (`--prep`, ...). `load` takes
/// - `std::vector<T>`: any number of items, each a T; or
/// - `(A, B, ...)`: exactly so many, each of its type. Another number ends the run, naming both.
///
/// What it returns is handed to the handler as its first parameter, by reference. Parameters that
/// refer (std::string_view, ...) are valid until `load` returns. With `--reprep-after-failure` it
/// is called again behind a task that has failed, when what it had returned has been destroyed.
template <class Load>
struct prep {
  explicit prep(Load with) : load(std::move(with)) {}
  Load load;
};

/// Serves tasks until the master closes stdin. `handler` is called as handler(payload) or, with a
/// prep that returns something, handler(loaded, payload); its result is the answer, void is nil.
///
/// The payload's type is the parameter's: all that msgpack-c converts to, and
/// - numbers also take a line of text that is one;
/// - std::string, std::string_view, std::span<const std::byte> take text and bytes alike;
/// - std::string_view, std::span, spread::raw and msgpack::object are not copied, and valid until
///   the handler returns.
///
/// A payload that does not convert is a failed task, as is any exception; see errors.hpp for those
/// with a meaning of their own. Handlers are called one after the other, by the calling thread.
///
/// Returns when every answer has been sent, and stdout is the real one again: what is printed from
/// then on is the worker's tail. The result is meant to be main's:
///   0  the input has ended, every task is answered
///   1  prep failed, or no process reads the answers any more
///   2  not started as a worker: stdin is a terminal, or the master speaks another wire
///   3  what came on stdin was not the protocol
/// When the master is gone while a handler computes, the process ends after 5 seconds (the
/// environment's SPREAD_GRACE, if set) with status 143.
template <class Handler, class Load>
int worker(Handler handler, prep<Load> prep, const options& how = {});
template <class Handler>
int worker(Handler handler, const options& how = {});

/// The same, with a handler of their own for sub-tasks (spread/subtasks.hpp): it is called as
/// subtask_handler(payload) or subtask_handler(payload, common), behind what prep returns if that
/// is something. A sub-task without a common part fails, unless the parameter is a std::optional.
template <class Handler, class Subtask, class Load>
int worker(Handler handler, Subtask subtask_handler, prep<Load> prep, const options& how = {});
template <class Handler, class Subtask>
requires(!std::same_as<Subtask, options>) int worker(Handler handler, Subtask subtask_handler,
                                                     const options& how = {});

/// worker() on any two descriptors, in this process and as often as one likes, for tests and
/// debuggers: `in` holds the prep items and the tasks, the hello and the answers go to `out`, and
/// both stay open. Descriptors 0 to 2 are left alone, so a handler may print and a debugger read;
/// nothing ends the process when the other ends are closed.
template <class Handler, class Load>
int worker_on(int in, int out, Handler handler, prep<Load> prep, options how = {});
template <class Handler>
int worker_on(int in, int out, Handler handler, options how = {});

/// Inside a handler, from any of its threads: tells people how far the task is (0 to 1).
inline void progress(double fraction, std::string_view text = {}) {
  detail::Session* const session = detail::Session::current();
  if (session == nullptr) return;
  session->notify("progress", text.empty() ? 3 : 4, [&](auto& packer) {
    packer.pack(fraction);
    if (!text.empty()) packer.pack(detail::as_utf8(text));
  });
}

/// How much a message matters: what `--log-level` and `--stderr-level` compare.
enum class level { debug, info, warning, error };

/// Inside a handler, from any of its threads: a message to people, with the task's name. Elsewhere
/// a line on stderr.
inline void log(std::string_view text, level how_much = level::info) {
  detail::Session* const session = detail::Session::current();
  if (session == nullptr || !session->has_task()) {
    std::fputs(detail::complaint(std::string(text)).c_str(), stderr);
    return;
  }
  constexpr std::string_view kWords[] = {"debug", "info", "warning", "error"};
  session->notify("log", how_much == level::info ? 3 : 4, [&](auto& packer) {
    packer.pack(detail::as_utf8(text));
    if (how_much != level::info) packer.pack(kWords[static_cast<std::size_t>(how_much)]);
  });
}

/// Inside a handler: what the master says of its task, a map; empty without `--task-meta`, with
/// which it has the key "attempt", from 1 on.
inline msgpack::object_handle meta() { return detail::session_at_work("meta").meta(); }

/// Before worker(), or in prep: `hook` is called before every task and sub-task. What it throws
/// fails that task, whose handler is not called then.
inline void before_task(std::function<void()> hook) {
  detail::hooks().before.push_back(std::move(hook));
}
/// Likewise, after every task, also after one that has failed. What it throws is told on stderr.
inline void after_task(std::function<void()> hook) {
  detail::hooks().after.push_back(std::move(hook));
}
/// Called when worker() has sent the last answer, the last one given first; what it prints is the
/// worker's tail.
inline void at_exit(std::function<void()> hook) {
  detail::hooks().at_exit.push_back(std::move(hook));
}

/// Inside a handler, or in prep: the worker leaves when the present task is answered. Tasks behind
/// it go back to the queue, worker() returns 0, and the master starts another process in its place.
/// Throws too_old where the master does not know that.
inline void retire() { detail::session_at_work("retire").retire(); }

/// Inside a handler, by the thread that runs it, or in prep: a question to the master
/// (docs/protocol.md lists the ops), and its answer. Throws refused, and too_old where the master
/// answers none.
template <class... Arguments>
msgpack::object_handle ask(std::string_view op, const Arguments&... arguments) {
  msgpack::sbuffer encoded;
  msgpack::packer<msgpack::sbuffer> packer(encoded);
  (packer.pack(arguments), ...);
  const std::string_view piece(encoded.data(), encoded.size());
  return detail::session_at_work("ask").ask(op, sizeof...(Arguments), {&piece, 1});
}

/// Who the master is.
struct master {
  std::string engine, version, wire;
  std::uint64_t slots = 0;  ///< so many workers may there be
  MSGPACK_DEFINE_MAP(engine, version, wire, slots)
};
inline master whoami() { return ask("whoami").get().as<master>(); }

/// worker() moves the protocol away from stdin and stdout as its first act. Where something runs
/// before it that prints or reads (a library's initialisation, the constructor of a global), one
/// of these does it earlier: at namespace scope before main, or as main's first variable. It must
/// live until worker() is called; if that never happens, it puts everything back in the end.
class early {
 public:
  early() {
    try {
      detail::process_stdio().move_away();
    } catch (const std::exception&) {
      // worker() tries again, and says what is wrong.
    }
  }
  early(const early&) = delete;
  early& operator=(const early&) = delete;
  ~early() {
    // Not while a handler calls exit().
    if (detail::Session::current() == nullptr) detail::process_stdio().put_back();
  }
};

}  // namespace spread

#include "spread/detail/worker.hpp"

#endif  // C++20
