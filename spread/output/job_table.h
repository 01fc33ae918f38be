#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/result.h"
#include "spread/output/output_writer.h"
#include "spread/output/reporter.h"
#include "spread/results/job_output.h"
#include "spread/results/result_table.h"

namespace spread {

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
