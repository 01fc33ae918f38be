#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "spread/run/engine.h"

namespace spread {

/// The place of one slot in the Engine: the worker in it, if there is one, and what becomes of what
/// that worker says.
class Engine::Port final : public WorkerSink {
 public:
  Port(Engine& engine, WorkerId id) : engine_(engine), id_(id) {}

  WorkerId id() const { return id_; }
  const std::string& host() const { return engine_.plan_.host_names[number(id_)]; }
  /// Starts a process in the empty slot; an Error says why it could not be.
  Status start();
  SessionWorker& worker() { return *worker_; }
  SessionWorker* worker_or_null() { return worker_.get(); }
  void remove() { worker_.reset(); }

  bool dirty = false;
  /// When to say that this worker, which has a task, has not said anything yet.
  TimePoint silent_until = kForever;
  void tell_silence();
  void tell_ready();
  void has_task();

  void on_hello(const wire::Hello& hello) override;
  void on_answer(const wire::UpMessage& message) override;
  void on_progress(const wire::UpMessage& message) override;
  void on_log(std::string_view text) override;
  void on_stray(std::string_view text) override;
  void on_tail(std::string_view text) override;
  void on_warning(std::string message) override;
  void on_stderr(std::string_view text) override;
  void on_mismatch(std::string_view text) override;
  void on_unusable() override;
  void on_ended(ProcessEnded ended, ExitStatus status) override;

 private:
  std::string name() const;

  Engine& engine_;
  WorkerId id_;
  std::unique_ptr<SessionWorker> worker_;
  bool told_silence_ = false;
  bool ready_ = false;
};

/// Tells the Scheduler, and carries out what follows at once. An event may come up while another
/// one's actions are carried out (a worker that cannot be started has ended): each has its own.
template <typename Event>
void Engine::handle(Event event) {
  Actions actions = std::move(consequences_);
  scheduler_.handle(std::move(event), loop_.now(), actions);
  for (Action& action : actions) carry_out(action);
  actions.clear();
  consequences_ = std::move(actions);
}

}  // namespace spread
