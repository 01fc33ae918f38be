#include "spread/jobs/filter_mode.h"

#include <utility>

#include <fmt/format.h>

#include "spread/base/assert.h"
#include "spread/engine/login_end.h"
#include "spread/io/system.h"
#include "spread/jobs/job_commands.h"
#include "spread/launch/job_agent.h"

namespace spread {
namespace {

constexpr std::string_view kMarked = R"(printf "\001%s ready\n" "$1"; shift; exec "$@")";
constexpr std::size_t kLoginSaidMax = 64 * 1024;
constexpr std::size_t kRangesShown = 10;

std::string blocks_text(const IdRanges& blocks) {
  const std::string text = blocks.text(kRangesShown);
  if (text.empty()) return "no block";
  return (text.find_first_of("-,") == std::string::npos ? "block " : "blocks ") + text;
}

}  // namespace

FilterMode::FilterMode(Engine& engine, const JobSetup& setup)
    : engine_(engine), setup_(setup), end_sequence_(end_sequence_of(setup)) {}

Status FilterMode::open() {
  auto commands = JobCommands::create(setup_);
  if (!commands) return tl::unexpected(commands.error());
  commands_ = std::move(*commands);
  if (const std::string note = commands_->shell_note(); setup_.report.explain && !note.empty()) {
    engine_.reporter().say(note);
  }
  mark_ = random_mark();
  if (setup_.job.nice) SPREAD_TRY(engine_.spawner().give_niceness(*setup_.job.nice));
  spill_ = std::make_unique<TempSpill>(TempFile(setup_.spill.place(), setup_.spill.max_bytes));
  JobOutputOptions output;
  output.ordered = setup_.job.ordered;
  output.memory_bytes = setup_.spill.memory;
  if (setup_.job.output == JobOptions::Output::LineBuffered) output.mode = JobOutputMode::Lines;
  sink_ = std::make_unique<StandardSink>(engine_.output(), engine_.reporter(), output.mode);
  output_ = std::make_unique<JobOutput>(output, *sink_, spill_.get());
  written_.emplace(
      std::vector{&std::as_const(engine_.output()), &engine_.reporter().errors_writer()});
  return {};
}

Result<std::unique_ptr<TaskInput>> FilterMode::open_input() {
  auto pipe =
      PipeInput::open(*setup_.cut, engine_.plan().workers(), false, engine_.loop(), setup_.streams);
  if (!pipe) return tl::unexpected(pipe.error());
  pipe_ = std::move(*pipe);
  return pipe_->take_input();
}

bool FilterMode::accept(TaskId, Record&) {
  if (const std::string note = pipe_->take_note(); !note.empty()) engine_.reporter().say(note);
  return true;
}

std::unique_ptr<RunSlot> FilterMode::make_slot(WorkerId worker) {
  return std::make_unique<FilterSlot>(engine_, *this, worker);
}

Result<SpawnOptions> FilterMode::command_for(WorkerId worker) {
  TaskContext context;
  context.sequence = context.slot = number(worker) + 1;
  SPREAD_TRY(commands_->render({}, context, arguments_));
  const std::string slot = std::to_string(context.slot);
  environment_ = {{"SPREAD_SLOT", slot}, {"PARALLEL_JOBSLOT", slot}};
  SpawnOptions spawn;
  const std::string directory = commands_->directory({}, context);
  if (engine_.plan().is_local(worker)) {
    if (ungrouped()) spawn.output = spawn.errors = Connect::Inherit;
    spawn.inherits = true;
    spawn.argv = arguments_.argv();
    spawn.environment = environment_;
    spawn.directory = directory;
    return spawn;
  }
  std::vector<std::string>& words = there_.words;
  // dash would drop the functions that bash has exported.
  const bool bash = arguments_[0] == "bash";
  words = {bash ? "bash" : "/bin/sh", "-c", std::string(kMarked), bash ? "bash" : "sh", mark_};
  if (const auto& nice = setup_.job.nice) {
    words.insert(words.end(), {"nice", "-n", std::to_string(*nice)});
  }
  for (std::string& word : arguments_.list()) words.push_back(std::move(word));
  there_.directory = directory;
  there_.environment = setup_.job.command.environment;
  there_.environment.insert(there_.environment.end(), environment_.begin(), environment_.end());
  launch_ = engine_.plan().launch(there_, worker);
  spawn.arguments = launch_.arguments;
  spawn.environment = launch_.environment;
  return spawn;
}

bool FilterMode::ungrouped() const { return setup_.job.output == JobOptions::Output::Ungrouped; }

TaskId FilterMode::add_output(WorkerId worker) {
  started_.push_back(worker);
  return TaskId{started_.size() - 1};
}

WorkerId FilterMode::full_but_for() const {
  const std::optional<TaskId> head = output_->head();
  return head && number(*head) < started_.size() ? started_[number(*head)] : kNoWorker;
}

bool FilterMode::may_read(TaskId output, bool errors) const {
  if (ungrouped()) return !engine_.output().full() && !engine_.reporter().errors_full();
  return output_->may_read(output, errors ? JobStream::Err : JobStream::Out);
}

void FilterMode::append(TaskId output, bool errors, Slice bytes) {
  // -u of a filter on another machine: there it has no descriptor of spread to write to.
  if (ungrouped()) {
    if (errors) return engine_.reporter().errors().append(bytes.view());
    return engine_.output().queue().append(std::move(bytes));
  }
  output_->append(output, errors ? JobStream::Err : JobStream::Out, bytes);
}

void FilterMode::deliver(DeliverTask& delivery, TaskReport*) {
  // A block that was written has no outcome of its own: the filter's exit is.
  if (delivery.outcome == Outcome::Ok || delivery.outcome == Outcome::NotComputed) return;
  engine_.abort(fmt::format("block {}: {}", number(delivery.task) + 1, delivery.message));
}

void FilterMode::ended(WorkerId worker, TaskId output, ExitStatus status, bool by_us, bool early,
                       const IdRanges& blocks) {
  const bool success = status.is_success(setup_.job.ok_statuses);
  if (!success) ++failed_filters_;
  output_->finished(output);
  const std::string name = fmt::format("filter {}", number(worker) + 1);
  if (early) {
    engine_.abort(fmt::format("{} ended before its input did ({}); what it was given is lost: {}",
                              name, status.text(), blocks_text(blocks)));
  } else if (!success && !by_us) {
    // Of a status of its own it knows best what it means.
    const bool cut_off =
        status.signal != 0 || (!engine_.plan().is_local(worker) && status.code == kLoginLost);
    engine_.reporter().say(name + ": " + status.text() +
                           (cut_off ? "; it had been given " + blocks_text(blocks) : ""));
  }
}

Status FilterMode::advance(bool) {
  SPREAD_TRY(output_->pump());
  if (output_->has_spill_error()) engine_.warn(output_->take_spill_error());
  return {};
}

// ---------------------------------------------------------------- a slot

FilterSlot::FilterSlot(Engine& engine, FilterMode& mode, WorkerId id)
    : RunSlot(engine, id),
      SharedSink(mode.read_buffer()),
      mode_(mode),
      child_(engine.loop(), mode.read_buffer(), {mode.end_sequence(), true}) {
  child_.set_sink(*this);
}

Status FilterSlot::start() {
  auto spawn = mode_.command_for(id());
  if (!spawn) return tl::unexpected(spawn.error());
  SPREAD_TRY(child_.start(engine_.spawner(), *spawn));
  if (!engine_.plan().is_local(id())) {
    child_.input().tail().append(mode_.login_input());
    child_.flush();
  }
  engine_.start_has_worked();
  closing_ = ending_ = false;
  engine_.events().started(id(), child_.pid());
  engine_.watch_work();
  if (engine_.plan().is_local(id())) {
    begin_output();
  } else {
    login_.emplace(job_agent_prefix(mode_.mark()));
    login_said_.clear();
  }
  return {};
}

void FilterSlot::begin_output() {
  output_ = mode_.add_output(id());
  engine_.events().ready(id());
}

void FilterSlot::read_login(bool errors, Slice bytes) {
  // There were no blocks for it: its output belongs to no block, and is dropped.
  if (ending_) return;
  const auto said = [&](ByteView text) {
    if (login_said_.size() < kLoginSaidMax) login_said_ += as_text(text);
  };
  if (errors) return said(bytes.view());
  bool runs = false;
  const auto pass = [&](ByteView text) {
    if (!runs) return said(text);
    mode_.append(output_, false, Slice::copy_of(text));
  };
  login_->feed(bytes.view(), pass, [&](std::string_view) {
    runs = true;
    begin_output();
  });
  if (!runs) return;
  login_->finish(pass);
  login_.reset();
  if (!login_said_.empty()) engine_.reporter().pass_on(std::exchange(login_said_, {}));
  engine_.start_worked(id());
  engine_.post(WorkerHello{id(), 1, 1});
}

void FilterSlot::send_task(const SendTask& action) {
  SPREAD_ASSERT(child_.active());
  SPREAD_ASSERT(!closing_);
  SPREAD_ASSERT(!ending_);
  if (const Slice& header = mode_.header(action.task); !has_header_ && !header.empty()) {
    child_.send(header);
  }
  has_header_ = true;
  task_ = action.task;
  blocks_.add(action.task);
  child_.send(action.payload.body);
}

/// The filter has taken the block, or at least the pipe has: it may have the next one. A block that
/// it refused is never answered, so that its end is one before that of its input.
void FilterSlot::on_input_written() {
  if (!task_) return;
  Answered answered;
  answered.worker = id();
  answered.task = *std::exchange(task_, std::nullopt);
  engine_.post(std::move(answered));
}

void FilterSlot::close_input() {
  closing_ = true;
  if (login_) return terminate();
  child_.close_input();
}

void FilterSlot::terminate() {
  ending_ = true;
  child_.terminate();
}

void FilterSlot::kill() {
  ending_ = true;
  child_.kill();
}

void FilterSlot::suspend(bool stop) {
  if (engine_.plan().is_local(id())) child_.suspend(stop);
}

bool FilterSlot::wants_output(bool errors) const {
  return login_ || mode_.may_read(output_, errors);
}

void FilterSlot::on_bytes(bool errors, Slice bytes) {
  if (login_) return read_login(errors, std::move(bytes));
  mode_.append(output_, errors, std::move(bytes));
}

void FilterSlot::on_ended(const ChannelEnd& end) {
  const ExitStatus status = end.status_or_killed();
  if (login_) return login_ended(status);
  const bool early = !closing_ && !ending_;
  engine_.events().ended(id(), !early && status.clean(), status.text());
  mode_.ended(id(), output_, status, ending_, early, blocks_);
  WorkerGone ended;
  ended.worker = id();
  ended.clean = status.clean();
  ended.reason = status.text();
  engine_.post(std::move(ended));
}

void FilterSlot::login_ended(ExitStatus status) {
  login_.reset();
  WorkerGone ended;
  ended.worker = id();
  ended.clean = closing_;
  ended.cause = EndCause::NotStarted;
  const std::string said = std::exchange(login_said_, {});
  ended.reason = login_end_reason(engine_.plan(), mode_.there(), id(), status, false, said);
  if (!closing_ && !engine_.scheduler().stopping()) {
    engine_.start_failed(id(), failed_login(engine_.plan(), mode_.there(), id(), status, said));
  }
  engine_.events().ended(id(), ended.clean, ended.reason);
  engine_.post(std::move(ended));
}

}  // namespace spread
