#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "spread/api/shared_options.h"
#include "spread/base/posix.h"
#include "spread/engine/run_mode.h"
#include "spread/io/child.h"

namespace spread {

class JobMode;

/// How a job ended.
struct JobEnd {
  ExitStatus status;
  std::uint64_t received = 0;  ///< bytes that it printed, where spread read them
  std::string problem;         ///< what kept it from being run, or its files from being moved
  std::string hint = {};       ///< to be put behind its exit status, for people
  int error = 0;               ///< errno of an exec that failed
  bool is_success(const OkStatuses& ok_statuses) const {
    return problem.empty() && status.is_success(ok_statuses);
  }
};

/// A part of a file.
struct JobRange {
  int file = -1;
  std::uint32_t index = 0;  ///< of `file` among those of -a
  std::uint64_t offset = 0, size = 0;
};

/// A slot of `map`: one process after the other. To the Scheduler it is a worker that lives as long
/// as there are tasks; only a job that is killed takes its worker with it.
class JobSlot final : public RunSlot, private SharedSink {
 public:
  JobSlot(Engine& engine, JobMode& mode, WorkerId id);

  Status start() override;
  void send_task(const SendTask& action) override;
  void close_input() override;
  void terminate() override;
  void kill() override;
  void suspend(bool stop) override { child_.suspend(stop); }
  LocalWork local_work() const override;
  std::string work_name() const override;
  void remove_ended() override {}

  void reconsider() override { child_.reconsider(); }

 private:
  void on_bytes(bool errors, Slice bytes) override;
  bool wants_output(bool errors) const override;
  int bypass() override;
  void on_bypassed(std::size_t size) override;
  void on_bypass_failed() override;
  void on_unread(bool unread) override;
  void on_file_failed(int error) override;
  void on_ended(const ChannelEnd& end) override;

  void not_started(const Error& error);
  void refuse(std::string_view why);
  void ended(JobEnd end);
  void end_worker(bool clean, std::string reason, JobEndPtr job = nullptr);

  JobMode& mode_;
  Child child_;
  TaskId task_{};
  std::uint64_t received_ = 0;
  std::string tag_, bash_reason_;
  std::uint32_t file_index_ = 0;
  bool alive_ = false;    ///< what the Scheduler takes for a worker
  bool ending_ = false;   ///< the Scheduler wants it to end
  bool in_time_ = false;  ///< and the job had ended before
};

}  // namespace spread
