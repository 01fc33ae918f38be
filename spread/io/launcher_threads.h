// Starts of processes in threads of their own: what one start looks at (SpawnCall), its
// environment, and the threads.
#pragma once

#include <pthread.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "spread/api/environment.h"
#include "spread/api/result.h"
#include "spread/base/posix.h"
#include "spread/sys/condition.h"

namespace spread {

/// One start of a process with everything that it looks at, and what came of it. The thread of the
/// event loop fills it and reads it afterwards; run() may be called by another thread, which looks
/// at nothing else of spread and allocates nothing. It is filled again and again: its memory stays.
class SpawnCall {
 public:
  /// `guest`: see Streams.
  explicit SpawnCall(bool guest = false);
  SpawnCall(const SpawnCall&) = delete;
  SpawnCall& operator=(const SpawnCall&) = delete;

  /// Empties it for another call, and closes its descriptors.
  void clear();
  /// The words themselves must be there until the call is done, unless keep_words() copies them.
  void set_words(char* const* argv);
  void set_words(std::span<const std::string> words);
  void keep_words();
  void set_directory(const std::string& directory);
  /// As Environment::search_path() has it, and must outlive the call.
  void set_search_path(const char* path) { search_path_ = path; }
  /// What the child has as `fd`, 0 to 2; without this, spread's own. `from` is above 2.
  void dup_to(int from, int fd) { from_[fd] = from; }
  /// The child has no descriptors above 2, whatever is not close-on-exec here.
  void keep_standard_only() { standard_only_ = true; }
  /// The child ignores the signals that spread was started to ignore (nohup), as it would under
  /// xargs; but not PIPE, XFSZ, INT and QUIT.
  void keep_ignored(bool keep) { keeps_ignored_ = keep; }
  /// The soft limit of descriptors that the child has; 0: that of spread.
  void limit_descriptors(std::uint64_t soft) { descriptor_limit_ = soft; }
  /// Is added to the child's niceness, which is spread's.
  void be_nicer(int by) { nicer_by_ = by; }

  /// The child does not lead a process group of its own.
  void stay_in_our_group() { own_group_ = false; }
  bool own_group() const { return own_group_; }

  /// Returns when the child has exec'd, or could not.
  void run();

  /// The first word, and where: for messages.
  std::string name() const;
  /// Why it could not be started.
  std::string problem() const;

  std::vector<char*> environment;  ///< ended by a null pointer
  std::vector<std::string> added;  ///< what some of `environment` points to
  UniqueFd ours[3], theirs[3];     ///< the ends of its pipes

  // What came of it.
  int pid = -1;
  UniqueFd exit_fd;  ///< the pidfd; none before Linux 5.2 and under valgrind
  int error = 0;     ///< errno, or 0

 private:
  static constexpr std::size_t kStackBytes = 64 * 1024;
  std::unique_ptr<char[]> stack_;
  std::vector<int> changed_signals_;  ///< whose dispositions in spread are not the default
  std::vector<int> own_signals_;      ///< those of them that no child keeps
  bool keeps_ignored_ = false;
  const char* search_path_ = Environment::kUsualPath;
  bool standard_only_ = false;
  std::uint64_t descriptor_limit_ = 0;
  int nicer_by_ = 0;
  int from_[3] = {-1, -1, -1};
  bool own_group_ = true;
  std::vector<char*> words_;  ///< "/bin/sh", and what is to be started
  std::string kept_;
  std::string directory_;
};

/// spread's environment plus what is added for a child; an added name replaces the variable of that
/// name. Jobs of one run add the same names with other values: which variables stay is found out
/// once.
class ChildEnvironment {
 public:
  explicit ChildEnvironment(Environment ours) : ours_(ours) {}

  std::string mark;  ///< "NAME=value", in every child

  using Additions = std::span<const std::pair<std::string, std::string>>;
  void give_to(SpawnCall& call, Additions additions);

 private:
  void keep_others(Additions additions);

  Environment ours_;
  std::vector<std::string> names_;
  std::vector<char*> kept_;  ///< of spread's environment
};

/// A few threads that do nothing but SpawnCall::run(), which does not return before the child has
/// exec'd. Everything else stays in the one thread that owns this: it submits a call, waits for
/// fd() with its other descriptors, and takes back what is done. Threads are made when they are
/// first wanted, have all signals blocked, allocate no memory, and live until the end: a job that
/// asks for a signal at its parent's death (prctl) means the thread that started it.
class LauncherThreads {
 public:
  /// Calls that were submitted and not taken back. Each holds two or three descriptors more than a
  /// job that runs, and a copy of its words.
  static constexpr std::size_t kUnderWayMax = 4;

  static Result<std::unique_ptr<LauncherThreads>> create(std::size_t threads_max);
  /// Waits for the calls that have been begun.
  ~LauncherThreads();
  LauncherThreads(const LauncherThreads&) = delete;
  LauncherThreads& operator=(const LauncherThreads&) = delete;

  /// Readable when take_done() has something; one wake for many.
  int fd() const { return wake_.get(); }
  bool has_room() const { return under_way_ < kUnderWayMax; }
  std::size_t under_way() const { return under_way_; }
  /// The call must stay where it is, and is not to be touched until it is taken back. False if
  /// there is no room, or if the system gives no thread: the caller has to run it.
  bool submit(SpawnCall& call);
  /// Appends the calls that are done.
  void take_done(std::vector<SpawnCall*>& done);
  /// Waits for the calls that have been begun; the others never will be: their pid stays -1.
  void stop();

 private:
  LauncherThreads(UniqueFd wake, std::size_t threads_max);
  bool add_thread();
  static void* enter(void* self);
  void work();

  UniqueFd wake_;
  const std::size_t threads_max_;
  std::size_t under_way_ = 0;
  std::vector<pthread_t> threads_;

  // What the threads share.
  std::mutex mutex_;
  sys::Condition wanted_;
  std::vector<SpawnCall*> waiting_, done_;
  std::size_t idle_ = 0;
  bool stopping_ = false;
};

}  // namespace spread
