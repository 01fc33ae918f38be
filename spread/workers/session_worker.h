#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "spread/api/time.h"
#include "spread/core/event.h"
#include "spread/io/event_loop.h"
#include "spread/io/subprocess.h"
#include "spread/workers/receive_buffer.h"
#include "spread/workers/session.h"

namespace spread {

struct SessionWorkerOptions {
  std::optional<Duration> shutdown_timeout;                          ///< after close_input()
  std::string overdue = "still running after the end of its input";  ///< what is said of it then
  Duration kill_grace = std::chrono::seconds(5);
  std::vector<std::uint8_t> ok_statuses = {};  ///< see ExitStatus::is_success()
};

/// What a SessionWorker tells, beside what its Session finds.
class WorkerSink : public SessionSink {
 public:
  /// What it wrote to its fd 2.
  virtual void on_stderr(std::string_view text) = 0;
  /// The run cannot work with such a worker at all: it wants another number of prep items, or wrote
  /// another number of lines than it was given.
  virtual void on_mismatch(std::string_view text) = 0;
  /// No more tasks may be sent to it: it broke the protocol, or closed its input or its output.
  virtual void on_unusable() = 0;
  /// It is gone, and everything that it wrote has been read. The last call; the worker may be
  /// destroyed after it has returned, but not from within it.
  virtual void on_ended(ProcessEnded ended, ExitStatus status) = 0;
};

/// A Session on a Subprocess: moves bytes, and sees to it that the process really ends. It never
/// blocks: what the worker does not read waits in the Session's output.
class SessionWorker final : public ReadyHandler {
 public:
  SessionWorker(WorkerId id, const SessionOptions& session, Subprocess process, EventLoop& loop,
                ReadBuffer& shared, WorkerSink& sink, const SessionWorkerOptions& options);
  ~SessionWorker() override;
  SessionWorker(const SessionWorker&) = delete;
  SessionWorker& operator=(const SessionWorker&) = delete;

  Session& session() { return session_; }
  int pid() const { return process_.pid(); }
  /// Writes as much as the pipe takes; the rest follows when there is room.
  void flush();
  /// No task will follow: its fd 0 is closed when all has been written, and the shutdown time-out
  /// begins, or does with the last answer that it still owes.
  void close_input();
  /// TERM to its process group, KILL after the grace time. `why` is part of the message about its
  /// end; the first reason stands.
  void terminate(std::string_view why);
  /// KILL to its process group, at once.
  void kill(std::string_view why);
  /// STOP, or CONT, to its process group; nothing if it has exited.
  void suspend(bool stop);

  /// Its stderr is not read, until told otherwise, since the reader of spread's own does not; nor
  /// are its answers, with which messages come (what is raw has none). Meanwhile it has no
  /// deadlines but those of terminate() and kill().
  void leave_unread(bool unread);

  /// The value as a Slice; shares the memory it was read into. Only during a call of the sink.
  Slice share(ByteView value) const { return received_.share(value); }

  bool ended() const { return ended_; }
  /// It was ended because of the shutdown time-out.
  bool overdue() const { return ended_why_ == options_.overdue; }
  /// It has ended, or is taken for ended, without being told to.
  bool ended_by_itself() const { return ended_why_.empty(); }

  void on_ready(int fd, bool readable, bool writable) override;

 private:
  enum class Phase : std::uint8_t { Normal, Terminated, Killed, GivenUp };

  void read_output();
  bool read_once();
  void take(ByteView bytes, bool final);
  void react_to_problem(bool at_the_end);
  bool read_errors();
  void remember_errors(std::string_view text);
  void output_ended();
  void input_failed();
  void on_exit();
  void too_late();
  void end_if_complete(bool drained);
  ProcessEnded describe_end() const;
  void close_fd(UniqueFd& fd);
  void close_all();
  void begin_shutdown();
  void set_deadline(Duration from_now);
  void end_unless_over(Duration from_now, std::string why);
  void because(std::string_view why);
  std::string told_status() const;
  std::string open_tasks() const;
  void grow_pipes();

  WorkerId id_;
  Session session_;
  Subprocess process_;
  EventLoop& loop_;
  WorkerSink& sink_;
  SessionWorkerOptions options_;
  bool only_tail_;  ///< all that it writes to stdout

  ReceiveBuffer received_;
  std::string last_errors_;
  std::optional<ExitStatus> status_;
  Phase phase_ = Phase::Normal;
  bool closing_ = false;
  bool shutdown_begun_ = false;
  bool problem_told_ = false;
  bool pipes_grown_ = false;
  bool ended_ = false;
  bool unread_ = false;       ///< see leave_unread()
  bool late_ = false;         ///< the timer has rung meanwhile
  Timer timer_;               ///< for what it waits for: its end, or its pipes after its end
  std::string deadline_why_;  ///< of a deadline that ends it
  std::string ended_why_;     ///< why spread ends it; empty = it ended by itself
};

}  // namespace spread
