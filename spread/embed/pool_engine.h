// spread/embed: the engine in a thread of its own, for a program that has spread as a library.
// Start here: this header is all that the public face of the library (libspread/) knows of the
// rest, and says it in words of the standard library, so that neither needs the other's. Then
// pool_upstream.h (tasks in, outcomes out) and pool_run.h (what is around the engine).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spread::embed {

/// What a pool of workers is made of. Seconds are seconds; values are msgpack.
struct Settings {
  std::vector<std::string> command;
  std::string directory;
  std::vector<std::pair<std::string, std::string>> remote_environment;  ///< goes to other machines
  std::vector<std::vector<std::string>> argument_lists;
  std::vector<std::string> hosts;  ///< as -S has them
  std::string launch;              ///< as --launch
  std::uint32_t slots = 0;         ///< 0: the CPUs of each host
  std::vector<std::string> prep;
  bool json = false;  ///< the wire
  std::size_t max_frame_bytes = std::size_t{1} << 30;

  std::uint32_t retries = 1, crash_retries = 3, start_retries = 3;
  std::optional<double> timeout;
  std::optional<double> max_busy;
  std::optional<double> lost_after;
  std::uint32_t window = 0;
  std::uint64_t max_tasks = 0;  ///< 0: no limit, as of the next two
  double max_age = 0;
  std::uint64_t max_rss_bytes = 0;
  double shutdown_timeout = 60, kill_grace = 5;
  bool start_all = false;
  bool observes_tasks = false;  ///< Sink::sent() and retried() are wanted

  bool keeps_history = false;
  std::string history_file;  ///< empty: the usual one

  /// "NAME=value", of workers and for what the engine looks up itself.
  std::vector<std::string> environment;
};

/// What became of a task; views are good during the call.
struct Outcome {
  std::uint64_t task = 0;
  enum class State : std::uint8_t { Ok, Failed, Lost, NotComputed } state = State::Ok;
  std::string_view value;                 ///< msgpack
  std::string_view type, message, trace;  ///< why it has none
  std::string_view printed_out, printed_err;
  bool fatal = false;  ///< its worker said so: the job that it is of makes no sense
  int worker = -1;
  std::uint32_t attempts = 0;
  double seconds = 0;
};

/// Is told what happens, in the engine's thread, and may not wait. Views are good during the call.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void finished(const Outcome& outcome) = 0;
  /// It was taken back before a worker had it; this is all that becomes of it.
  virtual void withdrawn(std::uint64_t task) = 0;
  virtual void progressed(std::uint64_t task, double fraction, std::string_view text) = 0;
  /// A worker says so; of a task or of none. Levels are 0 to 3, debug to error.
  virtual void logged(std::optional<std::uint64_t> task, int worker, int level,
                      std::string_view text) = 0;
  /// What the program would say on stderr: a line or several, without the last newline.
  virtual void message(std::string_view message) = 0;
  /// What workers have written to their stderr, or between two answers, as it came.
  virtual void text(std::string_view text) = 0;
  virtual void sent(std::uint64_t task, int worker, std::uint32_t attempt) = 0;
  /// An attempt has come to nothing, and there will be another one. `kind`: "error", "busy",
  /// "timeout", "crash".
  virtual void retried(std::uint64_t task, int worker, std::string_view kind,
                       std::string_view message, double seconds) = 0;
  virtual void started(int worker, std::string_view host, int pid,
                       const std::vector<std::string>& arguments) = 0;
  virtual void ready(int worker) = 0;
  virtual void ended(int worker, bool expected, std::string_view reason) = 0;
  /// A piece of what it wrote behind its last frame.
  virtual void tail(int worker, std::string_view text) = 0;
  /// A question to be replied to once, by PoolEngine::reply() or refuse(). `arguments` are so many
  /// values, one behind the other.
  virtual void asked(std::uint64_t seq, int worker, std::optional<std::uint64_t> task,
                     std::string_view op, std::uint64_t count, std::string_view arguments) = 0;
  /// The last call: the engine has ended. `error`: why it did so before it was closed; empty if it
  /// did not.
  virtual void over(std::string_view error) = 0;
};

/// Workers that live for as long as it does, and one thread. Tasks have the numbers 0, 1, ... in
/// the order in which they are submitted; from any thread.
class PoolEngine {
 public:
  /// Nothing happens before start(). `sink` must outlive it.
  PoolEngine(Settings settings, Sink& sink);
  /// Once, before all else. Returns when all that can be wrong beforehand has been found right, or
  /// false, with `error` saying why; nothing else may be called then.
  bool start(std::string& error);
  /// Kills what still works, and waits for the thread. Not from within a call of the Sink.
  ~PoolEngine();
  PoolEngine(const PoolEngine&) = delete;
  PoolEngine& operator=(const PoolEngine&) = delete;

  /// The number of the first. Nothing: the engine has ended.
  std::optional<std::uint64_t> submit(std::vector<std::string> payloads);
  /// Of `count` tasks from `first`: those that no worker has had are withdrawn, which the Sink is
  /// told of each.
  void withdraw(std::uint64_t first, std::uint64_t count);
  void reply(std::uint64_t seq, std::string value);
  void refuse(std::uint64_t seq, std::string type, std::string message);
  /// No task follows: workers end when they have done what there is.
  void close();
  /// Ends it without its tasks: the first time those that run are waited for, the second time their
  /// workers are ended, the third time they are killed.
  void stop_early();
  /// Returns when the thread has ended: after Sink::over().
  void join();
  /// How many workers live, and the sum of how useful each has been (1: it has never said busy).
  struct Active {
    std::uint32_t workers = 0;
    double usefulness = 0;
  };
  Active active();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace spread::embed
