// spread/jobs: `map` and `pipe`: a process for each task, here or through a login. Start here, then
// job_slot.h.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "spread/base/numbers.h"
#include "spread/engine/engine.h"
#include "spread/input/pipe_input.h"
#include "spread/jobs/file_mover.h"
#include "spread/jobs/job_commands.h"
#include "spread/jobs/job_input.h"
#include "spread/jobs/job_slot.h"
#include "spread/jobs/xargs_manners.h"
#include "spread/output/sinks.h"
#include "spread/output/tails_out.h"
#include "spread/results/failure_report.h"
#include "spread/results/job_output.h"

namespace spread {

/// `map`, and `pipe` with a process for each block: one process per task. What a job prints goes
/// through JobOutput, unless it writes to spread's own output (-u) or to files of its own
/// (--results).
class JobMode final : public RunMode {
 public:
  JobMode(Engine& engine, const JobSetup& setup);

  Status open() override;
  Result<std::unique_ptr<TaskInput>> open_input() override;
  std::unique_ptr<RunSlot> make_slot(WorkerId worker) override;
  std::uint64_t descriptors_per_slot() const override;
  std::string_view task_noun() const override { return "job"; }
  std::string_view terminal_note() const override;
  bool accept(TaskId task, Record& record) override;
  Result<std::uint64_t> digest(const Record& record) override;
  Status hand_on_kept(const JournalAnswer& answer) override;
  bool ordered() const override { return options().ordered; }
  bool takes_input_error(const std::string& error) override;
  void succeeded(Inbox::Success& answer, Scheduler::Success& success, TaskReport* report) override;
  void deliver(DeliverTask& delivery, TaskReport* report) override;
  void retry(const RetryTask& retry, TaskReport* report) override;
  bool full() const override { return output_ && output_->full(); }
  Status advance(bool over) override;
  OutcomeMarks marks() override;
  bool stalled() const override { return table_ != nullptr && table_->stalled(); }
  Status close_output() override { return table_ != nullptr ? table_->finish() : Status(); }
  bool errors_are_output() const override { return true; }
  bool tell_failures() override;
  int exit_status(const RunEnd& end, const HaltOptions& halt) const override;
  void change_slots(int by) override { engine_.change_slots(by); }

  // For its slots.
  struct Job {
    SpawnOptions spawn;
    std::string bash_reason;  ///< why bash runs it, for the error if there is none
    // Its standard input, where spawn.input is a pipe: a header, bytes, a part of a file.
    Slice header, input;
    JobRange range;
    std::string tag;
    std::string results_folder;
    // Where it runs on another machine.
    std::vector<FilePlace> transfer_files, return_files;
    bool results_by_item = false;  ///< then a folder that cannot be made is this job's failure
  };
  /// What to start for the task, good until the next call, and with --results its files. Null if it
  /// can never be started: the Scheduler has been told.
  const Job* begin(WorkerId worker, const SendTask& send, UniqueFd (&results)[2]);
  /// The words of the job that was prepared last.
  std::vector<std::string> words() const { return arguments_.list(); }
  /// How a job ended is wanted even if it was a success.
  bool tells_successes() const {
    return engine_.reporter().detailed() || options().records || table_ != nullptr ||
           engine_.journal() != nullptr;
  }
  bool may_read(TaskId task, bool errors) const;
  void append(TaskId task, bool errors, Slice bytes, std::string_view tag);
  /// Where its stdout may go without coming here: see ChannelSink::bypass().
  int bypass(TaskId task, std::string_view tag) const;
  void bypassed(TaskId task, std::size_t size);
  ReadBuffer& read_buffer() { return read_buffer_; }
  const std::vector<EndStep>& end_sequence() const { return end_sequence_; }
  Duration kill_grace() const { return setup_.ends.kill_grace; }
  const JobOptions& options() const { return setup_.job; }
  bool is_success(const JobEnd& end) const { return end.is_success(options().ok_statuses); }
  /// Whose ranges are blocks: a file of -a, or stdin.
  std::string input_file(std::uint32_t index) const {
    return setup_.cut->files.empty() ? "stdin" : setup_.cut->files[index];
  }
  /// Some files are to go to other machines, or to come from there.
  bool moves_files() const;
  const std::vector<FilePlace>& base_files() const { return base_files_; }
  /// Where base files go over there; empty = where the login begins.
  std::string base_directory() const;
  bool clean_up() const { return options().clean_up; }
  /// How an agent is started on another host, and the mark that it makes.
  const CommandOptions& agent() const { return agent_; }
  const std::string& mark() const { return mark_; }
  /// --wd over there: nothing where it was not given, this directory for `.`.
  std::string remote_directory(const std::string& directory) const;

 private:
  struct Ending;

  const ItemOptions& items() const { return setup_.items; }
  Status open_files();
  void tell_shell();
  Status prepare(WorkerId worker, const SendTask& send, const Job*& job);
  TaskContext context_of(TaskId task, WorkerId worker) const;
  /// What stands for {} and its kin.
  std::string_view values_of(const Value& payload) const;
  void set_input(const SendTask& send);
  Status set_files(std::string_view payload, const TaskContext& context);
  Status pump_output();
  void put_limits_before();
  /// The words that are executed, as xargs shows them.
  std::string shown_words() const;
  Status ask_for_xargs();
  void tell_input_error();
  Status set_environment(const TaskContext& context, std::string_view payload);
  Ending ending_of(const DeliverTask& delivery) const;
  std::string last_lines(const DeliverTask& delivery) const;
  void fill(TaskReport& report, const DeliverTask& delivery, const Ending& ending,
            std::string_view command) const;
  std::string note_of(const DeliverTask& delivery, const Ending& ending,
                      std::string_view command) const;
  std::string table_note_of(const DeliverTask& delivery, const Ending& ending,
                            std::string_view command);
  void to_journal(const DeliverTask& delivery, const Ending& ending, std::string_view command,
                  std::string_view last, std::string_view note);
  void tell_kept(const JournalAnswer& answer, const JobWords& words);
  void count_for_xargs(const DeliverTask& delivery, const Ending& ending);
  Status loosen(TaskId stuck);
  void make_way_for_retry();
  void end_output(TaskId task, ByteView note);

  Engine& engine_;
  JobSetup setup_;
  std::optional<JobCommands> commands_;
  std::vector<EndStep> end_sequence_;
  ReadBuffer read_buffer_;
  std::unique_ptr<TempSpill> spill_;
  std::unique_ptr<JobSink> sink_;
  JobTable* table_ = nullptr;          ///< the sink, with --results x.csv
  std::unique_ptr<JobOutput> output_;  ///< null with -u and --results DIR
  std::optional<WriteMark> written_;   ///< of what has been handed on
  std::uint64_t done_ = 0;             ///< jobs that need none
  const ArgumentSource* source_ = nullptr;
  std::string input_error_;            ///< of xargs, to be told
  std::optional<XargsManners> xargs_;  ///< `xargs`: what it does in its own way
  std::optional<PipeInput> pipe_;      ///< `pipe`: where blocks come from
  bool names_set_ = false;
  JobResume resume_;
  JobFailures failures_;
  CommandOptions agent_;
  std::string mark_;
  std::vector<FilePlace> base_files_;
  std::map<HostId, HostFiles> host_files_;
  bool all_local_ = true;
  bool one_attempt_ = true;

  Arguments arguments_, limited_;
  std::string limits_;  ///< of --limit-memory and --limit-cpu
  Job job_;
  std::vector<std::pair<std::string, std::string>> environment_;
  bool made_way_told_ = false;
  int first_failure_ = 0;  ///< exit status of the first job that failed
  int xargs_status_ = 0;   ///< 123 if one failed; that of the first one that stops xargs
};

}  // namespace spread
