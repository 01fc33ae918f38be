// spread/run: the joint. The pure machines (core/, workers/session.h, results/, sources/) meet the
// edge (io/) here and nowhere else. Start with Engine: one turn of its loop is wait, freeze the
// time, feed what happened to the Scheduler, carry out what it says.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "spread/api/options.h"
#include "spread/api/result.h"
#include "spread/core/scheduler.h"
#include "spread/io/event_loop.h"
#include "spread/io/guard.h"
#include "spread/io/signals.h"
#include "spread/io/subprocess.h"
#include "spread/run/exit_code.h"
#include "spread/run/host_probe.h"
#include "spread/run/plan.h"
#include "spread/run/reporter.h"
#include "spread/run/results_out.h"
#include "spread/run/run_history.h"
#include "spread/run/tails_out.h"
#include "spread/run/task_input.h"
#include "spread/workers/read_buffer.h"
#include "spread/workers/session_worker.h"

namespace spread {

/// One run of `spread run` or `spread all`, from the plan to the exit status.
class Engine final : private ReadyHandler {
 public:
  /// Everything that can be wrong beforehand is told here, and nothing has been started yet.
  static Result<std::unique_ptr<Engine>> create(const Options& options, Plan plan, Guard guard);
  ~Engine() override;

  /// Runs to the end; the exit status.
  int execute();

 private:
  class Port;
  friend class Port;

  Engine(const Options& options, Plan plan, Guard guard, EventLoop loop, SignalSet signals);
  Status open();
  void on_ready(int fd, bool readable, bool writable) override;

  // The turn (engine.cc)
  void turn();
  void add_slots_from(std::uint32_t first);
  void take_host_answers();
  void pull_tasks();
  void decide();
  void watch_output();
  void tick_workers();
  TimePoint next_deadline() const;
  bool done() const;
  int finish();
  bool drain_outputs();
  RunEnd describe_end() const;
  void abort(std::string reason);

  // Events in, actions out (engine_actions.cc)
  template <typename Event>
  void handle(Event event);
  void carry_out(Action& action);
  void start_worker(const StartWorker& action);
  void send_task(const SendTask& action);
  bool deliver_success(Port& from, const wire::UpMessage& answer);
  void deliver(const DeliverTask& action);
  void tell_finished(const DeliverTask& action, const TaskResult& result);
  void explain(const Action& action);
  void remove_ended();
  void worker_died(Port& port, const ProcessEnded& ended, ExitStatus status);
  Port& port(WorkerId worker);

  const Options& options_;
  Plan plan_;
  Guard guard_;
  EventLoop loop_;
  SignalSet signals_;
  Spawner spawner_;
  ReadBuffer read_buffer_;
  Scheduler scheduler_;
  RunHistory history_;
  TimePoint started_;
  std::unique_ptr<Reporter> reporter_;
  std::unique_ptr<OutputWriter> stdout_;
  std::unique_ptr<ResultsOut> results_;
  std::unique_ptr<TailsOut> tails_;
  std::unique_ptr<TaskInput> input_;
  std::unique_ptr<HostProbe> probe_;  ///< while hosts are being asked for their CPUs
  std::vector<HostProbe::Answer> host_answers_;

  std::vector<std::unique_ptr<Port>> ports_;  ///< by WorkerId
  std::vector<WorkerId> tail_order_;
  std::vector<WorkerId> dirty_;  ///< have bytes to be written
  std::vector<WorkerId> ended_;  ///< to be destroyed at the end of the turn
  Actions decisions_;
  Actions consequences_;  ///< of the event at hand; empty otherwise
  std::uint64_t next_task_ = 0;
  /// The answer being handled: what a DeliverTask refers to.
  const wire::UpMessage* answer_ = nullptr;
  Port* answering_ = nullptr;

  int signals_received_ = 0;
  int first_signal_ = 0;
  bool output_full_ = false;
  bool output_stalled_ = false;
  bool input_told_ = false;
  bool own_error_ = false;
  bool ever_started_ = false;
  bool warned_non_finite_ = false;
  std::uint64_t failed_workers_ = 0;
  std::string end_message_;
  std::string last_closed_;  ///< why a slot was given up last
};

}  // namespace spread
