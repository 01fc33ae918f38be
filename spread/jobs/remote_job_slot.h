#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "spread/engine/login_end.h"
#include "spread/engine/run_mode.h"
#include "spread/jobs/file_mover.h"
#include "spread/jobs/job_slot.h"
#include "spread/workers/agent_worker.h"

namespace spread {

/// A slot of `map` or `pipe` on another machine: one login, through which an agent
/// (launch/job_agent.h) runs one job after the other. To the Scheduler the login is the worker:
/// what is lost with it is tried again elsewhere, and a job that has to be killed takes its login
/// with it.
///
/// States of a login: starting -> base files (where there are some) -> idle -> (bring files) -> job
/// -> (fetch files, clean up) -> idle; where files cannot be brought, no job comes in between.
class RemoteJobSlot final : public RunSlot, public AgentSink, public FileMoverSink {
 public:
  RemoteJobSlot(Engine& engine, JobMode& mode, WorkerId id, HostFiles& host)
      : RunSlot(engine, id), mode_(mode), host_(host) {}

  Status start() override;
  void send_task(const SendTask& action) override;
  void close_input() override;
  void terminate() override;
  void kill() override;
  void remove_ended() override;
  void reconsider() override;

  /// Another login of the host has put the base files there, or could not: then it is this one's
  /// turn.
  void base_files_settled();

 private:
  enum class Step : std::uint8_t { Starting, Base, BaseFailed, Idle, Bring, Job, Fetch };

  void on_agent_ready() override;
  void on_agent_output_unread(bool unread) override;
  void on_agent_output(bool errors, Slice bytes) override;
  bool wants_agent_output(bool errors) const override;
  void on_agent_stray(std::string_view text) override;
  void on_agent_input_written() override;
  void on_agent_job_ended(int status) override;
  void on_agent_ended(ExitStatus status, bool unanswered, std::string last_words) override;
  void on_files_moved(Status status) override;

  void release_errors();
  void bring_base_files();
  void base_files_moved(const Status& status);
  void wake_waiting();
  void take_jobs();
  void start_job();
  void feed_range();
  void job_ended(int status);
  void answer();
  void results_lost(int error);
  std::string end_reason(ExitStatus status, bool unanswered, std::string last_words) const;
  void tell_loss(ExitStatus status);

  JobMode& mode_;
  HostFiles& host_;
  std::unique_ptr<AgentWorker> agent_;
  std::unique_ptr<FileMover> mover_;  ///< null where no files are moved
  Step step_ = Step::Starting;
  TaskId task_{};
  std::string request_;
  Slice header_, input_;
  JobRange range_;
  bool fed_ = false;
  std::string directory_;
  std::vector<FilePlace> return_files_;
  JobEnd end_;
  std::string tag_;
  UniqueFd result_files_[2];
  HeldErrors held_errors_{engine_.loop(), [this] { release_errors(); }};
  std::string base_problem_;  ///< why this login cannot take jobs
  bool closing_ = false, ended_by_us_ = false;
};

}  // namespace spread
