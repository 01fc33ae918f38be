// A simulated machine, on which the whole program runs in virtual time: the system calls of
// spread/sys are answered from here (calls_*.cc). Time goes on by a little with each call, and to
// the next thing that happens where the program waits. What happens, and when, a seed decides.
#pragma once

#include <signal.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "descriptors.h"
#include "files.h"
#include "process.h"
#include "spread/sys/fault_kinds.h"
#include "threads.h"
#include "timeline.h"

namespace spread::world {

using sys::Call;
using sys::FaultKind;

/// What goes wrong, beside what processes do.
struct Faults {
  /// Of so many starts one fails with EAGAIN; 0: none.
  unsigned start_fails_one_in = 0;
  std::size_t descriptors_max = 1024;
  /// It has threads for starts.
  bool threads = false;
  /// ... and what they call counts among the system calls of the program.
  bool counts_threads = false;
  /// A child's pidfd is readable so long before it can be reaped, as where it is traced.
  Time reaped_late = 0;
  /// Whatever ends is reaped at once, as where the host of a library ignores SIGCHLD.
  bool takes_children = false;
  /// What each lock of a file is answered with, as where a file system has none; 0: they work.
  int lock_error = 0;
  std::size_t disk_bytes = std::size_t{1} << 40;
  std::size_t pipe_capacity = 65536;
  std::size_t pipe_piece_max = SIZE_MAX;
  /// Signals to the program: after so many of its system calls.
  std::map<std::uint64_t, int> signals;
  /// The same, at a time.
  std::map<Time, int> signals_at;
  /// As kill -9: after so many of its system calls it makes no more.
  std::uint64_t killed_at_call = 0;
  /// The same, in the start of so many children: the last is there, and the program has not heard.
  std::uint64_t killed_at_start = 0;
  /// Then, for the whole machine: what was not synced may be lost.
  bool power_cut = false;
  /// The so many-th of its system calls fails, if it can in this way.
  std::uint64_t fails_at_call = 0;
  FaultKind failure = FaultKind::Short;
};

class Machine {
 public:
  Machine(std::uint64_t seed, Faults faults);
  /// The one that system calls are answered by: the last that was made.
  static Machine& current();

  Timeline& timeline() { return timeline_; }
  Time now() const { return timeline_.now(); }
  /// From `low` to `high`, both included.
  std::uint64_t draw(std::uint64_t low, std::uint64_t high);
  bool one_in(unsigned n) { return n != 0 && draw(1, n) == 1; }
  /// How long the machine takes to do anything.
  Time draw_delay() { return static_cast<Time>(draw(1, 20)) * kMicrosecond; }
  const Faults& faults() const { return faults_; }

  // ---- the tested program

  /// Every system call begins with this.
  void enter();
  /// Waits until `done`; false: until `deadline`. Without a deadline, and with nothing left that
  /// could happen, the program hangs, and that ends the test.
  bool wait(const std::function<bool()>& done, std::optional<Time> deadline);
  std::uint64_t calls() const { return calls_; }
  /// For people: what the program did, and what came of it.
  bool tracing = false;
  void trace(const char* call, long argument, long result) const;
  /// Whether this call, which has just been entered, is the one that is to fail: errno says how.
  bool fails(Call call, int fd = -1);
  /// How much it moves of `size`, when it has not failed.
  std::size_t shorten(std::size_t size) const;
  /// Which call has failed.
  std::optional<Call> failed;
  /// How each call could have failed, by its number, where that is noted.
  bool notes_failures = false;
  std::map<std::uint64_t, std::set<FaultKind>> could_fail;
  /// Sends the program a signal.
  void signal(int number);
  /// The program makes no more calls: `why` it was killed or hangs. Does not return.
  [[noreturn]] void stop_program(const std::string& why);
  /// What is to be done then.
  std::function<void(const std::string& why)> on_stop;

  std::map<int, OpenPtr> descriptors;
  std::vector<std::shared_ptr<OpenMemory>> mapped;
  std::uint64_t starts = 0;
  /// The lowest number that is free, from `from` on; -EMFILE.
  int add(OpenPtr open, int from = 0);
  sigset_t blocked{}, ignored{}, pending{};
  int group = 1000;
  /// Called when a process, whichever, does something.
  void has_stepped() {
    if (!ended) longest_pause = std::max(longest_pause, now() - last_step);
    last_step = now();
  }
  /// When a child did something that the program had to wait for.
  Time last_work = 0;
  /// The longest time in which no process did anything.
  Time longest_pause = 0, last_step = 0;
  bool ended = false;  ///< the program has
  /// When the program got its first, second, third signal to end.
  std::vector<Time> end_signals;

  std::vector<std::unique_ptr<Thread>> threads;
  /// By what they wait for.
  std::map<const void*, std::vector<Thread*>> waiting;

  // ---- processes

  Process& add_process();
  Process* find(int pid);
  const Process* find(int pid) const { return const_cast<Machine*>(this)->find(pid); }
  const std::vector<std::unique_ptr<Process>>& processes() const { return processes_; }
  void reap(Process& process) const {
    process.reaped = true;
    process.reaped_at = now();
  }
  /// To a process, or a group where `pid` is negative; -ESRCH.
  int kill(int pid, int number);
  /// What a command line runs; nothing: there is no such program.
  std::function<std::optional<Program>(Process&)> find_program;

  // ---- files

  /// Where the program is.
  static constexpr char kFolder[] = "/world";
  OpenPtr open(const std::string& name, int how, int& error);
  std::shared_ptr<Inode> make_file(const std::string& name, std::string bytes = {});
  Names files;
  void change_names(NameChange change);
  /// As fsync of a folder: of the names in it none is lost any more.
  void sync_folder(const std::string& folder);
  /// All that there is, is on the disk.
  void sync_all();
  /// The files of a machine on which the program is no more, and what of them is on the disk.
  void adopt_files(const Machine& before);
  /// The files that are there after a power cut, now. Of the changes of names that are not synced
  /// the first are kept.
  std::map<std::string, std::string> after_power_cut();
  /// It has no name: it holds what memory has no room for.
  bool is_store(const Inode& inode) const {
    return std::none_of(files.begin(), files.end(),
                        [&](const auto& each) { return each.second.get() == &inode; });
  }
  std::shared_ptr<Pipe> make_pipe() const;
  std::size_t disk_free;
  bool disk_was_full = false;
  std::set<std::string> were_there;  ///< files, before the program
  /// What the program did and should not.
  std::vector<std::string> complaints;
  /// Bytes that it has read from children and not written to stdout, stderr or a file.
  std::int64_t held = 0, most_held = 0;
  std::set<const Pipe*> outputs;  ///< stdout and stderr
  /// How far the results had got, and when: after each write to where they go.
  struct Progress {
    Time when;
    std::size_t bytes;
  };
  std::vector<Progress> progress;
  void note_progress(const Open& open);
  std::string results_file;            ///< where they go; empty: ...
  const Pipe* results_pipe = nullptr;  ///< ... here
  /// ... until it read any of it back from a file: it may read the same more than once.
  std::int64_t most_held_before = 0;
  bool reads_back = false;
  void holds(std::int64_t more) {
    held += more;
    most_held = std::max(most_held, held);
    if (!reads_back) most_held_before = most_held;
  }

 private:
  std::mt19937_64 random_;
  Faults faults_;
  Timeline timeline_;
  std::uint64_t calls_ = 0;
  std::vector<std::unique_ptr<Process>> processes_;  ///< by pid
  std::uint64_t next_inode_ = 1;
  Names synced_names_;                      ///< null: none of that name
  std::vector<NameChange> unsynced_names_;  ///< since then, in order
};

}  // namespace spread::world
