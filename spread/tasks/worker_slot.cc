// A worker's starts, what it is sent, and what it says. How it ends is in worker_endings.cc.
#include "spread/tasks/worker_slot.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "spread/base/assert.h"
#include "spread/base/quote.h"
#include "spread/io/system.h"
#include "spread/results/joblog.h"
#include "spread/tasks/worker_mode.h"
#include "spread/wire/value_writer.h"

namespace spread {
namespace {

// A worker that owes an answer, or its end, is named after so long.
constexpr Duration kPatience = std::chrono::seconds(10);
// So many parts of --lost-after without a byte, and a worker is lost: at most one part too late.
constexpr int kRingsToLost = 8;

}  // namespace

bool WorkerSlot::counts() const { return mode_.setup().counts_answers(); }

// ---------------------------------------------------------------- what the Scheduler asks for

Status WorkerSlot::start() {
  const WorkerSetup& setup = mode_.setup();
  LaunchPlan plan = engine_.plan().launch(id(), generation_);
  started_ = engine_.now();
  auto channel = mode_.relays().behind_one(id()) ? mode_.relays().open(*this, plan)
                                                 : start_process(engine_, mode_, id(), plan);
  if (!channel) {
    if (setup.is_all()) mode_.worker_failed();
    log_command(-1, 0);
    return tl::unexpected(channel.error());
  }
  ++generation_;
  arguments_ = std::move(plan.words);
  engine_.start_has_worked();
  become_new();
  worker_ =
      std::make_unique<SessionWorker>(id(), session_options(), std::move(*channel), engine_.loop(),
                                      mode_.read_buffer(), *this, worker_options());
  reconsider();
  mode_.worker_started(id());
  engine_.events().started(id(), worker_->pid(), arguments_);
  engine_.watch_work();
  engine_.needs_flush(*this);
  return {};
}

SessionOptions WorkerSlot::session_options() const {
  const WorkerSetup& setup = mode_.setup();
  SessionOptions session;
  session.wire = setup.workers.wire;
  session.pickle = setup.workers.pickle;
  session.max_frame = setup.workers.max_frame;
  session.prep_count = static_cast<std::uint32_t>(engine_.plan().prep.size());
  session.raw = setup.is_all();
  session.strict = !setup.is_all() && setup.tasks->strict;
  session.counts_answers = setup.counts_answers();
  session.relays =
      !setup.is_all() && has_messages(setup.workers.wire) && !mode_.relays().behind_one(id());
  return session;
}

SessionWorkerOptions WorkerSlot::worker_options() {
  const WorkerSetup& setup = mode_.setup();
  SessionWorkerOptions how;
  how.shutdown_timeout = setup.ends.shutdown_timeout;
  if (how.shutdown_timeout) {
    const double seconds = to_seconds(*how.shutdown_timeout);
    how.overdue = setup.is_all()
                      ? fmt::format("still running after --timeout {:.6g} s", seconds)
                      : fmt::format("still running {:.6g} s after the end of its input", seconds);
  }
  how.kill_grace = setup.ends.kill_grace;
  // Whose answers are counted may have left lines out, and nothing would show it. What a relay says
  // of an end is what was seen there.
  const bool seen = engine_.plan().is_local(id()) || mode_.relays().behind_one(id());
  how.may_leave_silently = !setup.is_all() && !counts() && seen && setup.channels == nullptr;
  how.kind_has_answered = engine_.key_proven(id());
  if (setup.is_all()) how.ok_statuses = setup.once->ok_statuses;
  return how;
}

/// What is known of a process is that of the next one.
void WorkerSlot::become_new() {
  const WorkerSetup& setup = mode_.setup();
  silence_.set(kForever);
  slow_end_.set(kForever);
  silent_.set(kForever);
  lost_ = false;
  meta_ = !setup.is_all() && (setup.tasks->meta || setup.tasks->gang.size > 0);
  shows_printed_ = !setup.is_all() && setup.tasks->shows_one;
  sends_otherwise_ = meta_ || setup.upstream != nullptr ||
                     (!setup.is_all() && (setup.tasks->chunk > 0 || setup.tasks->reprep));
  looks_at_memory_ = setup.lifetime().max_rss > 0 && engine_.plan().is_local(id());
  ready_ = answered_ = had_subtask_ = ended_by_us_ = reprep_due_ = false;
  lists_.clear();
  slots_ = 1;
  first_task_.reset();
}

Status WorkerSlot::send_with_meta(const SendTask& action, const Value& payload) {
  wire::MapWriter meta;
  meta.add("attempt", action.attempt);
  if (action.place.gang != kNoGang) {
    meta.add("rank", action.place.rank).add("size", action.place.size);
  }
  if (is_subtask(action.task)) {
    mode_.subtasks().add_meta(*this, action, meta);
    had_subtask_ = true;
  }
  if (!takes_frames()) return {};
  return worker_->session().send_task(action.task, payload, meta.view());
}

/// What is no plain task, as nearly all are: not inline, since it would cost each of them.
[[gnu::noinline]] Status WorkerSlot::send_otherwise(const SendTask& action) {
  if (std::exchange(reprep_due_, false)) worker_->tell(mode_.prep_again());
  const bool is_list = mode_.setup().tasks->chunk > 0;
  const Value list = is_list ? list_of(action) : Value();
  const Value& payload = is_list ? list : action.payload;
  const bool has_meta = meta_ || action.place.gang != kNoGang || is_subtask(action.task);
  if (has_meta) return send_with_meta(action, payload);
  return worker_->session().send_task(action.task, payload);
}

/// --chunk: the payloads of a list, as one; also of a list of one.
Value WorkerSlot::list_of(const SendTask& action) {
  lists_[action.task] = 1 + action.rest.size();
  ByteBuffer bytes;
  wire::ValueWriter writer(bytes);
  writer.array(1 + action.rest.size());
  writer.encoded(action.payload);
  for (const SendTask::Further& each : action.rest) writer.encoded(each.payload);
  Value list;
  list.body = Slice::copy_of(bytes.view());
  return list;
}

std::uint64_t WorkerSlot::take_list(TaskId first) {
  const auto found = lists_.find(first);
  SPREAD_ASSERT(found != lists_.end());
  const std::uint64_t tasks = found->second;
  lists_.erase(found);
  return tasks;
}

void WorkerSlot::send_task(const SendTask& action) {
  // It has been found unusable in this very turn, which the Scheduler is about to be told.
  if (!takes_frames()) return;
  const Status sent = sends_otherwise_ || is_subtask(action.task)
                          ? send_otherwise(action)
                          : worker_->session().send_task(action.task, action.payload);
  if (!sent) {
    lists_.erase(action.task);
    engine_.post(PayloadRefused{id(), action.task, sent.error().message});
    return;
  }
  if (action.place.gang != place_.gang) {
    place_ = action.place;
    if (place_.gang != kNoGang) mode_.gangs().begin(*this);
  }
  if (counts()) {
    first_task_ = std::min(first_task_.value_or(action.task), action.task);
    if (worker_->session().outstanding() == 1) last_moved_ = engine_.now();
  }
  if (!worker_->session().heard() || counts()) has_task();
  engine_.needs_flush(*this);
  engine_.events().sent(action);
}

void WorkerSlot::close_input() {
  if (!worker_) return;
  worker_->close_input();
  // A command of `all` has all the time that it wants.
  if (!mode_.setup().is_all()) slow_end_.set(after(engine_.now(), kPatience));
}

std::unique_ptr<RunSlot> WorkerSlot::hand_over() {
  close_input();
  flush();
  former_ = true;
  looks_at_memory_ = false;
  mode_.tail_handed_over(id());
  auto next = std::make_unique<WorkerSlot>(engine_, mode_, id());
  next->generation_ = generation_;
  return next;
}

void WorkerSlot::terminate() {
  ended_by_us_ = true;
  if (worker_) worker_->terminate(end_reason());
}
void WorkerSlot::kill() {
  ended_by_us_ = true;
  if (worker_) worker_->kill(end_reason());
}

void WorkerSlot::suspend(bool stop) {
  const bool ours = engine_.plan().is_local(id()) || mode_.relays().behind_one(id());
  if (worker_ && ours) worker_->suspend(stop);
}

std::string WorkerSlot::end_reason() const {
  return "ended by spread (" + std::string(ending_why) + ")";
}

// ---------------------------------------------------------------- once a turn

void WorkerSlot::flush() {
  if (worker_) worker_->flush();
}

void WorkerSlot::reconsider() {
  if (worker_) worker_->leave_unread(!mode_.takes_more());
}

void WorkerSlot::remove_ended() {
  if (!worker_ || !worker_->ended()) return;
  mode_.relays().left(*this);
  worker_.reset();
}

WorkerSlot::~WorkerSlot() { mode_.relays().left(*this); }

LocalWork WorkerSlot::local_work() const {
  if (!worker_ || worker_->ended()) return {};
  return {worker_->pid(), mode_.setup().is_all() || worker_->session().outstanding() > 0};
}

void WorkerSlot::has_task() {
  if (worker_->session().heard() && !counts()) {
    silence_.set(kForever);
  } else if (silence_.at() == kForever && !told_silence_) {
    silence_.set(after(engine_.now(), kPatience));
  }
}

void WorkerSlot::tell_silence() {
  if (!worker_) return;
  const Session& session = worker_->session();
  const std::size_t open = session.outstanding();
  if (counts()) {
    // What is to come after the end of its input, tell_slow_end() waits for.
    if (open == 0 || session.state() != SessionState::Running) return;
    if (after(last_moved_, kPatience) > engine_.now()) {
      silence_.set(after(last_moved_, kPatience));
      return;
    }
  } else if (session.heard()) {
    return;
  }
  // Why it is silent is said by Engine::look_at_work().
  if (is_stopped(worker_->pid())) return silence_.set(after(engine_.now(), kPatience));
  told_silence_ = true;
  if (counts() && !mode_.tells_held_answers()) return;
  const std::string tasks =
      counts() ? fmt::format("{} line{}", open, open == 1 ? "" : "s") : "a task";
  engine_.reporter().say(name() + " has had " + tasks + " for 10 s and has answered nothing " +
                         (session.heard() ? "since" : "yet") + "; " + silence_hint());
}

std::string WorkerSlot::silence_hint() const {
  const WorkerSetup& setup = mode_.setup();
  if (counts()) {
    return fmt::format(
        "if it writes only when its buffer is full, give it more lines (--window above {}, "
        "--window-bytes above {}) or let it write each line at once (sed -u, stdbuf -oL CMD); "
        "where these are full, its input is closed, which gives what it holds, and another is "
        "started; what leaves lines out (grep) or reads to the end first (sort) is for spread pipe",
        setup.tasks->window.tasks, setup.tasks->window.bytes);
  }
  if (setup.workers.wire == Wire::Lines) {
    return "--wire lines is for what answers every line with one line, at once (sed -u, stdbuf -oL "
           "CMD; one that buffers: --window N); what leaves lines out (grep, even with "
           "--line-buffered) or reads to the end first (wc, sort) is for spread pipe";
  }
  if (setup.workers.wire == Wire::Pickle) {
    return "it is to answer each pickled task with a pickled tuple (d, so, se), and to flush it";
  }
  return "it is expected to speak --wire " + std::string(name_of(setup.workers.wire)) +
         ", and to flush each answer (a filter that answers line by line: --wire lines)";
}

void WorkerSlot::tell_slow_end() {
  if (!worker_) return;
  if (worker_->session().outstanding() > 0 && after(last_moved_, kPatience) > engine_.now()) {
    slow_end_.set(after(last_moved_, kPatience));
    return;
  }
  if (worker_->ended() || !mode_.tells_slow_end()) return;
  const auto& limit = mode_.setup().ends.shutdown_timeout;
  const bool limited = limit && *limit != kNoLimit;
  engine_.reporter().say(
      name() + " has not ended 10 s after the end of its input; " +
      (limited ? fmt::format("it may take {:.6g} s (--shutdown-timeout)", to_seconds(*limit))
               : "it is waited for"));
}

/// Beats are asked for behind launchers only, and no local worker is silent for any other reason
/// than its task.
void WorkerSlot::expect_beats() {
  if (mode_.setup().is_all() || !engine_.plan().beat || engine_.plan().is_local(id())) return;
  silent_rings_ = 0;
  silent_.set(after(engine_.now(), *mode_.setup().tasks->lost_after / kRingsToLost));
}

std::string WorkerSlot::lost_reason() const {
  return fmt::format("lost: silent for {:.6g} s", to_seconds(*mode_.setup().tasks->lost_after));
}

void WorkerSlot::listen() {
  if (!worker_ || worker_->ended() || ended_by_us_) return;
  const Session& session = worker_->session();
  if (!session.beats() || session.state() == SessionState::Broken) return;
  // While spread's own output is blocked, its workers' may be, too.
  const bool stands = engine_.output().stalled() || engine_.reporter().errors_full();
  if (worker_->take_heard()) {
    silent_rings_ = 0;
  } else if (!stands && ++silent_rings_ >= kRingsToLost) {
    lost_ = true;
    on_unusable();
    return worker_->terminate(lost_reason());
  }
  silent_.set(after(engine_.now(), *mode_.setup().tasks->lost_after / kRingsToLost));
}

// ---------------------------------------------------------------- what the worker says

void WorkerSlot::tell_ready() {
  ready_ = true;
  engine_.events().ready(id());
}

void WorkerSlot::on_hello(const wire::Hello& hello) {
  if (!hello.unknown_key.empty()) mode_.warn_unknown_key(*this, hello.unknown_key);
  slots_ = hello.slots.value_or(1);
  engine_.has_as_many_slots(id());
  engine_.post(WorkerHello{id(), hello.window.value_or(0), hello.slots.value_or(1)});
  tell_ready();
  if (hello.beats) expect_beats();
}

void WorkerSlot::on_ready() {
  engine_.post(WorkerPrepared{id()});
  engine_.reporter().prepared(id());
  if (!answered_) has_started();
}

void WorkerSlot::on_answer(const wire::UpMessage& message) {
  if (shows_printed_ || !message.so.empty() || !message.se.empty()) show_printed(message);
  if (!answered_) first_answer();
  if (counts()) last_moved_ = engine_.now();
  if (message.kind == wire::UpKind::Error) task_failed();
  mode_.on_answer(*this, message);
  if (looks_at_memory_) look_at_memory();
}

/// What the task has printed.
[[gnu::noinline]] void WorkerSlot::show_printed(const wire::UpMessage& message) {
  const WorkerSetup& setup = mode_.setup();
  if (shows_printed_ && !is_subtask(message.id)) {
    mode_.show_printed(message.so, message.se);
  } else if (setup.upstream != nullptr && !is_subtask(message.id)) {
    setup.upstream->printed(message.id, message.so, message.se);
  } else if (!message.so.empty() || !message.se.empty()) {
    if (setup.is_all() || setup.tasks->show_output) {
      engine_.reporter().captured(message.id, message.so, message.se);
    }
  }
}

void WorkerSlot::task_failed() {
  if (mode_.setup().tasks->reprep) reprep_due_ = true;
}

void WorkerSlot::look_at_memory() {
  if (!mode_.is_too_large(worker_->pid())) return;
  looks_at_memory_ = false;
  engine_.post(WorkerSpent{id(), "it has more memory than --max-rss"});
}

void WorkerSlot::on_progress(const wire::UpMessage& message) {
  mode_.subtasks().progressed(*this, message);
}

void WorkerSlot::on_ask(const wire::UpMessage& question) {
  if (const std::optional<Value> answer = mode_.answer_to(*this, question)) {
    worker_->reply(question.seq, *answer);
    engine_.needs_flush(*this);
  }
}

void WorkerSlot::reply(const wire::Reply& reply) {
  if (!worker_ || worker_->ended()) return;
  if (reply.refused()) {
    worker_->reply(reply.seq, wire::make_refusal(reply.seq, reply.type, reply.message));
  } else {
    worker_->answer(reply.seq, reply.value, reply.awaited);
  }
  engine_.needs_flush(*this);
}

void WorkerSlot::forget_common(std::uint64_t common) {
  if (!worker_ || worker_->ended()) return;
  worker_->tell(wire::make_common(common, nullptr));
  engine_.needs_flush(*this);
}

void WorkerSlot::on_retires() {
  mode_.subtasks().gone(*this);
  mode_.forget_questions(*this);
  if (!former_) engine_.post(WorkerRetires{id()});
}

void WorkerSlot::on_log(const wire::UpMessage& message) {
  if (mode_.setup().upstream != nullptr && message.has_id && !is_subtask(message.id)) {
    mode_.setup().upstream->logged(message.id, message.level, message.text);
  } else if (engine_.reporter().shows(message.level)) {
    engine_.reporter().say(name() + ": " + std::string(message.text));
  }
  const auto task = message.has_id ? std::optional(message.id) : std::nullopt;
  engine_.events().log({id(), message.text, message.level, task});
}

void WorkerSlot::on_stray(std::string_view text) {
  engine_.reporter().stray(id(), text);
  engine_.events().log({id(), text});
}

void WorkerSlot::on_tail(std::string_view text) {
  received_bytes_ += text.size();
  if (!held_errors_.empty()) release_errors();
  mode_.on_tail(*this, tagged(out_lines_, text));
}

void WorkerSlot::on_warning(std::string message) {
  engine_.reporter().say(name() + ": " + message);
}

void WorkerSlot::on_stderr(std::string_view text) {
  if (Upstream* const upstream = mode_.setup().upstream) {
    const Slot& slot = engine_.scheduler().slot(id());
    if (slot.has_tasks() && !former_ && upstream->errors(slot.run, text)) return;
  }
  if (holds_errors()) return held_errors_.add(text);
  engine_.reporter().pass_on(tagged(error_lines_, text));
}

std::string_view WorkerSlot::tagged(LinePrefixer& lines, std::string_view text) {
  if (!mode_.setup().is_all() || !mode_.setup().once->tag) return text;
  tagged_.clear();
  lines.append(as_bytes(text), engine_.plan().host_names[number(id())] + '\t', tagged_);
  return as_text(tagged_.view());
}

void WorkerSlot::on_mismatch(std::string_view text) {
  std::string whole = name() + ": " + std::string(text);
  if (first_task_) {
    // A line that is left out or written twice shifts all that follow, and nothing shows where.
    const std::string place = engine_.place_of(*first_task_);
    whole += fmt::format(
        ", so any of its answers from task {}{} on may be that of another line; --window of --wire "
        "lines is for what answers every line with one line",
        number(*first_task_) + 1, place.empty() ? "" : " (" + place + ")");
  }
  engine_.abort(std::move(whole));
}

void WorkerSlot::on_unusable() {
  if (!former_) engine_.post(WorkerUnusable{id()});
}

// ---------------------------------------------------------------- what it says before it has
// answered

/// What it says on stderr may be why it fails: then it is told once for all tries and slots. Of a
/// command of `all`, whose stderr is a result, only what ssh says where it does not get there.
bool WorkerSlot::holds_errors() const {
  if (answered_ || ended_by_us_) return false;
  const bool by_login = engine_.plan().by_login(id());
  if (mode_.setup().is_all()) return by_login && received_bytes_ == 0;
  return by_login || !engine_.key_proven(id());
}

void WorkerSlot::release_errors() {
  if (held_errors_.empty()) return;
  engine_.reporter().pass_on(tagged(error_lines_, held_errors_.take()));
}

void WorkerSlot::first_answer() {
  answered_ = true;
  engine_.reporter().prepared(id());
  has_started();
}

/// It works: what it has said meanwhile concerns its tasks, and that others did not is told.
void WorkerSlot::has_started() {
  if (!ready_) tell_ready();
  release_errors();
  engine_.start_worked(id());
}

}  // namespace spread
