#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "spread/run/job_port.h"
#include "spread/run/port.h"
#include "spread/workers/agent_worker.h"

namespace spread {

/// A slot of `map` on another machine: one login, through which an agent (launch/job_agent.h) runs
/// one job after the other. To the Scheduler the login is the worker: what is lost with it is tried
/// again elsewhere, and a job that has to be killed takes its login with it.
class RemoteJobPort final : public Port, public AgentSink {
 public:
  RemoteJobPort(Engine& engine, JobFace& face, WorkerId id) : Port(engine, id), face_(face) {}

  Status start() override;
  void send_task(const SendTask& action) override;
  void close_input() override;
  void terminate() override;
  void kill() override;
  TimePoint next_deadline() const override { return agent_ ? agent_->next_deadline() : kForever; }
  void tick() override { agent_->tick(); }
  void remove_ended() override;
  void reconsider() override;

 private:
  void on_agent_ready() override;
  void on_agent_output(bool errors, Slice bytes) override;
  bool wants_agent_output(bool errors) const override;
  void on_agent_stray(std::string_view text) override;
  void on_agent_job_ended(int status) override;
  void on_agent_ended(ExitStatus status, bool unanswered, std::string last_words) override;

  JobFace& face_;
  std::unique_ptr<AgentWorker> agent_;
  TaskId task_{};
  std::uint64_t received_ = 0;
  std::string tag_;
  bool ready_ = false;
  bool closing_ = false;
};

}  // namespace spread
