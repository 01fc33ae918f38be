#include "spread/jobs/remote_job_slot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "spread/base/assert.h"
#include "spread/base/posix.h"
#include "spread/base/quote.h"
#include "spread/engine/login_end.h"
#include "spread/io/child.h"
#include "spread/io/files.h"
#include "spread/jobs/job_mode.h"
#include "spread/launch/job_agent.h"

namespace spread {
namespace {

// The shell's own for a directory that cannot be entered, and env(1)'s for what kept a command from
// being run.
constexpr int kNotPrepared = 125;
// Of a part of a file (--pipepart), so much is in memory at a time.
constexpr std::size_t kPieceBytes = 256 * 1024;

void feed_chunk(AgentWorker& agent, const Slice& bytes) {
  if (bytes.empty()) return;
  agent.feed(chunk_header(bytes.size()));
  agent.feed(bytes);
}

}  // namespace

Status RemoteJobSlot::start() {
  const LaunchPlan plan = engine_.plan().launch(mode_.agent(), id());
  SpawnOptions spawn;
  spawn.arguments = plan.arguments;
  spawn.environment = plan.environment;
  const Duration grace = mode_.kill_grace();
  auto login = std::make_unique<Child>(engine_.loop(), mode_.read_buffer(),
                                       ChildOptions{{EndStep::term(grace)}, true});
  SPREAD_TRY(login->start(engine_.spawner(), spawn));
  login->input().tail().append(plan.input);
  engine_.start_has_worked();
  step_ = Step::Starting;
  closing_ = ended_by_us_ = false;
  base_problem_.clear();
  agent_ = std::make_unique<AgentWorker>(std::move(login), job_agent_prefix(mode_.mark()),
                                         engine_.loop(), mode_.read_buffer(), *this, grace);
  if (mode_.moves_files()) {
    mover_ = std::make_unique<FileMover>(engine_, mode_.read_buffer(), *agent_, host_, *this,
                                         mode_.end_sequence());
  }
  ++host_.logins;
  engine_.events().started(id(), agent_->pid());
  return {};
}

// ---------------------------------------------------------------- what the Scheduler asks for

void RemoteJobSlot::send_task(const SendTask& action) {
  SPREAD_ASSERT(agent_ != nullptr);
  SPREAD_ASSERT(!closing_);
  task_ = action.task;
  end_ = {};
  const JobMode::Job* job = mode_.begin(id(), action, result_files_);
  if (job == nullptr) return;
  tag_ = job->tag;
  header_ = job->header;
  input_ = job->input;
  range_ = job->range;
  fed_ = job->spawn.input == Connect::Pipe;
  return_files_ = job->return_files;
  directory_ = mode_.remote_directory(job->spawn.directory);
  AgentJob request;
  request.words = mode_.words();
  if (const auto& nice = mode_.options().nice) {
    request.words.insert(request.words.begin(), {"nice", "-n", std::to_string(*nice)});
  }
  request.environment = {job->spawn.environment.begin(), job->spawn.environment.end()};
  const auto& more = mode_.options().command.environment;
  std::copy_if(more.begin(), more.end(), std::back_inserter(request.environment),
               [](const auto& variable) { return !is_identifier(variable.first); });
  request.bash_reason = job->bash_reason;
  request.directory = directory_;
  // Files that go there make it, too.
  request.make_directory = !return_files_.empty();
  request.fed = fed_;
  request_ = format_agent_job(request);
  if (job->transfer_files.empty()) return start_job();
  step_ = Step::Bring;
  mover_->bring(job->transfer_files, directory_);
}

void RemoteJobSlot::close_input() {
  closing_ = true;
  if (!agent_) return;
  // With --cleanup the login ends when what has come through of them has been removed.
  if (mode_.clean_up() && step_ == Step::Base && mover_ && !mover_->idle()) return mover_->cancel();
  // All tasks are final when the first input is closed.
  if (mode_.clean_up() && step_ == Step::Idle && !host_.base_files.empty()) {
    mover_->remove(std::exchange(host_.base_files, {}), mode_.base_directory());
  }
  agent_->close_input();
}
void RemoteJobSlot::terminate() {
  ended_by_us_ = true;
  if (agent_) agent_->terminate();
}
void RemoteJobSlot::kill() {
  ended_by_us_ = true;
  if (agent_) agent_->kill();
}
void RemoteJobSlot::reconsider() {
  if (agent_) agent_->reconsider();
}
void RemoteJobSlot::remove_ended() {
  if (!agent_ || !agent_->ended()) return;
  engine_.set_unread(id(), false);
  mover_.reset();
  agent_.reset();
}

void RemoteJobSlot::release_errors() {
  if (!held_errors_.empty()) engine_.reporter().pass_on(held_errors_.take());
}

// ---------------------------------------------------------------- base files

void RemoteJobSlot::on_agent_ready() {
  release_errors();
  engine_.start_worked(id());
  if (mode_.base_files().empty()) return take_jobs();
  if (!closing_) bring_base_files();
}

void RemoteJobSlot::bring_base_files() {
  step_ = Step::Base;
  switch (host_.base) {
    case HostFiles::Base::There: return take_jobs();
    case HostFiles::Base::UnderWay: host_.waiting.push_back(this); return;
    case HostFiles::Base::Absent:
      host_.base = HostFiles::Base::UnderWay;
      mover_->bring(mode_.base_files(), mode_.base_directory());
      return;
  }
}

void RemoteJobSlot::base_files_settled() {
  const bool waits = agent_ && !agent_->ended() && !closing_ && base_problem_.empty();
  if (waits && step_ == Step::Base) bring_base_files();
}

void RemoteJobSlot::base_files_moved(const Status& status) {
  const bool there = status && !closing_;
  host_.base = there ? HostFiles::Base::There : HostFiles::Base::Absent;
  if (there) {
    for (FilePlace& file : mover_->take_used()) host_.base_files.push_back(std::move(file));
    take_jobs();
  } else {
    step_ = Step::BaseFailed;
    if (!closing_) base_problem_ = status.error().message;
    if (mode_.clean_up()) mover_->remove(mover_->take_used(), mode_.base_directory());
    agent_->close_input();
  }
  wake_waiting();
}

void RemoteJobSlot::wake_waiting() {
  for (RemoteJobSlot* slot : std::exchange(host_.waiting, {})) slot->base_files_settled();
}

void RemoteJobSlot::take_jobs() {
  step_ = Step::Idle;
  engine_.events().ready(id());
  engine_.post(WorkerHello{id(), 1, 1});
}

// ---------------------------------------------------------------- a job

void RemoteJobSlot::start_job() {
  step_ = Step::Job;
  agent_->send(request_);
  if (!fed_) return;
  feed_chunk(*agent_, header_);
  feed_chunk(*agent_, input_);
  header_ = input_ = {};
  feed_range();
}

/// A piece of the part of the file; its end, when there is no more.
void RemoteJobSlot::feed_range() {
  if (!fed_) return;
  if (range_.size == 0) {
    fed_ = false;
    return agent_->feed(kChunksEnd);
  }
  const std::size_t size = std::min<std::uint64_t>(range_.size, kPieceBytes);
  Block* block = Block::create(size);
  const auto got = read_at(range_.file, range_.offset, {block->data(), size});
  const Slice piece(block, {block->data(), size});
  block->release();
  if (!got || *got < size) {
    const std::string name = mode_.input_file(range_.index);
    return engine_.abort("cannot read " + name + ": " +
                         (got ? "it has become shorter meanwhile" : got.error().message));
  }
  range_.offset += size;
  range_.size -= size;
  feed_chunk(*agent_, piece);
}

void RemoteJobSlot::job_ended(int status) {
  constexpr int kSignalled = 128, kSignalMax = 64;
  // As a shell tells it. A job that exits with such a status itself cannot be told from it.
  if (status > kSignalled && status <= kSignalled + kSignalMax) {
    end_.status.signal = status - kSignalled;
  } else if (end_.problem.empty()) {
    end_.status.code = status;
    if (status == kNotPrepared && !directory_.empty()) {
      end_.hint = fmt::format(" (--wd {}: no such directory on {}?)", shell_quote(directory_),
                              engine_.plan().host_names[number(id())]);
    }
  }
  if (return_files_.empty() && !(mover_ && mode_.clean_up())) return answer();
  step_ = Step::Fetch;
  // Of a job that failed, what is there may tell why.
  mover_->fetch(std::move(return_files_), directory_, mode_.is_success(end_), mode_.clean_up());
}

void RemoteJobSlot::on_files_moved(Status status) {
  if (agent_->ended()) return;
  if (step_ == Step::Base) return base_files_moved(status);
  // No job waits for the answer of a login that is about to end.
  if (closing_ || step_ == Step::BaseFailed) return;
  if (!status && mode_.is_success(end_)) {
    end_.status.code = kNotPrepared;
    end_.problem = status.error().message;
  } else if (!status) {
    end_.hint += " (" + status.error().message + ")";
  }
  if (step_ != Step::Bring) return answer();
  if (status) return start_job();
  // Some of them may have come.
  step_ = Step::Fetch;
  if (!mode_.clean_up()) return answer();
  mover_->remove(mover_->take_used(), directory_);
}

void RemoteJobSlot::answer() {
  step_ = Step::Idle;
  for (UniqueFd& file : result_files_) {
    const int error = file ? file.close() : 0;
    if (error != 0 && end_.problem.empty()) results_lost(error);
  }
  const bool success = mode_.is_success(end_);
  auto job = std::make_shared<const JobEnd>(std::exchange(end_, {}));
  if (success) return engine_.post_success(id(), task_, {}, std::move(job));
  Answered answered;
  answered.worker = id();
  answered.task = task_;
  answered.kind = AnswerKind::Error;
  answered.job = std::move(job);
  engine_.post(std::move(answered));
}

// ---------------------------------------------------------------- what the agent says

bool RemoteJobSlot::wants_agent_output(bool errors) const {
  if (mover_ && !mover_->idle()) return errors || mover_->wants_agent_output();
  return result_files_[0] || mode_.may_read(task_, errors);
}

void RemoteJobSlot::on_agent_output(bool errors, Slice bytes) {
  if (mover_ && !mover_->idle()) return mover_->on_agent_output(errors, std::move(bytes));
  UniqueFd& file = result_files_[errors ? 1 : 0];
  if (!file) {
    end_.received += bytes.size();
    return mode_.append(task_, errors, std::move(bytes), tag_);
  }
  for (ByteView rest = bytes.view(); !rest.empty();) {
    const IoResult written = write_some(file.get(), {&rest, 1});
    if (written.state == IoState::Done) {
      rest = rest.subspan(written.size);
      continue;
    }
    return results_lost(written.error);
  }
}

/// As a job of this machine would meet it: an error of its own.
void RemoteJobSlot::results_lost(int error) {
  end_.status.code = kNotPrepared;
  end_.problem = "cannot write what it prints (--results): " + errno_text(error);
}

void RemoteJobSlot::on_agent_output_unread(bool unread) {
  engine_.set_unread(id(), unread);
  engine_.post(OutputUnread{id(), unread});
}

void RemoteJobSlot::on_agent_stray(std::string_view text) {
  if (step_ != Step::Starting) return engine_.reporter().pass_on(text);
  held_errors_.add(text);
}

void RemoteJobSlot::on_agent_input_written() {
  if (mover_ && !mover_->idle()) return mover_->on_agent_input_written();
  if (step_ == Step::Job) feed_range();
}

void RemoteJobSlot::on_agent_job_ended(int status) {
  if (mover_ && !mover_->idle()) return mover_->on_request_ended(status);
  if (step_ == Step::Job) job_ended(status);
}

void RemoteJobSlot::on_agent_ended(ExitStatus status, bool unanswered, std::string last_words) {
  --host_.logins;
  std::erase(host_.waiting, this);
  const bool at_base = step_ == Step::Base || step_ == Step::BaseFailed;
  const bool took_jobs = step_ != Step::Starting && !at_base;
  // The next login may find the machine made anew.
  const bool was_bringing = step_ == Step::Base && host_.base == HostFiles::Base::UnderWay &&
                            mover_ != nullptr && !mover_->idle();
  if (was_bringing || host_.logins == 0) host_.base = HostFiles::Base::Absent;
  for (UniqueFd& file : result_files_) file.reset();
  WorkerGone ended;
  ended.worker = id();
  // One that is not needed any more while its base files are still on their way did nothing wrong.
  ended.clean = closing_ && status.clean() && (!unanswered || at_base);
  // ssh's own 255, or a shell that is not there: no job has been sent to it.
  if (!took_jobs) ended.cause = EndCause::NotStarted;
  if (unanswered && took_jobs && !ended_by_us_) tell_loss(status);
  ended.reason = end_reason(status, unanswered, ended.clean ? "" : std::move(last_words));
  const bool came_to_nothing = step_ == Step::Starting && !closing_ && !ended.clean;
  if (came_to_nothing && !engine_.scheduler().stopping()) {
    engine_.start_failed(
        id(), failed_login(engine_.plan(), mode_.agent(), id(), status, held_errors_.take()));
  }
  release_errors();
  step_ = Step::Starting;
  engine_.events().ended(id(), ended.clean, ended.reason);
  engine_.has_ended(id());
  engine_.post(std::move(ended));
  if (was_bringing) wake_waiting();
}

/// The job is run again, and nothing else would tell of it.
void RemoteJobSlot::tell_loss(ExitStatus status) {
  engine_.reporter().say(fmt::format("host {}: the login ended ({}) while job {} was running there",
                                     engine_.plan().host_names[number(id())], status.text(),
                                     number(task_) + 1));
}

std::string RemoteJobSlot::end_reason(ExitStatus status, bool unanswered,
                                      std::string last_words) const {
  if (!base_problem_.empty()) return base_problem_;
  const bool ready = step_ != Step::Starting;
  return (unanswered && ready ? "a job was running when " : "") +
         login_end_reason(engine_.plan(), mode_.agent(), id(), status, ready,
                          std::move(last_words));
}

}  // namespace spread
