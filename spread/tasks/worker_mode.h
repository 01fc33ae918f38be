// spread/tasks: `run` and `all`: workers that speak the protocol. Start here, then worker_slot.h.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spread/engine/engine.h"
#include "spread/io/pipe_buffers.h"
#include "spread/io/process_memory.h"
#include "spread/output/tails_out.h"
#include "spread/results/reorder_buffer.h"
#include "spread/shards/range_progress.h"
#include "spread/shards/shard_reader.h"
#include "spread/sweep/sweep.h"
#include "spread/tasks/relays.h"
#include "spread/tasks/running_gangs.h"
#include "spread/tasks/running_subtasks.h"
#include "spread/tasks/upstream.h"
#include "spread/tasks/worker_options.h"
#include "spread/wire/codec.h"

namespace spread {

class SweepRounds;
class WorkerSlot;

/// `run` and `all`: persistent workers that speak the protocol; results and tails.
class WorkerMode final : public RunMode, private UpstreamRun {
 public:
  WorkerMode(Engine& engine, const WorkerSetup& setup)
      : engine_(engine),
        setup_(setup),
        relays_(engine, *this),
        gangs_(setup.workers.max_frame),
        subtasks_(engine, subtask_limits(setup),
                  setup.tasks == nullptr ? std::nullopt : setup.tasks->subpool, setup.upstream) {}

  Status open() override;
  Result<std::unique_ptr<TaskInput>> open_input() override;
  std::unique_ptr<RunSlot> make_slot(WorkerId worker) override;
  std::uint64_t descriptors_per_slot() const override {
    return RunMode::descriptors_per_slot() * (setup_.lifetime().overlap ? 2 : 1);
  }
  std::string_view task_noun() const override { return "task"; }
  std::uint64_t numbers_in_all() const override { return range_ ? range_->max() : 0; }
  std::optional<std::uint64_t> numbers_done() const override {
    return range_ ? std::optional(range_->sum()) : std::nullopt;
  }
  void begin_turn() override;
  void keep(TaskId task, Outcome outcome) override;
  Status hand_on_kept(const JournalAnswer& answer) override;
  bool ordered() const override { return is_all() || setup_.tasks->output.ordered; }
  void succeeded(Inbox::Success& answer, Scheduler::Success& success, TaskReport* report) override;
  void deliver(DeliverTask& delivery, TaskReport* report) override;
  void retry(const RetryTask& retry, TaskReport* report) override;
  void gang_broken(const GangBroken& broken) override { gangs_.broken(broken); }
  void subtask_done(const DeliverTask& delivery) override;
  void family_ended(TaskId parent) override { subtasks_.ended(parent); }
  bool full() const override { return results_->full(); }
  Status advance(bool over) override;
  OutcomeMarks marks() override { return results_->marks(); }
  bool drained() const override { return tails_->finished(engine_.tail_order()); }
  void end_turn() override;
  bool has_ended() const override { return relays_.all_ended(); }
  bool waits_for_workers() const override { return is_all(); }
  bool errors_are_output() const override { return setup_.workers.tails.to == TailsTo::Stderr; }
  void change_slots(int by) override {
    if (!is_all()) engine_.change_slots(by);
  }
  std::uint64_t failures(const Scheduler::Counts& counts) const override;
  bool tells_unread_input() const override { return setup_.upstream == nullptr; }
  bool tell_failures() override { return setup_.upstream != nullptr; }
  int exit_status(const RunEnd& end, const HaltOptions& halt) const override;

  // For its slots.
  const WorkerSetup& setup() const { return setup_; }
  /// What the master says to a question; nothing if that has been said, or will be later.
  std::optional<Value> answer_to(WorkerSlot& from, const wire::UpMessage& question);
  Relays& relays() { return relays_; }
  RunningGangs& gangs() { return gangs_; }
  RunningSubtasks& subtasks() { return subtasks_; }
  /// The worker has ended, or leaves.
  void forget_questions(const WorkerSlot& of);
  /// An answer to a task.
  void on_answer(WorkerSlot& from, const wire::UpMessage& answer);
  /// [nil, "prep", ...]: docs/protocol.md section 3.
  const Value& prep_again();
  void on_tail(WorkerSlot& from, std::string_view text);
  void worker_started(WorkerId worker) {
    ++workers_started_;
    tails_->started(worker);
  }
  /// Workers may be read: what they say has somewhere to go.
  bool takes_more() const {
    return !engine_.reporter().errors_full() &&
           (setup_.upstream == nullptr || setup_.upstream->takes_more());
  }
  void tail_handed_over(WorkerId worker) { tails_->handed_over(worker); }
  void tail_ended(const WorkerSlot& worker, bool has_tail);
  void worker_failed() { ++failed_workers_; }
  /// For a worker that broke the protocol: true if this has not been told before. Of very many
  /// different reasons only the first ones are worth a line.
  bool tells_first(const std::string& reason);
  /// That a worker takes long to end: true for the first one.
  bool tells_slow_end() { return !std::exchange(told_slow_end_, true); }
  /// That a filter holds its answers back: likewise.
  bool tells_held_answers() { return !std::exchange(told_held_answers_, true); }
  void warn_unknown_key(const WorkerSlot& from, std::string_view key);
  /// A worker was given null for a number that its wire cannot carry.
  void warn_non_finite();
  /// Of oneshot: what is attached to the answer, on stdout.
  void show_printed(std::string_view so, std::string_view se);
  ReadBuffer& read_buffer() { return read_buffer_; }
  /// --max-rss: whether this process of a worker, with what it has started, is too large; looked at
  /// once a second for all.
  bool is_too_large(int pid);

 private:
  // For its Upstream.
  Engine& engine() override { return engine_; }
  void withdraw(TaskId task) override;
  void reply(wire::Reply reply) override;
  void ask_upstream(WorkerSlot& from, const wire::UpMessage& asked);

  void fill(TaskReport& report, const TaskResult& result, const Value& payload) const;
  static SubtaskBook::Limits subtask_limits(const WorkerSetup& setup);
  std::optional<Value> answer_of_subtasks(WorkerSlot& from, const wire::UpMessage& question);
  void on_list_answer(WorkerSlot& from, const wire::UpMessage& answer);
  bool counts_in_gang(WorkerSlot& from, const wire::UpMessage& answer);
  void on_other_answer(WorkerSlot& from, const wire::UpMessage& answer);
  void fail_instead(WorkerSlot& from, TaskId task, std::string_view type, std::string_view why);
  wire::WorkerError error_of(const DeliverTask& delivery) const;
  void tell_failure(const DeliverTask& delivery, const TaskResult& result, TaskReport* report);
  bool is_all() const { return setup_.is_all(); }
  Result<std::unique_ptr<TaskInput>> open_shards();
  Status prepare_sweep();
  Result<std::unique_ptr<TaskInput>> open_sweep_rows();
  void pass_on(TaskResult&& result, const Value& payload);
  /// First into the journal, if there is one.
  void take(TaskResult&& result) {
    if (engine_.journal() != nullptr) engine_.journal()->answered(result);
    results_->take(std::move(result));
  }
  void tell_kept(const JournalAnswer& answer);
  void tell_joining();
  void show_result_begin();

  Engine& engine_;
  WorkerSetup setup_;
  Relays relays_;
  RunningGangs gangs_;
  RunningSubtasks subtasks_;
  ReadBuffer read_buffer_;
  struct AskedBy {
    WorkerSlot* worker = nullptr;
    std::uint64_t seq = 0;
  };
  std::map<std::uint64_t, AskedBy> questions_;  ///< that the Upstream has not answered
  std::uint64_t last_question_ = 0;
  std::unique_ptr<OutcomeSink> results_;
  /// --gather concat joins the results of tasks; those of sub-tasks go to their parents.
  bool must_be_list(TaskId task) const {
    return setup_.tasks->output.gather == GatherAs::Concat && !is_subtask(task);
  }
  // What few runs need is asked for once, and not with each task.
  bool looks_at_values_ = false;          ///< of answers
  bool adds_to_results_ = false;          ///< pass_on() does more than that
  bool needs_payloads_ = false;           ///< `results_` takes pairs: results/result_pair.h
  std::unique_ptr<RangeProgress> range_;  ///< null where tasks are no shards
  std::unique_ptr<Sweep> sweep_;          ///< until its rows are read
  SweepRounds* rounds_ = nullptr;         ///< the same, of --until-ok
  ShardReader* shards_ = nullptr;  ///< what makes the tasks, if they are shards; the input has it
  std::unique_ptr<TailsOut> tails_;
  Value prep_again_;  ///< made when it is wanted first
  std::uint64_t failed_workers_ = 0;
  std::uint64_t workers_started_ = 0;
  bool answered_ = false;  ///< since the last turn
  bool unread_ = false;    ///< workers are not read, since stderr is not
  bool warned_non_finite_ = false;
  bool warned_unknown_key_ = false;
  bool told_slow_end_ = false;
  bool told_held_answers_ = false;
  bool told_joining_ = false;
  std::set<std::string> told_reasons_;
  GroupMemory memory_;  ///< as it was a second before `next_look_`
  TimePoint next_look_{};
};

}  // namespace spread
