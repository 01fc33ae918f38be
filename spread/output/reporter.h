#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/environment.h"
#include "spread/api/observer.h"
#include "spread/api/result.h"
#include "spread/api/shared_options.h"
#include "spread/io/system.h"
#include "spread/output/output_writer.h"
#include "spread/report/events_writer.h"
#include "spread/report/progress.h"
#include "spread/report/summary.h"
#include "spread/report/worker_log.h"
#include "spread/results/failure_report.h"
#include "spread/results/joblog.h"

namespace spread {

/// What a Reporter has to know of the run that it reports on.
struct ReportedRun {
  ProgressUnit unit = ProgressUnit::Tasks;
  bool workers_load = false;   ///< they say when they are ready for tasks
  bool shares_screen = false;  ///< what is started writes to spread's own stdout and stderr (-u)
  bool all_traces = false;     ///< of every failed task, not only of the first
};

/// A task without a value.
struct FailedTask {
  TaskId id{};
  Outcome outcome = Outcome::Failed;
  std::string_view host, error_type, message;  ///< each may be empty
};

/// Everything that a run tells beside its results: messages, the progress line, --events, the
/// joblog. Owns stderr. Nothing of it ever blocks, and nothing is dropped: while errors_full(), the
/// run causes nothing more that would have to be told.
///
/// Where stderr goes to the same place as stdout, both have one queue, that of stdout, so that they
/// come out as they were put in. What is said while a block of output is open (begin_block()) waits
/// for its end, but for kMessageWait at most: then it comes behind a line of it.
///
/// Where Streams::messages is given, nothing is written, and there may be no stderr: what is said
/// goes there at once, and other text in the same turn.
class Reporter {
 public:
  static constexpr Duration kMessageWait = std::chrono::seconds(30);

  /// `results` is stdout, and must outlive this.
  static Result<std::unique_ptr<Reporter>> create(const ReportOptions& options,
                                                  const ReportedRun& run, Environment environment,
                                                  Streams streams, EventLoop& loop,
                                                  const std::vector<std::string>& hosts,
                                                  OutputWriter& results);

  /// "spread: MESSAGE" on stderr.
  void say(std::string_view message);
  /// The same, even within a block: the answer to what the user has just typed.
  void say_at_once(std::string_view message);
  /// What a worker wrote to its stderr, as it is.
  void pass_on(std::string_view text);
  /// -t. To a terminal as printable() has it; a file is there to be pasted from.
  void show_command(const std::string& command);
  /// -p: what is asked, on stderr before this returns; the answer comes on the same line.
  void show_question(const std::string& question);
  /// What has been said is on stderr when this returns, as far as that takes it.
  void flush_messages();
  /// Stray output of a worker, on stderr; with a hint the first time.
  void stray(WorkerId worker, std::string_view text);
  /// What a worker logs at this level goes to stderr.
  bool shows(LogLevel level) const { return stderr_level_ && level >= *stderr_level_; }
  /// Text that a worker attached to an answer.
  void captured(TaskId task, std::string_view so, std::string_view se);

  /// Every task is reported: to the joblog, --events or the summary.
  bool detailed() const { return detailed_; }
  bool explaining() const { return explain_ != nullptr || events_ != nullptr; }
  template <typename Event>
  void tell(const Event& event) {
    for (Observer* observer : observers_) observer->on(event, loop_.now());
  }
  /// It is told what the others are; it must outlive this. `of_tasks`: each sending and each answer
  /// of a task is told.
  void add_observer(Observer& observer, bool of_tasks = false) {
    observers_.push_back(&observer);
    detailed_ |= of_tasks;
  }
  /// A task without a value. With the first trace, or with --traces each, as a whole.
  void failed(const FailedTask& task, const FailurePlace& place);
  /// One line of the joblog, if there is one; `line.started` is filled in here.
  void job(JoblogLine& line, TimePoint started);
  /// Seconds since 1970.
  double wall_seconds(TimePoint time) const {
    return to_seconds(time.time_since_epoch()) + wall_offset_;
  }
  /// Files that it has open: the joblog, the events, the workers' log, and that of what is said.
  std::uint64_t descriptors() const { return files_.size(); }
  bool keeps_joblog() const { return joblog_file_.writer != nullptr; }
  /// The worker has loaded, or answered; for the bar, which counts nothing for each task but
  /// samples what the Scheduler has counted, when it is about to be drawn.
  void prepared(WorkerId worker) { progress_.prepared(worker); }
  void took(Duration duration) { progress_.took(duration); }
  bool progress_due() const { return loop_.now() >= line_.next_deadline(); }
  void sample(const ProgressCounts& counts) { progress_.sample(counts, loop_.now()); }
  void begin_at(TimePoint start, std::uint64_t finished) { progress_.begin_at(start, finished); }
  void set_workers(std::uint32_t alive) { progress_.set_workers(alive); }
  void set_total(std::uint64_t total, bool final, double share = 0) {
    progress_.set_total(total, final, share);
  }

  /// Where text for stderr goes: the progress line is out of its way.
  ByteBuffer& errors();
  std::uint64_t errors_shown() { return errors_.written() + errors_.queue().size() + unshown(); }
  /// The reader of stderr is behind: what may wait must.
  bool errors_full() const {
    if (!one_place()) return errors_.full() || unshown() >= OutputWriter::kFull;
    return shared_->full() || waiting_.size() >= OutputWriter::kFull;
  }
  /// Where what is said ends up.
  const OutputWriter& errors_writer() const { return one_place() ? *shared_ : errors_; }
  /// stdout and stderr are one place: what is put into either queue must go into that of stdout.
  bool one_place() const { return shared_ != nullptr; }
  /// What follows on stdout belongs together, until end_block().
  void begin_block();
  void end_block() { block_open_ = false; }
  /// All that was put into errors() has been written, or waits in stdout's queue.
  bool errors_written() const { return one_place() || (errors_.queue_empty() && unshown() == 0); }

  /// Draws the progress line and writes what is due. `results`: stdout.
  void turn(const OutputWriter& results);
  /// Results may be about to be written: messages that come before them do so, and if they go to a
  /// terminal, too, the progress line is taken away first. It comes back with the next turn.
  void make_room_for_results();
  TimePoint next_deadline();
  /// All these files have been written so far, and those that nothing follows in are closed, which
  /// may fail as a write does; what cannot be has been told.
  bool close_files();
  /// Why one of these files cannot be written any more; empty while they can. Events whose
  /// reader is gone do not count.
  const std::string& file_error() const { return file_error_; }
  /// What all parts of the run took, for its last words.
  void set_totals(const PartTotals& totals) { totals_ = totals; }
  /// The last event. False: with it they cannot be written, which has been told.
  bool run_ended(int exit_status);
  /// The end: the last words. `with_failures`: which tasks have no value matters (it does not
  /// when no results can be delivered).
  /// `because_told`: why some were not computed has been said.
  void finish(std::uint64_t succeeded, std::string_view not_computed_because, bool with_failures,
              bool because_told);
  /// Nothing that was said waits to be written.
  bool said() const {
    return errors_.queue_empty() && unshown() == 0 && (!one_place() || shared_->queue_empty());
  }
  /// Nothing of these files does.
  bool logged();
  /// Another process has the terminal for a while, or from now on.
  void leave_line();

 private:
  Reporter(const ReportOptions& options, const ReportedRun& run, Environment environment,
           Streams streams, EventLoop& loop, const std::vector<std::string>& hosts,
           OutputDescriptor errors, OutputWriter& results);
  Status open_files(const ReportOptions& options, int log);

  struct File {
    std::string name;                      ///< with its option, for messages
    std::unique_ptr<OutputWriter> writer;  ///< none if it is not wanted
    bool failure_told = false;
  };
  void use(File& file, std::string name, OutputDescriptor descriptor);
  void tell_if_failed(File& file);
  /// Bytes that have been said, and are not in the queue of stderr yet.
  std::size_t unshown() const {
    return said_file_.writer == nullptr ? 0 : said_file_.writer->waiting();
  }
  /// What is drawn is not in the log, and what is in it is said: so that goes there first.
  void show_said() {
    if (unshown() > 0) pass_said_on();
  }
  void pass_said_on();
  void tell_text();
  void flush_errors();
  void watch_line();
  ByteBuffer& errors_line();
  bool in_line(const ByteBuffer& out);
  void let_messages_go();

  EventLoop& loop_;
  const std::vector<std::string>& hosts_;
  std::string speaker_;
  OutputWriter errors_;  ///< in one place with stdout, only what is drawn in place
  OutputWriter& results_;
  MessageSink* messages_;  ///< is told all that there is to say; null: it is written
  OutputWriter* shared_;   ///< results_ where the two are one place, else null
  bool block_open_ = false;
  ByteBuffer waiting_;  ///< messages, for the end of the block
  TimePoint waiting_until_ = kForever;
  std::string file_error_;
  File events_file_;
  File joblog_file_;
  File log_file_;
  File said_file_;            ///< Streams::log; what is said goes there first, and then to stderr
  std::vector<File*> files_;  ///< those that are wanted: mostly none, and each turn looks at them
  Progress progress_;
  ProgressLine line_;
  std::unique_ptr<EventsWriter> events_;
  std::unique_ptr<WorkerLogWriter> log_;
  std::optional<LogLevel> stderr_level_;
  std::unique_ptr<Explain> explain_;
  std::unique_ptr<Summary> summary_;
  PartTotals totals_;
  FailureReport failures_;
  std::string not_computed_because_;  ///< what the last such task says itself
  std::vector<Observer*> observers_;
  bool detailed_ = false;
  bool hinted_ = false;
  bool all_traces_;
  bool trace_told_ = false;
  bool in_line_ = false;  ///< what the terminal got last, of either stream, is no whole line
  std::uint64_t results_seen_ = 0;
  int errors_fd_;
  bool on_terminal_, results_on_terminal_;
  double wall_offset_;  ///< wall clock minus now(), seconds
};

}  // namespace spread
