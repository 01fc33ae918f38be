#pragma once

#include <cstdint>
#include <string>

#include "spread/base/output_queue.h"
#include "spread/results/job_output.h"
#include "spread/run/output_writer.h"
#include "spread/run/reporter.h"

namespace spread {

/// Jobs' stdout to ours, and their stderr to ours.
class StandardSink final : public JobSink {
 public:
  StandardSink(OutputWriter& out, Reporter& errors) : out_(out), errors_(errors) {}
  bool full() const override { return out_.full() || errors_.errors_full(); }
  void write(TaskId task, JobStream stream, Slice bytes) override;
  void end(TaskId, ByteView) override {}

 private:
  OutputWriter& out_;
  Reporter& errors_;
};

/// `--out records`: an object for each job, which is written as its output comes, so that a job may
/// print more than fits in memory. The note is the rest of the object: `"status":"ok",...}`.
class RecordSink final : public JobSink {
 public:
  explicit RecordSink(OutputWriter& out) : out_(out) {}
  bool full() const override { return out_.full(); }
  void write(TaskId task, JobStream stream, Slice bytes) override;
  void end(TaskId task, ByteView note) override;

 private:
  void open(TaskId task);
  void begin(JobStream stream);
  void append(std::string_view text);

  OutputWriter& out_;
  bool opened_ = false;
  int stream_ = -1;      ///< whose string is open
  std::string partial_;  ///< the start of a character whose rest has not come yet
};

}  // namespace spread
