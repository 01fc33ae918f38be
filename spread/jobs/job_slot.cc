#include "spread/jobs/job_slot.h"

#include <cerrno>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "spread/base/assert.h"
#include "spread/base/posix.h"
#include "spread/io/files.h"
#include "spread/jobs/job_mode.h"
#include "spread/launch/job_agent.h"

namespace spread {

JobSlot::JobSlot(Engine& engine, JobMode& mode, WorkerId id)
    : RunSlot(engine, id),
      SharedSink(mode.read_buffer()),
      mode_(mode),
      child_(engine.loop(), mode.read_buffer(), {mode.end_sequence()}) {
  child_.set_sink(*this);
}

// ---------------------------------------------------------------- what the Scheduler asks for

Status JobSlot::start() {
  alive_ = true;
  ending_ = in_time_ = false;
  engine_.events().started(id(), 0);
  engine_.events().ready(id());
  return {};
}

void JobSlot::send_task(const SendTask& action) {
  SPREAD_ASSERT(alive_);
  SPREAD_ASSERT(!ending_);
  task_ = action.task;
  received_ = 0;
  UniqueFd files[2];
  const JobMode::Job* job = mode_.begin(id(), action, files);
  if (job == nullptr) return;
  tag_ = job->tag;
  bash_reason_ = job->bash_reason;
  file_index_ = job->range.index;
  SpawnOptions spawn = job->spawn;
  spawn.files[1] = files[0].get();
  spawn.files[2] = files[1].get();
  if (const Status started = child_.start_soon(engine_.spawner(), spawn); !started) {
    return not_started(started.error());
  }
  engine_.watch_work();
  if (spawn.input != Connect::Pipe) return;
  if (!job->header.empty()) child_.send(job->header);
  if (!job->input.empty()) child_.send(job->input);
  if (job->range.size > 0) child_.send_file(job->range.file, job->range.offset, job->range.size);
  child_.close_input();
}

/// Of one that is being started the pid is not known yet.
LocalWork JobSlot::local_work() const {
  if (!child_.active()) return {};
  return {child_.pid(), true};
}

std::string JobSlot::work_name() const { return fmt::format("job {}", number(task_) + 1); }

void JobSlot::close_input() {
  if (alive_ && !child_.active()) end_worker(true, "");
}

void JobSlot::terminate() {
  if (!alive_) return;
  // A child that has its pipe may keep it for longer than the job itself took.
  if (!std::exchange(ending_, true)) in_time_ = child_.exited();
  child_.active() ? child_.terminate() : end_worker(false, "it was ended");
}

void JobSlot::kill() {
  if (!alive_) return;
  ending_ = true;
  in_time_ = false;  // some of its output may be lost
  child_.active() ? child_.kill() : end_worker(false, "it was ended");
}

void JobSlot::end_worker(bool clean, std::string reason, JobEndPtr job) {
  alive_ = false;
  engine_.events().ended(id(), clean, reason);
  WorkerGone ended;
  ended.worker = id();
  ended.job = std::move(job);
  ended.clean = clean;
  ended.reason = std::move(reason);
  engine_.post(std::move(ended));
}

// ---------------------------------------------------------------- what the job does

bool JobSlot::wants_output(bool errors) const { return mode_.may_read(task_, errors); }

void JobSlot::on_bytes(bool errors, Slice bytes) {
  received_ += bytes.size();
  mode_.append(task_, errors, std::move(bytes), tag_);
}

int JobSlot::bypass() { return mode_.bypass(task_, tag_); }

void JobSlot::on_bypass_failed() { engine_.output().no_bypass(); }

void JobSlot::on_bypassed(std::size_t size) {
  received_ += size;
  mode_.bypassed(task_, size);
}

void JobSlot::on_unread(bool unread) {
  engine_.set_unread(id(), unread);
  engine_.post(OutputUnread{id(), unread});
}

void JobSlot::on_file_failed(int error) {
  const std::string name = mode_.input_file(file_index_);
  engine_.abort("cannot read " + name + ": " +
                (error == 0 ? "it has become shorter meanwhile" : errno_text(error)));
}

void JobSlot::not_started(const Error& error) {
  if (!ending_ && engine_.may_start_later(error)) return refuse(error.message);
  constexpr int kNoSuchCommand = 127, kNotExecutable = 126;  // as in a shell
  const bool found = error.number != ENOENT;
  std::string problem = error.message;
  if (!found && !bash_reason_.empty()) problem += missing_bash(bash_reason_);
  ended({ExitStatus{found ? kNotExecutable : kNoSuchCommand, 0},
         0,
         std::move(problem),
         {},
         error.number});
}

void JobSlot::on_ended(const ChannelEnd& end) {
  if (end.not_started) return not_started(*end.not_started);
  engine_.start_has_worked();
  ended({end.status_or_killed(), received_, "", {}, 0});
}

/// The job goes back to the queue, and this slot rests for a moment.
void JobSlot::refuse(std::string_view why) {
  Answered answered;
  answered.worker = id();
  answered.task = task_;
  answered.kind = AnswerKind::Busy;
  answered.answer = Slice::copy_of(as_bytes(why));
  engine_.post(std::move(answered));
}

void JobSlot::ended(JobEnd end) {
  const bool counts = !ending_ || in_time_;
  const bool success = mode_.is_success(end);
  const bool plain = success && counts && !ending_;
  if (plain && !mode_.tells_successes()) return engine_.post_success(id(), task_, {});
  auto job = std::make_shared<const JobEnd>(std::move(end));
  if (plain) return engine_.post_success(id(), task_, {}, std::move(job));
  if (counts) {
    Answered answered;
    answered.worker = id();
    answered.task = task_;
    answered.kind = success ? AnswerKind::Ok : AnswerKind::Error;
    answered.job = job;
    engine_.post(std::move(answered));
  }
  if (ending_ && alive_) end_worker(false, job->status.text(true), job);
}

}  // namespace spread
