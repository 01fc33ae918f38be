#include "spread/check/trial.h"

#include <utility>

#include <fmt/format.h>

#include "spread/base/quote.h"

namespace spread::check {
namespace {

// The end of stderr that is told.
constexpr std::size_t kErrorsMax = 4096;
// Bytes that are sent one by one, and the pause behind each: a header of msgpack and what the task
// begins with.
constexpr std::size_t kTrickled = 12;
constexpr Duration kPause = std::chrono::milliseconds(10);

/// What the third element has: a key that each worker may know, and one that none does.
ByteView third_element() {
  static constexpr unsigned char kBytes[] =
      "\x82\xa7"
      "attempt\x01\xa7"
      "unknown\x07";
  return as_bytes({reinterpret_cast<const char*>(kBytes), sizeof kBytes - 1});
}

void ask_for_beats(LaunchPlan& plan, Duration beat) {
  for (auto& [name, value] : plan.environment) {
    if (name == "SPREAD_BEAT") value = fmt::format("{:.6g}", to_seconds(beat));
  }
}

std::string last_line(std::string text) {
  text.erase(text.find_last_not_of("\r\n") + 1);
  return text.substr(text.rfind('\n') + 1);
}

}  // namespace

Trial::Trial(Bench& bench, const TrialOptions& options) : bench_(bench) {
  const Subject& subject = bench.subject();
  Plan plan = bench.plan();
  if (options.without_prep) {
    plan.prep.clear();
    plan.encoded_prep.clear();
  }
  if (options.beat) plan.beat = options.beat;
  LaunchPlan launch = plan.launch(bench.worker());
  if (options.beat && bench.is_local()) ask_for_beats(launch, *options.beat);
  SpawnOptions spawn;
  spawn.arguments = launch.arguments;
  spawn.environment = launch.environment;
  spawn.directory = launch.directory;
  spawn.inherits = bench.is_local();
  ChildOptions ending;
  ending.end_sequence = {EndStep::term(subject.kill_grace)};
  ending.ends_group = true;
  auto child = std::make_unique<Child>(bench.loop(), read_buffer_, std::move(ending));
  child_ = child.get();
  const Status started = child->start(bench.spawner(), spawn);
  if (started) child->input().tail().append(launch.input);
  SessionOptions session;
  session.wire = subject.wire;
  session.pickle = subject.pickle;
  session.max_frame = subject.max_frame;
  session.prep_count = static_cast<std::uint32_t>(plan.prep.size());
  SessionWorkerOptions how;
  how.kill_grace = subject.kill_grace;
  worker_ = std::make_unique<SessionWorker>(bench.worker(), session, std::move(child), bench.loop(),
                                            read_buffer_, static_cast<WorkerSink&>(*this), how);
  if (!started) {
    not_started_ = started.error().message;
    ended_.emplace().cause = EndCause::NotStarted;
    return;
  }
  for (const Slice& piece : plan.encoded_prep) worker_->session().send_prep(piece);
  worker_->flush();
}

Trial::~Trial() {
  if (ended_) return;
  constexpr Duration kAfterKill = std::chrono::seconds(10);
  worker_->kill("the check is over");
  // Also after a signal: it takes no time.
  const TimePoint end = after(bench_.loop().now(), kAfterKill);
  while (!ended_ && bench_.loop().now() < end) bench_.loop().wait(end);
}

bool Trial::takes_tasks() const {
  return !ended_ && worker_->session().state() == SessionState::Running;
}

bool Trial::send(TaskId id, const Value& payload, bool third) {
  if (!takes_tasks()) return false;
  return worker_->session()
      .send_task(id, payload, third ? third_element() : ByteView())
      .has_value();
}

void Trial::flush() {
  if (!ended_) worker_->flush();
}

void Trial::trickle() {
  OutputQueue& queue = child_->input();
  const std::string bytes(as_text(queue.only_piece()));
  queue.consume(bytes.size());
  for (std::size_t i = 0; i < bytes.size() && !ended_; ++i) {
    queue.tail().append(std::string_view(bytes).substr(i, 1));
    worker_->flush();
    if (i < kTrickled) wait(kPause);
  }
}

void Trial::close_input() {
  if (!ended_) worker_->close_input();
  flush();
}

bool Trial::wait_for_answers(std::size_t count) {
  const auto over = [&] {
    return answers_.size() >= count || ended_ || worker_->session().problem() != Problem::None;
  };
  bench_.wait_until(over, bench_.subject().limit);
  return answers_.size() >= count;
}

bool Trial::wait_for_end() {
  return bench_.wait_until([&] { return ended_.has_value(); }, bench_.subject().limit);
}

void Trial::wait(Duration duration) {
  bench_.wait_until([&] { return ended_.has_value(); }, duration);
}

std::string Trial::why_silent() const {
  if (!not_started_.empty()) return not_started_;
  std::string why = problem();
  // Of its last words the last line says most.
  if (why.empty() && ended_)
    why = ended_->reason.substr(0, ended_->reason.find("; its last words"));
  if (why.empty()) {
    why = fmt::format("there is no answer within {:.6g} s", to_seconds(bench_.subject().limit));
  }
  const std::string said = last_line(errors_);
  return said.empty() ? why : why + "; it says: " + said;
}

// ---------------------------------------------------------------- what it says

void Trial::on_hello(const wire::Hello& hello) { hello_ = hello; }

void Trial::on_answer(const wire::UpMessage& message) {
  Answer answer{message.id, message.kind, ""};
  if (message.kind == wire::UpKind::Error || message.kind == wire::UpKind::Fatal) {
    const wire::WorkerError error = wire::parse_error(message.value);
    answer.error =
        error.type + (error.type.empty() || error.message.empty() ? "" : ": ") + error.message;
  } else if (message.kind == wire::UpKind::Busy) {
    answer.error = "busy" + (message.text.empty() ? "" : ": " + std::string(message.text));
  }
  answers_.push_back(std::move(answer));
}

void Trial::on_ask(const wire::UpMessage& question) {
  ++questions_;
  bench_.saw_question();
  worker_->reply(question.seq, wire::make_refusal(question.seq, "UnknownOp",
                                                  "this is a check: no question is answered"));
  worker_->flush();
}

void Trial::on_warning(std::string message) {
  if (worker_->session().late_hello()) bench_.saw_late_hello(message);
  bench_.saw_warning(std::move(message));
}

void Trial::on_stderr(std::string_view text) {
  errors_ += text;
  if (errors_.size() > kErrorsMax) errors_.erase(0, errors_.size() - kErrorsMax);
}

void Trial::on_ended(WorkerGone ended, ExitStatus status) {
  ended_ = std::move(ended);
  status_ = status;
}

}  // namespace spread::check
