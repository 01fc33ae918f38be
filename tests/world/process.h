#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coroutine.h"
#include "descriptors.h"
#include "timeline.h"

namespace spread::world {

class Machine;
class Process;

/// What a process runs; its exit status.
using Program = std::function<Co<int>(Process&)>;

/// A simulated process: a child of the program that is tested, a child of such a child, or one
/// beside it that writes its input or reads its output. It runs in steps between those of the
/// tested program, at the times that it asks for.
class Process {
 public:
  Process(Machine& machine, int pid);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  const int pid;
  int group;  ///< its process group
  std::vector<std::string> words;
  std::map<std::string, std::string> environment;
  std::map<int, OpenPtr> descriptors;
  bool child = false;                ///< of the tested program, which reaps it
  int left_by = 0;                   ///< the child that began it and leaves it behind
  std::optional<Time> asked_to_end;  ///< since when, by a signal

  /// TERM, INT and HUP end it so much later; nothing: it ignores them.
  std::optional<Time> ends_after = Time{0};

  void begin(const Program& program);
  bool running() const { return !status_.has_value(); }
  /// As waitpid has it.
  int status() const { return *status_; }
  bool reaped = false, reaping = false;
  bool taken_away = false;  ///< by something else in the program's process, which it will find out
  Time began = 0, ended_at = 0;
  std::optional<Time> reaped_at;
  std::shared_ptr<Pipe> pipes[3];  ///< of a child, those between it and the program
  void signal(int number);
  Waiters ended;

  // For programs.
  Machine& machine() { return machine_; }
  void close(int fd) { descriptors.erase(fd); }
  struct Wait {
    Process& process;
    std::function<void(std::function<void()>)> ask;
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> handle);
    void await_resume() const {}
  };
  Wait sleep(Time span);
  /// Until the pipe has changed.
  Wait changed(int fd);
  /// Calls back when what was written to `fd` until now has been read.
  void when_taken(int fd, std::function<void()> what);
  /// At least one byte, at most `most`; none at the end of the file.
  Co<std::string> read(int fd, std::size_t most);
  /// All of them. False: nothing reads it any more. That is SIGPIPE, which ends it unless it is
  /// ignored.
  Co<bool> write(int fd, std::string bytes);

 private:
  void end(int status);
  void go_on(std::coroutine_handle<> handle);

  Machine& machine_;
  Co<int> body_;
  bool stopped_ = false, ending_ = false;
  std::vector<std::coroutine_handle<>> held_;  ///< what would go on, were it not stopped
  std::optional<int> status_;
};

}  // namespace spread::world
