#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "spread/api/environment.h"
#include "spread/api/result.h"
#include "spread/base/posix.h"

namespace spread {

class EventLoop;
class Guard;

/// How a process ended.
struct ExitStatus {
  int code = 0;    ///< exit status; meaningless where a signal ended it
  int signal = 0;  ///< 0 = it exited

  /// It has ended, and something else has learnt how: the host of a library that reaps all children
  /// of its process, or ignores SIGCHLD.
  static constexpr ExitStatus unknown() { return {-1, 0}; }
  bool known() const { return code >= 0; }
  bool clean() const { return code == 0 && signal == 0; }
  /// It exited with one of these statuses (--ok); with 0, where there are none.
  bool is_success(std::span<const std::uint8_t> ok) const;
  /// "exit status 3", "exit status unknown", "killed by signal 9 (Killed; out of memory, perhaps)".
  /// `by_us`: spread sent that signal, so the text names no other cause.
  std::string text(bool by_us = false) const;
};

/// What one of a child's standard descriptors is.
enum class Connect : std::uint8_t {
  Pipe,     ///< a pipe, of which spread has the other end
  Null,     ///< /dev/null
  Inherit,  ///< the same as spread's
  File,     ///< the descriptor of SpawnOptions::files
};

struct SpawnOptions {
  std::span<const std::string> arguments;  ///< PATH is searched for the first
  char* const* argv = nullptr;             ///< instead of `arguments`, ended by a null pointer
  std::span<const std::pair<std::string, std::string>> environment;  ///< added to spread's
  std::string directory;                                             ///< empty = spread's
  Connect input = Connect::Pipe, output = Connect::Pipe, errors = Connect::Pipe;
  int files[3] = {-1, -1, -1};  ///< where Connect::File is said; they stay the caller's
  /// A command of the user's on this machine: it has the descriptors above 2 that spread was given,
  /// and ignores signals that spread was started to ignore (SpawnCall). A login does neither.
  bool inherits = false;
  /// False: it stays in spread's process group, so that it may read the terminal. Signals go to it
  /// alone.
  bool own_group = true;
};

/// A child process, leader of its own process group (but for own_group), with pipes to its
/// standard descriptors.
/// Destroying a Subprocess that still runs kills its group and does not wait: one that cannot be
/// reaped yet (a dead NFS server, a tracer that holds it) is left to its Spawner, which must
/// outlive it.
class Subprocess {
 public:
  ~Subprocess();
  Subprocess(Subprocess&&) noexcept;
  Subprocess& operator=(Subprocess&&) noexcept;

  int pid() const;
  /// Readable when the process has ended, or perhaps has; owned by this object, and closed or
  /// replaced by try_wait(): an event loop must be rid of it before.
  int exit_fd() const;
  /// The status, if the process has ended: then it is reaped.
  std::optional<ExitStatus> try_wait();
  /// It has ended, by a signal or with a status that is not 0 or unknown.
  bool has_failed() const;
  /// Sends a signal to the whole process group, or to the process where it is in spread's; to a
  /// process that has left its group, too. Not after try_wait() has found the end: the number may
  /// be another group's by then.
  void signal_group(int signal);
  void kill_group();

  UniqueFd input;         ///< spread's end of its fd 0, where that is a pipe
  bool of_guest = false;  ///< its Spawner's Streams say so
  UniqueFd output;        ///< the same of its fd 1
  UniqueFd errors;        ///< the same of its fd 2

 private:
  friend class Spawner;
  struct Impl;
  explicit Subprocess(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Told, from the event loop, what has become of a start that went on in the background.
class StartHandler {
 public:
  virtual ~StartHandler() = default;
  virtual void on_started(Result<Subprocess> process) = 0;
};

/// Starts processes as posix_spawn does it: a fork would copy the page tables of a master that
/// holds many results (81 ms at 2 GiB against 0.6 ms). Child state: descriptors 0-2 as asked for,
/// others and ignored signals as SpawnOptions::inherits says, else default signal dispositions,
/// empty signal mask, its own process group. spread's ends of the pipes are non-blocking
/// and close-on-exec.
class Spawner {
 public:
  /// Children have `environment`, and what is Connect::Inherit of `streams`. They are watched by
  /// `guard` from their first moment, if there is one; without `loop` nothing is started in the
  /// background. Both must outlive this.
  Spawner(Environment environment, Streams streams, Guard* guard = nullptr,
          EventLoop* loop = nullptr);
  /// Processes that are being started are ended.
  ~Spawner();
  Spawner(const Spawner&) = delete;
  Spawner& operator=(const Spawner&) = delete;

  /// A program that cannot be exec'd is an Error naming it and the reason, and leaves no process.
  Result<Subprocess> spawn(const SpawnOptions& options);
  /// The same, but the loop does not wait for the exec if other children run or are being started:
  /// then nothing is returned, and `handler` is told later, unless it abandons the start. What
  /// `options` point to need not outlive the call.
  Result<std::optional<Subprocess>> start(const SpawnOptions& options, StartHandler& handler);
  /// The soft limit of descriptors that children have; 0: that of spread.
  void give_descriptor_limit(std::uint64_t soft);
  /// Is added to spread's own niceness for all children from now on. An Error if that is not
  /// permitted.
  Status give_niceness(int by);
  /// No child runs or is being started.
  bool idle() const;
  /// What is being started in the background is there when this returns, and its handlers have been
  /// told; a start that takes longer than a second is not waited for.
  void settle();
  /// So many descriptors are free for the background beside those of processes that run: with
  /// less than kBackgroundDescriptors fewer starts, or none, are under way at a time.
  /// And nothing is started there before `others_min` other children run or are being started.
  void limit_background(std::size_t descriptors, std::size_t others_min = 1);
  static constexpr std::size_t kBackgroundDescriptors = 13;
  /// The handler is not told any more: what is being started for it is ended when it is there.
  void abandon(const StartHandler& handler);

 private:
  friend class Subprocess;
  struct Children;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace spread
