// spread/check: does a worker, and what leads to it, keep the protocol (docs/check.md)? The rules
// are Session's, as in a run; here are the situations. Start with checks.h, then bench.h.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/task.h"
#include "spread/check/bench.h"
#include "spread/io/child.h"
#include "spread/workers/session_worker.h"

namespace spread::check {

/// How the worker of a Trial is started, where it differs from a run.
struct TrialOptions {
  bool without_prep = false;     ///< it is given no prep items, and told so
  std::optional<Duration> beat;  ///< it is asked for beats, wherever it is
};

/// One process of the worker, from its start to its end: what it is given, and what it does. All
/// waits end: with what is waited for, its limit, the process's end, or a signal to spread.
class Trial final : private WorkerSink {
 public:
  explicit Trial(Bench& bench, const TrialOptions& options = {});
  /// Ends it, if it has not ended, and waits for that.
  ~Trial() override;
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;

  /// Why it could not be started; empty if it was.
  const std::string& not_started() const { return not_started_; }

  /// Sends a task; `third`: with a third element. False: its wire cannot carry it, or it is sent
  /// nothing any more.
  bool send(TaskId id, const Value& payload, bool third = false);
  /// What send() has put into the queue goes out only with flush() or trickle().
  void flush();
  /// The same byte by byte, with a pause behind each of the first ones.
  void trickle();
  void close_input();

  /// So many answers have come.
  bool wait_for_answers(std::size_t count);
  bool wait_for_end();
  /// Waits for so long, or less if it ends.
  void wait(Duration duration);

  struct Answer {
    TaskId id{};
    wire::UpKind kind{};
    std::string error;  ///< "TypeError: no number", of one that is none
  };
  const std::vector<Answer>& answers() const { return answers_; }
  /// It has answered, and with a value.
  bool last_is_ok() const { return !answers_.empty() && answers_.back().kind == wire::UpKind::Ok; }
  const std::optional<wire::Hello>& hello() const { return hello_; }
  /// It has broken the protocol, or cannot work: why, in Session's words; empty if neither.
  const std::string& problem() const { return worker_->session().problem_text(); }
  Problem problem_kind() const { return worker_->session().problem(); }
  bool wrong_hello() const { return worker_->session().wrong_hello(); }
  bool ended() const { return ended_.has_value(); }
  /// By itself, with status 0.
  bool ended_well() const { return ended_ && status_.clean() && ended_->cause == EndCause::Exited; }
  /// Why there is no answer, in one line, for a trial that was waited for in vain.
  std::string why_silent() const;
  bool promised_beats() const { return hello_ && hello_->beats; }
  /// It has said bye, as one that promised beats has to.
  bool said_bye() const { return promised_beats() && !worker_->session().beats(); }
  /// Bytes have come since the last call.
  bool take_heard() { return worker_->take_heard(); }
  /// What it asked for, refused by this.
  std::size_t questions() const { return questions_; }

 private:
  void on_hello(const wire::Hello& hello) override;
  void on_ready() override {}
  void on_answer(const wire::UpMessage& message) override;
  void on_progress(const wire::UpMessage&) override {}
  void on_log(const wire::UpMessage&) override {}
  void on_ask(const wire::UpMessage& question) override;
  void on_retires() override {}
  void on_stray(std::string_view text) override { bench_.saw_stray(text); }
  void on_tail(std::string_view) override {}
  void on_warning(std::string message) override;
  void on_stderr(std::string_view text) override;
  void on_mismatch(std::string_view) override {}
  void on_unusable() override {}
  void on_ended(WorkerGone ended, ExitStatus status) override;

  bool takes_tasks() const;

  Bench& bench_;
  ReadBuffer read_buffer_;
  std::string not_started_;
  Child* child_ = nullptr;  ///< worker_'s
  std::unique_ptr<SessionWorker> worker_;
  std::vector<Answer> answers_;
  std::optional<wire::Hello> hello_;
  std::string errors_;  ///< the end of its stderr
  std::size_t questions_ = 0;
  std::optional<WorkerGone> ended_;
  ExitStatus status_;
};

}  // namespace spread::check
