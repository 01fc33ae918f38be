#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "spread/results/job_output.h"

namespace spread::test {

constexpr JobStream kOut = JobStream::Out;
constexpr JobStream kErr = JobStream::Err;

/// Keeps what it is given; full while `room` is used up.
class RecordingSink final : public JobSink {
 public:
  std::uint64_t room = UINT64_MAX;
  std::string out, err;
  std::string log;  ///< in order: "0o:text ", "0e:text ", "0.note "
  bool keep_log = true;
  std::uint64_t ended = 0;

  bool full() const override { return room == 0; }
  void write(TaskId task, JobStream stream, Slice bytes) override {
    EXPECT_FALSE(bytes.empty());
    room -= std::min<std::uint64_t>(room, bytes.size());
    const std::string_view text = as_text(bytes.view());
    (stream == kOut ? out : err) += text;
    if (!keep_log) return;
    log += std::to_string(number(task)) + (stream == kOut ? "o:" : "e:") + std::string(text) + " ";
  }
  void end(TaskId task, ByteView note) override {
    ++ended;
    if (!keep_log) return;
    log += std::to_string(number(task)) + "." + std::string(as_text(note)) + " ";
  }
  std::string take_log() { return std::exchange(log, {}); }
};

/// A JobOutput with its sink, in a few letters.
struct Jobs {
  explicit Jobs(const JobOutputOptions& options = {}, SpillFile* spill = nullptr)
      : output(options, sink, spill) {}

  void out(std::uint64_t id, std::string_view text, std::string_view prefix = {}) {
    output.append(TaskId{id}, kOut, Slice::copy_of(as_bytes(text)), prefix);
    pump();
  }
  void err(std::uint64_t id, std::string_view text, std::string_view prefix = {}) {
    output.append(TaskId{id}, kErr, Slice::copy_of(as_bytes(text)), prefix);
    pump();
  }
  void end(std::uint64_t id, std::string_view note = {}) {
    output.finished(TaskId{id}, as_bytes(note));
    pump();
  }
  void pump() {
    const Status status = output.pump();
    EXPECT_TRUE(status.has_value()) << status.error().message;
  }
  std::string log() { return sink.take_log(); }

  RecordingSink sink;
  JobOutput output;
};

inline JobOutputOptions job_options(JobOutputMode mode, bool ordered, bool one_attempt = true,
                                    std::size_t memory_bytes = 4 * 1024 * 1024) {
  return {mode, ordered, one_attempt, memory_bytes};
}

}  // namespace spread::test
