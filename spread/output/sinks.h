// The ends of the chains that results take: as bytes of stdout, jobs' output, records, a table.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spread/api/result.h"
#include "spread/api/shared_options.h"
#include "spread/base/buffers.h"
#include "spread/journal/answers.h"
#include "spread/output/output_writer.h"
#include "spread/output/reporter.h"
#include "spread/results/job_output.h"
#include "spread/results/output.h"
#include "spread/results/reorder_buffer.h"

namespace spread {

/// Counts of what has been put into writers' queues -> how much of it has been written. One mark is
/// under way at a time, so that asking is cheap and nothing is kept per outcome.
class WriteMark {
 public:
  /// They must outlive this.
  explicit WriteMark(std::vector<const OutputWriter*> writers)
      : writers_(std::move(writers)), ends_(writers_.size()) {}

  /// `put`: so many have been put into the queues so far, whole; at least so many of them are
  /// written. Asked again, it catches up once the writers do. What was for a reader who has left
  /// counts: nothing more will become of it.
  std::uint64_t written(std::uint64_t put) {
    if (!reached()) return written_;
    written_ = std::exchange(marked_, put);
    for (std::size_t i = 0; i < writers_.size(); ++i) {
      ends_[i] = writers_[i]->written() + writers_[i]->waiting();
    }
    if (reached()) written_ = marked_;
    return written_;
  }

 private:
  bool reached() const {
    for (std::size_t i = 0; i < writers_.size(); ++i) {
      if (!writers_[i]->closed() && writers_[i]->written() < ends_[i]) return false;
    }
    return true;
  }

  std::vector<const OutputWriter*> writers_;
  std::vector<std::uint64_t> ends_;  ///< of each, where in its bytes the mark is
  std::uint64_t marked_ = 0;         ///< put in front of that
  std::uint64_t written_ = 0;
};

/// Is told where in the output large results will be: the journal, which then need not have them.
class ResultPlaces {
 public:
  virtual ~ResultPlaces() = default;
  /// Of one that is Ok and larger than kInOutputAbove. It is in the queue of the output now.
  virtual void will_be_at(const TaskResult& result, const ResultPlace& place) = 0;
};

/// The end of the chain: outcomes as the bytes of stdout, in the order in which they come.
class FormatSink final : public OutcomeSink {
 public:
  /// `writer`, and `host_names`, which may grow, must outlive this; so must `places`, which may be
  /// null.
  FormatSink(const OutputOptions& options, OutputWriter& writer,
             const std::vector<std::string>& host_names, ResultPlaces* places)
      : writer_(writer),
        format_(options.format),
        formatter_(options, host_names),
        mark_({&writer}),
        places_(places) {}

  void take(TaskResult&& result) override {
    ++taken_;
    if (writer_.closed()) return;
    if (places_ != nullptr && result.value.size() > kInOutputAbove) return append_large(result);
    formatter_.append(result, writer_.queue());
  }
  void end() override {}
  Status pump() override { return {}; }
  bool full() const override { return writer_.full() && !writer_.closed(); }
  bool empty() const override { return true; }
  OutcomeMarks marks() override { return {taken_, mark_.written(taken_)}; }
  bool has_warning() const override { return formatter_.has_warning(); }
  std::string take_warning() override { return formatter_.take_warning(); }

 private:
  void append_large(const TaskResult& result);

  OutputWriter& writer_;
  OutputFormat format_;
  OutputFormatter formatter_;
  WriteMark mark_;
  ResultPlaces* places_;
  std::uint64_t taken_ = 0;
};

/// Jobs' stdout to that of spread, and their stderr to its stderr. What belongs together (a job, or
/// in Lines a line) is a block to the Reporter.
class StandardSink final : public JobSink {
 public:
  StandardSink(OutputWriter& out, Reporter& reporter, JobOutputMode mode)
      : out_(out), reporter_(reporter), lines_(mode == JobOutputMode::Lines) {}
  bool full() const override { return out_.full() || reporter_.errors_full(); }
  void write(TaskId task, JobStream stream, Slice bytes) override;
  void end(TaskId, ByteView) override { reporter_.end_block(); }

 private:
  OutputWriter& out_;
  Reporter& reporter_;
  bool lines_;
};

/// A job's end, as a record has it.
struct JobRecord {
  Outcome outcome = Outcome::Ok;
  int exit_status = 0, signal = 0;
  std::string_view how, command;
  std::optional<std::string_view> host;
  std::uint32_t attempts = 0;
  Duration duration{};
};
/// The note that a RecordSink wants.
std::string record_note(const JobRecord& job);

/// `--out records`: an object for each job, which is written as its output comes, so that a job may
/// print more than fits in memory. The note is the rest of the object: `"status":"ok",...}`.
class RecordSink final : public JobSink {
 public:
  /// `reporter`: what else writes there; null if nothing does.
  RecordSink(OutputWriter& out, Reporter* reporter) : out_(out), reporter_(reporter) {}
  bool full() const override { return out_.full(); }
  void write(TaskId task, JobStream stream, Slice bytes) override;
  void end(TaskId task, ByteView note) override;

 private:
  void open(TaskId task);
  void begin(JobStream stream);
  void append(std::string_view text);

  OutputWriter& out_;
  Reporter* reporter_;
  bool opened_ = false;
  int stream_ = -1;      ///< whose string is open
  std::string partial_;  ///< the start of a character whose rest has not come yet
};

/// `--results x.csv` and kin: jobs as rows of a table, in a file of its own or, as `-.csv`, on
/// stdout. For JobOutputMode::Whole; its notes are note_of().
class JobTable final : public JobSink {
 public:
  /// `names`: of the columns, once the first row is written.
  static Result<std::unique_ptr<JobTable>> open(const JobOptions& options, bool append,
                                                EventLoop& loop, OutputWriter& output,
                                                Reporter& reporter);

  /// A running attempt has printed this; with `tagged` there is a tag before each line.
  void look_at(TaskId task, JobStream stream, ByteView bytes, bool tagged);
  /// The attempt failed, and what it printed is dropped.
  void forget(TaskId task) { seen_.erase(number(task)); }
  bool has_seen(TaskId task) const { return seen_.count(number(task)) != 0; }
  /// `row.received_bytes` is filled in here.
  std::string note_of(TaskId task, TableRow row);
  /// The names of the columns, before the first note.
  void set_names(const std::vector<std::string>& names) {
    if (names_.empty()) names_ = names;
  }

  const OutputWriter& writer() const { return *out_; }
  bool full() const override { return out_->full(); }
  void begin(TaskId task, ByteView note) override;
  void write(TaskId task, JobStream stream, Slice bytes) override;
  void end(TaskId task, ByteView note) override;

  /// Writes what waits; an Error if that cannot be written.
  Status flush();
  /// There are no more rows: the file is closed, which may fail as a write does.
  Status finish();
  bool stalled() const { return own_ != nullptr && own_->stalled(); }

 private:
  JobTable(JobOptions::Table format, OutputWriter& output, Reporter& reporter)
      : table_(format), out_(&output), reporter_(reporter) {}

  struct Seen {
    ResultTable::Quotes quotes;
    std::uint64_t out_bytes = 0;
  };

  ResultTable table_;
  std::string name_;
  std::unique_ptr<OutputWriter> own_;  ///< null: stdout
  OutputWriter* out_;
  Reporter& reporter_;
  std::vector<std::string> names_;
  bool header_written_ = false;
  std::map<std::uint64_t, Seen> seen_;
  ResultTable::Quotes quotes_;  ///< of the row that is open
  bool in_errors_ = false;      ///< its stdout is complete
};

}  // namespace spread
