#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "spread/base/buffers.h"
#include "spread/engine/engine.h"
#include "spread/engine/login_end.h"
#include "spread/engine/run_mode.h"
#include "spread/report/start_failures.h"
#include "spread/results/job_output_held.h"
#include "spread/wire/reply.h"
#include "spread/workers/session_worker.h"

namespace spread {

class WorkerMode;

/// A slot of `run` or `all`: the persistent worker in it, if there is one, and what becomes of what
/// that worker says.
class WorkerSlot final : public RunSlot, public WorkerSink {
 public:
  WorkerSlot(Engine& engine, WorkerMode& mode, WorkerId id) : RunSlot(engine, id), mode_(mode) {}
  ~WorkerSlot() override;

  SessionWorker& worker() { return *worker_; }
  /// Its place in a gang, or in the one that it has had last.
  const GangPlace& place() const { return place_; }
  void reply(const wire::Reply& reply);
  /// No sub-task with this common part comes any more.
  void forget_common(std::uint64_t common);
  /// Its tasks can submit sub-tasks: it works on one at a time, and is no member of a gang.
  bool may_submit() const { return slots_ == 1; }
  /// It was sent a list of so many tasks, of which this one is the first; told once.
  std::uint64_t take_list(TaskId first);
  /// Also what it has answered and does not count: with --reprep-after-failure it prepares again
  /// before its next task, whatever it answers until then.
  void task_failed();
  /// What its process was started as: its own words.
  const ArgumentList& arguments() const { return arguments_; }
  /// Its slot has been handed over.
  bool is_former() const { return former_; }
  /// The relay that its worker was behind is lost, and that has been, or will be, posted.
  void connection_lost(const std::string& reason);

  Status start() override;
  void send_task(const SendTask& action) override;
  void close_input() override;
  std::unique_ptr<RunSlot> hand_over() override;
  void terminate() override;
  void kill() override;
  void suspend(bool stop) override;
  LocalWork local_work() const override;
  void flush() override;
  void remove_ended() override;
  void reconsider() override;

 private:
  SessionOptions session_options() const;
  SessionWorkerOptions worker_options();
  void become_new();
  bool holds_errors() const;
  void release_errors();
  void first_answer();
  void has_started();
  bool is_unreachable(ExitStatus status) const;
  FailedStart failed_start(const WorkerGone& ended, ExitStatus status);
  bool start_failed(const WorkerGone& ended, ExitStatus status);
  void tell_silence();
  void tell_slow_end();
  void expect_beats();
  void listen();
  std::string lost_reason() const;
  void tell_ready();
  void has_task();
  void look_at_memory();
  bool counts() const;
  bool takes_frames() { return worker_->session().state() == SessionState::Running; }
  Status send_with_meta(const SendTask& action, const Value& payload);
  Status send_otherwise(const SendTask& action);
  Value list_of(const SendTask& action);
  void show_printed(const wire::UpMessage& message);
  bool leaves_lines_out(ExitStatus status) const;
  bool left_before_its_first_answer() const;
  std::string silence_hint() const;
  void tell_death(const WorkerGone& ended);
  void log_end(ExitStatus status);
  void log_command(int exit_status, int signal);
  std::string end_reason() const;
  /// What the user could do about it; mostly empty.
  std::string hint_of(ExitStatus status) const;
  /// `text` with the host's name before each line, for `all --tag`; else `text`.
  std::string_view tagged(LinePrefixer& lines, std::string_view text);

  void on_hello(const wire::Hello& hello) override;
  void on_ready() override;
  void on_answer(const wire::UpMessage& message) override;
  void on_progress(const wire::UpMessage& message) override;
  void on_log(const wire::UpMessage& message) override;
  void on_ask(const wire::UpMessage& question) override;
  void on_retires() override;
  void on_stray(std::string_view text) override;
  void on_tail(std::string_view text) override;
  void on_warning(std::string message) override;
  void on_stderr(std::string_view text) override;
  void on_mismatch(std::string_view text) override;
  void on_relay(const wire::Hello& hello) override;
  void on_unusable() override;
  void on_ended(WorkerGone ended, ExitStatus status) override;

  WorkerMode& mode_;
  std::unique_ptr<SessionWorker> worker_;
  /// When to say that this worker, which has a task, has not said anything yet.
  Timer silence_{engine_.loop(), [this] { tell_silence(); }};
  bool told_silence_ = false;
  // With --wire lines --window N, whose answers are counted:
  TimePoint last_moved_{};            ///< it answered, or was given a task while it had none
  std::optional<TaskId> first_task_;  ///< the least of those that this process was given
  /// When to say that it has not ended yet.
  Timer slow_end_{engine_.loop(), [this] { tell_slow_end(); }};
  // One that promised beats: each time the timer rings, so much of --lost-after has passed. A
  // moment in which spread itself did not run (Ctrl-Z, kill -STOP) is one ring, however long it
  // took.
  Timer silent_{engine_.loop(), [this] { listen(); }};
  int silent_rings_ = 0;  ///< since bytes came
  bool lost_ = false;     ///< it is ended for its silence
  bool had_subtask_ = false;
  bool meta_ = false;             ///< its tasks have a third element
  bool sends_otherwise_ = false;  ///< or are lists, or there may be something to be said before
  bool shows_printed_ = false;    ///< of oneshot
  GangPlace place_;
  ArgumentList arguments_;
  std::uint32_t slots_ = 1;  ///< as its hello says
  bool former_ = false;
  bool looks_at_memory_ = false;           ///< --max-rss, and it has not been found too large
  std::map<TaskId, std::uint64_t> lists_;  ///< unanswered, by their first task: how many in each
  bool reprep_due_ = false;                ///< before its next task
  std::uint32_t generation_ = 0;           ///< of the next process that is started
  bool ready_ = false;
  bool answered_ = false;  ///< this process has
  bool ended_by_us_ = false;
  HeldErrors held_errors_{engine_.loop(), [this] { release_errors(); }};
  // Of `all`, for the joblog
  TimePoint started_{};
  std::size_t received_bytes_ = 0;
  LinePrefixer out_lines_, error_lines_;
  ByteBuffer tagged_;
};

}  // namespace spread
