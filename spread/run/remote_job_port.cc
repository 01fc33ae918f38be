#include "spread/run/remote_job_port.h"

#include <fmt/format.h>

#include <utility>

#include "spread/launch/job_agent.h"
#include "spread/launch/launcher.h"
#include "spread/run/job_face.h"

namespace spread {

Status RemoteJobPort::start() {
  const LaunchPlan plan = engine_.plan().launch(face_.agent_options(), id());
  SpawnOptions spawn;
  spawn.arguments = plan.arguments;
  spawn.environment = plan.environment;
  auto process = engine_.spawner().spawn(spawn);
  if (!process) return tl::unexpected(process.error());
  ready_ = closing_ = false;
  agent_ = std::make_unique<AgentWorker>(std::move(*process), job_agent_prefix(face_.mark()),
                                         engine_.loop(), face_.read_buffer(), *this,
                                         engine_.options().limits.kill_grace);
  engine_.reporter().tell(WorkerStarted{id(), host(), agent_->pid()});
  return {};
}

void RemoteJobPort::send_task(const SendTask& action) {
  task_ = action.task;
  received_ = 0;
  const JobFace::Job* job = nullptr;
  if (const Status ready = face_.prepare(id(), action, job); !ready) {
    engine_.handle(PayloadRefused{id(), task_, ready.error().message});
    return;
  }
  if (engine_.reporter().detailed()) {
    engine_.reporter().tell(TaskSent{task_, id(), action.attempt});
  }
  tag_ = job->tag;
  AgentJob request;
  request.words = face_.words();
  request.environment = {job->spawn.environment.begin(), job->spawn.environment.end()};
  request.directory = face_.remote_directory(job->spawn.directory);
  const std::string input(as_text(job->input.view()));
  if (job->spawn.input == Connect::Pipe) request.input = &input;
  agent_->send(format_agent_job(request));
}

void RemoteJobPort::close_input() {
  closing_ = true;
  if (agent_) agent_->close_input();
}
void RemoteJobPort::terminate() {
  if (agent_) agent_->terminate();
}
void RemoteJobPort::kill() {
  if (agent_) agent_->kill();
}
void RemoteJobPort::reconsider() {
  if (agent_) agent_->reconsider();
}
void RemoteJobPort::remove_ended() {
  if (agent_ && agent_->ended()) agent_.reset();
}

// ---------------------------------------------------------------- what the agent says

void RemoteJobPort::on_agent_ready() {
  ready_ = true;
  engine_.reporter().tell(WorkerReady{id()});
  engine_.handle(WorkerHello{id(), 1, 1});
}

bool RemoteJobPort::wants_agent_output(bool errors) const { return face_.may_read(task_, errors); }

void RemoteJobPort::on_agent_output(bool errors, Slice bytes) {
  received_ += bytes.size();
  face_.append(task_, errors, std::move(bytes), tag_);
}

void RemoteJobPort::on_agent_stray(std::string_view text) { engine_.reporter().pass_on(text); }

void RemoteJobPort::on_agent_job_ended(int status) {
  constexpr int kSignalled = 128, kSignalMax = 64;
  JobEnd end;
  end.received = received_;
  // As a shell tells it. A job that exits with such a status itself cannot be told from it.
  if (status > kSignalled && status <= kSignalled + kSignalMax) {
    end.status.signal = status - kSignalled;
  } else {
    end.status.code = status;
  }
  face_.set_end(&end);
  Answered answered;
  answered.worker = id();
  answered.task = task_;
  answered.kind = end.status.clean() ? AnswerKind::Ok : AnswerKind::Error;
  engine_.handle(answered);
  face_.set_end(nullptr);
}

void RemoteJobPort::on_agent_ended(ExitStatus status, bool unanswered, std::string last_words) {
  ProcessEnded ended;
  ended.worker = id();
  ended.clean = closing_ && status.clean() && !unanswered;
  ended.reason = fmt::format("{}the login ended, {}",
                             unanswered && ready_ ? "a job was running when " : "", status.text());
  // ssh's own 255, or a shell that is not there: no job has been sent to it.
  if (!ready_) ended.cause = EndCause::NotStarted;
  if (!ended.clean) {
    const std::string hint =
        status.signal == 0 && !ready_
            ? exit_hint(engine_.plan().roster, face_.agent_options().hosts, id(), status.code)
            : "";
    if (!hint.empty()) ended.reason += " (" + hint + ")";
    if (!last_words.empty()) {
      for (char& c : last_words) c = c == '\n' || c == '\r' ? ' ' : c;
      last_words.erase(last_words.find_last_not_of(' ') + 1);
      ended.reason += "; its last words: " + last_words;
    }
  }
  engine_.reporter().tell(WorkerEnded{id(), ended.clean, ended.reason});
  engine_.has_ended(id());
  engine_.handle(std::move(ended));
}

}  // namespace spread
