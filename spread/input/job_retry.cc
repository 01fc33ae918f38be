#include "spread/input/job_retry.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "spread/base/posix.h"
#include "spread/output/joblog_file.h"
#include "spread/results/joblog.h"

namespace spread {
namespace {

// A number is counted up to. No run has so many jobs, so no run wrote such a number.
constexpr std::uint64_t kSequenceMax = 1'000'000'000;

/// Has all it gives, and reads nothing.
class RetryReader final : public RecordReader {
 public:
  explicit RetryReader(std::map<std::uint64_t, std::string> commands)
      : commands_(std::move(commands)), next_(commands_.begin()) {}

  void feed(Slice) override {}
  void finish() override {}
  Pull next(Record& record) override {
    if (next_ == commands_.end()) return Pull::End;
    record.bad.clear();
    record.payload = Value();
    if (++sequence_ < next_->first) return Pull::Record;
    // Values of `map` end in a NUL.
    std::string& command = next_->second;
    command += '\0';
    record.payload.body = Slice::copy_of(as_bytes(command));
    command = {};
    ++next_;
    return Pull::Record;
  }
  const std::string& error() const override { return error_; }

 private:
  std::map<std::uint64_t, std::string> commands_;
  std::map<std::uint64_t, std::string>::iterator next_;
  std::uint64_t sequence_ = 0;
  std::string error_;  // stays empty
};

}  // namespace

Result<std::unique_ptr<TaskInput>> open_retry_input(const std::string& name,
                                                    const OkStatuses& ok_statuses, EventLoop& loop,
                                                    Streams streams) {
  JoblogFailures failures(ok_statuses);
  const Status read =
      read_joblog(name, [&](std::string_view line) { return failures.add_line(line, name); });
  if (!read) return fail("--retry-failed: " + read.error().message);
  auto commands = failures.take_commands();
  if (!commands.empty() && commands.rbegin()->first > kSequenceMax) {
    return fail(fmt::format("--retry-failed: {} has a job {}, and numbers go up to {}", name,
                            commands.rbegin()->first, kSequenceMax));
  }
  return TaskInput::open_reader(std::make_unique<RetryReader>(std::move(commands)), {}, loop,
                                streams);
}

Status check_retried_joblog(const std::string& joblog) {
  // One line is enough to know that it can be read.
  const Status read = read_joblog(joblog, [](std::string_view) { return fail(""); });
  if (read || read.error().message.empty()) return {};
  return fail("--retry-failed: " + read.error().message);
}

const char* retry_note(const ResumeOptions& options) {
  return options.retry_drops_command
             ? "--retry-failed runs the commands of the joblog; the one that is given, and its "
               "items, are not looked at"
             : "";
}

}  // namespace spread
