// The library's front door: a pool of worker processes that live between jobs.
//
//   spread::PoolOptions options;
//   options.command = {"./worker"};
//   spread::Pool pool(options);
//   std::vector<double> squares = pool.map<double>(std::vector{1, 2, 3});
//
// A worker is a program that speaks the protocol of spread (docs/protocol.md), with one of the SDKs
// or by itself, in any language; here or on another machine. docs/library.md is the guide.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

#include "spread/errors.h"
#include "spread/export.h"
#include "spread/future.h"
#include "spread/observer.h"
#include "spread/results.h"
#include "spread/value.h"

namespace spread {
inline namespace v1 {

/// Tasks that belong together: each is one value, which a worker is sent and answers with another
/// one.
class SPREAD_API Job {
 public:
  Job() = default;
  /// A task for each element, in their order.
  template <std::ranges::input_range Tasks>
  explicit Job(Tasks&& tasks) {
    for (const auto& task : tasks) add<std::ranges::range_value_t<Tasks>>(task);
  }
  /// One more task; throws ValueError if it cannot be sent.
  template <class T>
  Job& add(const T& task) {
    tasks_.push_back(Value::of<T>(task));
    return *this;
  }
  std::size_t size() const { return tasks_.size(); }
  const std::vector<Value>& tasks() const& { return tasks_; }
  std::vector<Value> tasks() && { return std::move(tasks_); }

 private:
  std::vector<Value> tasks_;
};

using Seconds = std::chrono::duration<double>;

/// What becomes of the jobs behind one in which a task has no value.
enum class OnFailure : unsigned char {
  go_on,  ///< nothing. A job begins when the tasks of those before it have all been sent
  flush,  ///< no task of them is computed. A job begins when those before it have ended
};

/// How values travel to the workers: SPREAD_WIRE.
enum class Wire : unsigned char { msgpack, json };

/// What a Pool is made of. The defaults are those of the program `spread run`, whose options have
/// the same names; docs/manual.md has more on each.
struct PoolOptions {
  // Who works, and where. One of `command` and `argument_lists` at least.
  std::vector<std::string>
      command;  ///< the worker's words; {host}, {slot}, {worker}, {prep} are replaced
  std::vector<std::vector<std::string>> argument_lists;  ///< each a worker, exec'd exactly as given
  unsigned slots = 0;  ///< workers on each host; 0: as many as this process may use CPUs there
  std::vector<std::string> hosts;  ///< "n1", "4/n2", "user@n3", ":" (here); empty: here
  std::string launch;     ///< how a host is reached, if not by ssh: "docker exec -i {host}"
  std::string directory;  ///< empty: the current one; on another machine the home
  std::vector<std::pair<std::string, std::string>> environment;  ///< added for workers, everywhere
  bool start_all =
      false;  ///< all at once; otherwise a worker is started when there is a task for it
  Wire wire = Wire::msgpack;
  std::vector<Value> prep;  ///< every process is sent these first, in this order
  std::size_t max_frame_bytes = std::size_t{1} << 30;  ///< the longest answer

  // What is tried again, and how long is waited.
  OnFailure on_failure = OnFailure::go_on;
  unsigned retries = 1;             ///< tries in all for a task that fails; 0: without end
  unsigned crash_retries = 3;       ///< tries in all for a task whose worker dies of it
  unsigned start_retries = 3;       ///< starts of a worker that fail in a row before it is given up
  std::optional<Seconds> timeout;   ///< of a task, which its worker is killed for
  std::optional<Seconds> max_busy;  ///< a task that is refused for longer has failed
  std::optional<Seconds> lost_after =
      Seconds(10);               ///< a worker on a host may be silent for so long
  Seconds shutdown_timeout{60};  ///< for a worker to end when no task follows
  Seconds kill_grace{5};         ///< between TERM and KILL

  // What a worker may have.
  unsigned window = 0;              ///< tasks sent ahead of its answers; 0: it adapts
  std::uint64_t max_tasks = 0;      ///< then it is replaced by a new process; 0: never
  Seconds max_age{0};               ///< the same
  std::uint64_t max_rss_bytes = 0;  ///< the same, of resident memory

  /// What is remembered of hosts from one Pool to the next: a file, or nothing. Empty name: that of
  /// the program. Unset: nothing is.
  std::optional<std::string> history;

  // What is told.
  std::shared_ptr<Observer> observer;
  std::size_t callbacks_max = 10000;  ///< calls that wait; further ones are dropped
  /// Runs the calls of the Observer and of on_ask, instead of a thread of the Pool: is given a
  /// function to be called once, soon, in any thread. One at a time is given.
  std::function<void(std::function<void()>)> executor;
};

struct Active {
  unsigned workers = 0;  ///< processes that live
  double usefulness =
      0;  ///< summed over them: 1 for one that has refused nothing as busy, else less
};

/// Workers that are started once and compute job after job. Any thread may call any member at any
/// time. It has a thread of its own, which runs nothing of the caller's, and one for callbacks.
///
/// It touches nothing of the process: no signal handler, no descriptor 0 to 2, no output, no
/// environment. If the process dies, in whatever way, its workers end. In a child that the process
/// forks every call throws StateError, and the destructor does nothing.
class SPREAD_API Pool {
 public:
  /// Returns when the options have been found right; nothing has been started yet. Throws PoolError
  /// ("worker: no such host ...") otherwise.
  explicit Pool(const PoolOptions& options);
  /// What no worker has been sent is not computed, what is being computed is ended (TERM, and KILL
  /// after kill_grace), and workers are waited for. Futures have their Results by then. Not in a
  /// callback.
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// Takes the job, and returns at once. Throws StateError after stop(), or if the Pool has ended
  /// by itself (no worker could be started).
  ///
  /// A task that is fatal (docs/protocol.md) ends its job: what of it no worker has been sent is
  /// not computed.
  Future<Results> submit(Job job);
  /// One job, waited for: the values of its tasks, in order. Throws what Results::check() throws.
  template <class R, std::ranges::input_range Tasks>
  std::vector<R> map(Tasks&& tasks) {
    return submit(Job(std::forward<Tasks>(tasks))).get().template list<R>();
  }

  /// Takes back all that no worker has been sent yet, of all jobs: "Cancelled", not computed. Jobs
  /// end with what they have.
  void cancel_pending();
  /// Answers a worker that asks `name` (see Question) with what `answer` returns, or with the error
  /// that it throws: it has that type ("ValueError", or "Error") and text. Runs where the Observer
  /// does. An empty function takes the name away: then the question is refused, "UnknownOp".
  void on_ask(const std::string& name, std::function<Value(const Question&)> answer);
  /// Waits until all jobs are done and all workers have ended, and returns what these wrote last,
  /// in their order; those that wrote nothing are left out. From its beginning on submit() throws.
  /// Called again, it returns the same. Throws StateError in a callback.
  const std::vector<Tail>& stop();
  /// What works now. Waits for a turn of the engine, microseconds.
  Active num_active() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace v1
}  // namespace spread
