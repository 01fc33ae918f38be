#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "spread/engine/engine.h"
#include "spread/input/pipe_input.h"
#include "spread/io/child.h"
#include "spread/jobs/job_commands.h"
#include "spread/output/sinks.h"
#include "spread/output/tails_out.h"
#include "spread/results/failure_report.h"
#include "spread/results/job_output.h"
#include "spread/workers/job_marks.h"

namespace spread {

/// `pipe --round-robin`: a filter in each slot lives for the whole run and is given block after
/// block, whenever it has taken the last one. What it prints is handed on filter by filter, in the
/// order of their starts. spread cannot know which block a filter is working on, so one that
/// ends early ends the run.
///
/// Once what is held back fills memory and spill file, only the first filter that has not ended is
/// read. The others may wait for that in the middle of a block, so it alone is given blocks, and
/// its input is closed when there are none, though theirs are not done: its end lets the next one
/// go on.
class FilterMode final : public RunMode {
 public:
  FilterMode(Engine& engine, const JobSetup& setup);

  Status open() override;
  Result<std::unique_ptr<TaskInput>> open_input() override;
  std::unique_ptr<RunSlot> make_slot(WorkerId worker) override;
  std::string_view task_noun() const override { return "block"; }
  std::string_view terminal_note() const override { return kBlocksTyped; }
  bool accept(TaskId task, Record& record) override;
  bool reports_tasks() const override { return false; }  // the filter's exit counts
  void succeeded(Inbox::Success&, Scheduler::Success&, TaskReport*) override {}
  void deliver(DeliverTask& delivery, TaskReport* report) override;
  void retry(const RetryTask&, TaskReport*) override {}
  bool full() const override { return output_->full(); }
  Status advance(bool over) override;
  /// Of filters.
  OutcomeMarks marks() override {
    return {output_->accepted(), written_->written(output_->handed_on())};
  }
  WorkerId full_but_for() const override;
  bool errors_are_output() const override { return true; }
  bool waits_for_workers() const override { return true; }
  std::uint64_t failures(const Scheduler::Counts& counts) const override {
    return failed_filters_ + counts.not_computed;
  }

  // For its slots.
  /// Good until the next call. Of another machine: the filter with a mark in front of what it
  /// prints, for until then it is the login that prints.
  Result<SpawnOptions> command_for(WorkerId worker);
  /// What goes to the login that command_for() named last, in front of all else.
  std::string_view login_input() const { return launch_.input; }
  const std::string& mark() const { return mark_; }
  /// What was last launched on another machine.
  const CommandOptions& there() const { return there_; }
  const Slice& header(TaskId block) const { return pipe_->header(block); }
  /// It runs: where what it prints is to go.
  TaskId add_output(WorkerId worker);
  bool may_read(TaskId output, bool errors) const;
  void append(TaskId output, bool errors, Slice bytes);
  /// `blocks`: those that were sent to it, for the message if it ended before its input did.
  /// `by_us`: spread ended it, so how it ended is not reported.
  void ended(WorkerId worker, TaskId output, ExitStatus status, bool by_us, bool early,
             const IdRanges& blocks);
  ReadBuffer& read_buffer() { return read_buffer_; }
  const std::vector<EndStep>& end_sequence() const { return end_sequence_; }

 private:
  bool ungrouped() const;

  Engine& engine_;
  JobSetup setup_;
  std::optional<JobCommands> commands_;
  std::optional<PipeInput> pipe_;
  std::vector<EndStep> end_sequence_;
  ReadBuffer read_buffer_;
  std::unique_ptr<TempSpill> spill_;
  std::unique_ptr<StandardSink> sink_;
  std::unique_ptr<JobOutput> output_;  ///< a job of it is a filter
  std::optional<WriteMark> written_;   ///< of `output_`
  std::vector<WorkerId> started_;      ///< whose output each is
  Arguments arguments_;
  CommandOptions there_;
  LaunchPlan launch_;
  std::string mark_;
  std::vector<std::pair<std::string, std::string>> environment_;
  std::uint64_t failed_filters_ = 0;
};

/// A slot of FilterMode. On another machine a filter is given blocks when its login has got as far
/// as to start it: a host that is down costs nothing.
class FilterSlot final : public RunSlot, private SharedSink {
 public:
  FilterSlot(Engine& engine, FilterMode& mode, WorkerId id);

  Status start() override;
  void send_task(const SendTask& action) override;
  void close_input() override;
  void terminate() override;
  void kill() override;
  void suspend(bool stop) override;
  LocalWork local_work() const override {
    return child_.active() ? LocalWork{child_.pid(), true} : LocalWork();
  }
  void remove_ended() override {}
  void reconsider() override { child_.reconsider(); }

 private:
  void on_bytes(bool errors, Slice bytes) override;
  bool wants_output(bool errors) const override;
  void on_unread(bool unread) override { engine_.set_unread(id(), unread); }
  void on_input_written() override;
  void on_ended(const ChannelEnd& end) override;

  void begin_output();
  void read_login(bool errors, Slice bytes);
  void login_ended(ExitStatus status);

  FilterMode& mode_;
  Child child_;
  std::optional<MarkScanner> login_;  ///< until the filter runs
  std::string login_said_;
  TaskId output_{};
  std::optional<TaskId> task_;  ///< being written
  IdRanges blocks_;
  bool has_header_ = false;
  bool closing_ = false;
  bool ending_ = false;
};

}  // namespace spread
