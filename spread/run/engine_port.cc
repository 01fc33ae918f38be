#include "spread/run/engine_port.h"

#include <utility>

#include "spread/launch/launcher.h"

namespace spread {

std::string Engine::Port::name() const {
  return "worker " + std::to_string(number(id_)) + " on " + host();
}

Status Engine::Port::start() {
  const Options& options = engine_.options_;
  const LaunchPlan plan = engine_.plan_.launch(options, id_);
  SpawnOptions spawn;
  spawn.arguments = plan.arguments;
  spawn.environment = plan.environment;
  spawn.directory = plan.directory;
  auto process = engine_.spawner_.spawn(spawn);
  if (!process) return tl::unexpected(process.error());
  engine_.guard_.watch(process->pid());

  SessionOptions session;
  session.wire = options.wire;
  session.max_frame = options.limits.max_frame;
  session.prep_count = static_cast<std::uint32_t>(engine_.plan_.prep.size());
  session.raw = options.command == Command::All;
  session.strict = options.limits.strict;
  SessionWorkerOptions how;
  how.shutdown_timeout = options.limits.shutdown_timeout;
  how.kill_grace = options.limits.kill_grace;
  silent_until = kForever;
  ready_ = false;
  worker_ = std::make_unique<SessionWorker>(id_, session, std::move(*process), engine_.loop_,
                                            engine_.read_buffer_, *this, how);
  engine_.reporter_->tell(WorkerStarted{id_, host(), worker_->pid()});
  for (const Value& item : engine_.plan_.prep) {
    SPREAD_TRY(worker_->session().send_prep(item));
  }
  if (!dirty) engine_.dirty_.push_back(id_);
  dirty = true;
  return {};
}

void Engine::Port::tell_ready() {
  ready_ = true;
  engine_.reporter_->tell(WorkerReady{id_});
}

void Engine::Port::has_task() {
  constexpr Duration kPatience = std::chrono::seconds(10);
  if (worker_->session().heard()) {
    silent_until = kForever;
  } else if (silent_until == kForever && !told_silence_) {
    silent_until = after(engine_.loop_.now(), kPatience);
  }
}

void Engine::Port::tell_silence() {
  silent_until = kForever;
  if (worker_ == nullptr || worker_->session().heard()) return;
  told_silence_ = true;
  constexpr const char* kWires[] = {"msgpack", "json", "lines"};
  engine_.reporter_->say(
      name() +
      " has had a task for 10 s and has answered nothing yet; it is expected to speak --wire " +
      kWires[static_cast<int>(engine_.options_.wire)] + ", and to flush each answer");
}

void Engine::Port::on_hello(const wire::Hello& hello) {
  engine_.handle(WorkerHello{id_, hello.window.value_or(0), hello.slots.value_or(1)});
  tell_ready();
}

void Engine::Port::on_answer(const wire::UpMessage& message) {
  Answered answered;
  answered.worker = id_;
  answered.task = message.id;
  answered.busy_seconds = message.number;
  switch (message.kind) {
    case wire::UpKind::Ok: break;
    case wire::UpKind::Busy: answered.kind = AnswerKind::Busy; break;
    case wire::UpKind::Fatal: answered.kind = AnswerKind::Fatal; break;
    default: answered.kind = AnswerKind::Error;
  }
  if (!message.so.empty() || !message.se.empty()) {
    engine_.reporter_->captured(message.id, message.so, message.se);
  }
  if (!ready_) tell_ready();
  if (answered.kind == AnswerKind::Ok && engine_.deliver_success(*this, message)) return;
  if (answered.kind == AnswerKind::Busy && engine_.reporter_->detailed()) {
    engine_.reporter_->tell(TaskAnswered{message.id, id_, "busy", {}, message.text});
  }
  engine_.answer_ = &message;
  engine_.answering_ = this;
  engine_.handle(answered);
  engine_.answer_ = nullptr;
  engine_.answering_ = nullptr;
}

void Engine::Port::on_progress(const wire::UpMessage& message) {
  engine_.reporter_->tell(TaskProgress{message.id, id_, message.number, message.text});
}

void Engine::Port::on_log(std::string_view text) {
  engine_.reporter_->say(name() + ": " + std::string(text));
  engine_.reporter_->tell(WorkerLog{id_, text});
}

void Engine::Port::on_stray(std::string_view text) { engine_.reporter_->stray(id_, text); }

void Engine::Port::on_tail(std::string_view text) {
  engine_.reporter_->tell(WorkerTail{id_, text});
  if (const Status kept = engine_.tails_->append(id_, text); !kept) {
    engine_.abort("cannot keep the tail of " + name() + ": " + kept.error().message);
  }
}

void Engine::Port::on_warning(std::string message) {
  engine_.reporter_->say(name() + ": " + message);
}

void Engine::Port::on_stderr(std::string_view text) { engine_.reporter_->pass_on(text); }

void Engine::Port::on_mismatch(std::string_view text) {
  engine_.abort(name() + ": " + std::string(text));
}

void Engine::Port::on_unusable() { engine_.handle(WorkerUnusable{id_}); }

void Engine::Port::on_ended(ProcessEnded ended, ExitStatus status) {
  engine_.guard_.forget(worker_->pid());
  const bool expected = ended.clean && worker_->session().state() == SessionState::Shutdown;
  engine_.reporter_->tell(WorkerEnded{id_, expected, ended.reason});
  if (status.code == 255 && status.signal == 0 && !worker_->session().heard() &&
      engine_.plan_.by_login(id_)) {
    // ssh could not connect: whatever it was to work on has not even been sent there.
    ended.cause = EndCause::NotStarted;
  }
  if (!expected) {
    const std::string hint =
        status.signal == 0
            ? exit_hint(engine_.plan_.roster, engine_.options_.hosts, id_, status.code)
            : "";
    if (!hint.empty() && !worker_->session().heard()) ended.reason += " (" + hint + ")";
    engine_.worker_died(*this, ended, status);
  }
  if (worker_->session().sent_null_for_number() &&
      !std::exchange(engine_.warned_non_finite_, true)) {
    engine_.reporter_->say(
        "a payload or prep item had a NaN or an infinity, which this wire cannot carry; the worker "
        "was given null");
  }
  engine_.tails_->ended(id_, worker_->session().state() == SessionState::Shutdown);
  engine_.ended_.push_back(id_);
  engine_.handle(std::move(ended));
}

}  // namespace spread
