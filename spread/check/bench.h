#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/environment.h"
#include "spread/api/time.h"
#include "spread/engine/plan.h"
#include "spread/io/event_loop.h"
#include "spread/io/guard.h"
#include "spread/io/signals.h"
#include "spread/io/subprocess.h"

namespace spread::check {

/// What is checked, and how patiently.
struct Subject {
  Wire wire = Wire::Msgpack;
  PickleOptions pickle;
  std::size_t max_frame = kFrameBytesDefault;
  Value task;        ///< one that it can be expected to answer
  Duration limit{};  ///< for each answer, and each end
  Duration kill_grace{};
  bool third = false;  ///< its tasks will have a third element (--task-meta)
};

/// What all checks of one worker share: where it is started, the loop that waits for it, and what
/// it was seen to do on the side.
class Bench final : private ReadyHandler {
 public:
  /// All must outlive this. `worker` is a slot of the plan; what is found goes to `output`.
  Bench(const Plan& plan, WorkerId worker, const Subject& subject, EventLoop& loop,
        Spawner& spawner, SignalSet& signals, int output);
  ~Bench() override;
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  const Plan& plan() const { return plan_; }
  const Subject& subject() const { return subject_; }
  EventLoop& loop() { return loop_; }
  Spawner& spawner() { return spawner_; }
  WorkerId worker() const { return worker_; }
  bool is_local() const { return plan_.is_local(worker_); }
  std::size_t prep_items() const { return plan_.prep.size(); }

  /// Turns the loop until `met`, or nothing is to be waited for any more.
  bool wait_until(const std::function<bool()>& met, Duration limit);
  /// The signal that ends spread; 0: none has come.
  int signal() const { return signal_; }
  /// Nothing more is to be tried: a signal has come, or what is found has no reader.
  bool stopped() const { return signal_ != 0 || unheard_; }
  void stop() { unheard_ = true; }

  /// Words that run in place of the worker, through the same launcher; null for a list, which is
  /// executed as it is.
  struct Spoken {
    std::string out, errors;
    std::optional<ExitStatus> status;  ///< it has ended
    std::string not_started;
    TimePoint seen_at{};  ///< when what was waited for was there
  };
  /// Gives `input` to `words`, closes it if `closes`, and waits until `met` or the end.
  Spoken run_in_its_place(const ArgumentList& words, std::string_view input, bool closes,
                          const std::function<bool(const Spoken&)>& met, Duration limit);

  void saw_stray(std::string_view text) {
    if (stray_.empty()) stray_ = text;
  }
  void saw_warning(std::string message) {
    if (warning_.empty()) warning_ = std::move(message);
  }
  void saw_late_hello(const std::string& message) {
    if (late_hello_.empty()) late_hello_ = message;
  }
  void saw_question() { ++questions_; }
  /// The first of each; empty: none.
  const std::string& stray() const { return stray_; }
  const std::string& warning() const { return warning_; }
  const std::string& late_hello() const { return late_hello_; }
  std::size_t questions() const { return questions_; }

 private:
  void on_ready(int fd, bool, bool) override;

  const Plan& plan_;
  WorkerId worker_;
  const Subject& subject_;
  EventLoop& loop_;
  Spawner& spawner_;
  SignalSet& signals_;
  int output_;  ///< -1: its reader cannot be seen to go
  int signal_ = 0;
  bool unheard_ = false;
  std::string stray_, warning_, late_hello_;
  std::size_t questions_ = 0;
};

}  // namespace spread::check
