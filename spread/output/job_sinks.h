#pragma once

#include <cstdint>
#include <string>

#include "spread/base/buffers.h"
#include "spread/output/output_writer.h"
#include "spread/output/reporter.h"
#include "spread/results/job_output.h"

namespace spread {

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

/// `--out records`: an object for each job, which is written as its output comes, so that a job may
/// print more than fits in memory. The note is the rest of the object: `"status":"ok",...}`.
class RecordSink final : public JobSink {
 public:
  RecordSink(OutputWriter& out, Reporter& reporter) : out_(out), reporter_(reporter) {}
  bool full() const override { return out_.full(); }
  void write(TaskId task, JobStream stream, Slice bytes) override;
  void end(TaskId task, ByteView note) override;

 private:
  void open(TaskId task);
  void begin(JobStream stream);
  void append(std::string_view text);

  OutputWriter& out_;
  Reporter& reporter_;
  bool opened_ = false;
  int stream_ = -1;      ///< whose string is open
  std::string partial_;  ///< the start of a character whose rest has not come yet
};

}  // namespace spread
