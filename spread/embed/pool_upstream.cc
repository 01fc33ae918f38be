#include "spread/embed/pool_upstream.h"

#include <algorithm>
#include <vector>

#include "spread/engine/engine.h"
#include "spread/wire/codec.h"

namespace spread::embed {
namespace {

int number_of_worker(WorkerId worker) {
  return worker == kNoWorker ? -1 : static_cast<int>(number(worker));
}

Outcome::State state_of(spread::Outcome outcome) {
  switch (outcome) {
    case spread::Outcome::Ok: return Outcome::State::Ok;
    case spread::Outcome::Failed: return Outcome::State::Failed;
    case spread::Outcome::Lost: return Outcome::State::Lost;
    case spread::Outcome::NotComputed: return Outcome::State::NotComputed;
  }
  return Outcome::State::NotComputed;
}

}  // namespace

PoolUpstream::~PoolUpstream() { mailbox_.end(); }

Status PoolUpstream::open(UpstreamRun& run) {
  run_ = &run;
  auto wakeup = Wakeup::create(run.engine().loop(), [this] { look(); });
  if (!wakeup) return tl::unexpected(wakeup.error());
  wakeup_ = std::move(*wakeup);
  mailbox_.begin(*wakeup_);
  return {};
}

// ---------------------------------------------------------------- what others want

void PoolUpstream::look() {
  Mailbox::Contents contents = mailbox_.take();
  for (std::string& payload : contents.payloads) {
    ahead_.push_back({submitted_++, std::move(payload)});
  }
  for (const Mailbox::Range& range : contents.withdrawn) withdraw(range);
  for (Mailbox::Reply& reply : contents.replies) {
    wire::Reply answer;
    answer.seq = reply.seq;
    answer.type = std::move(reply.type);
    answer.message = std::move(reply.message);
    if (!answer.refused()) answer.value.push_back(Slice::copy_of(as_bytes(reply.value)));
    run_->reply(std::move(answer));
  }
  for (const auto& call : contents.calls) call();
  closed_ = contents.closed;
  // What a terminal's Ctrl-C asks for, as often.
  constexpr int kInterrupt = 2;
  for (int i = 0; i < contents.stops; ++i) run_->engine().ask_to_end(kInterrupt);
}

void PoolUpstream::withdraw(Mailbox::Range range) {
  const auto in_range = [&](std::uint64_t number) { return number - range.first < range.count; };
  for (std::size_t i = 0; i < numbers_.size(); ++i) {
    if (in_range(numbers_[i])) run_->withdraw(TaskId{first_id_ + i});
  }
  const auto out = [&](const Ahead& each) { return in_range(each.number); };
  for (const Ahead& each : ahead_) {
    if (out(each)) sink_.withdrawn(each.number);
  }
  std::erase_if(ahead_, out);
}

Pull PoolUpstream::next(Record& record) {
  if (ahead_.empty()) return closed_ ? Pull::End : Pull::Wait;
  record.payload = Value();
  record.payload.body = Slice::copy_of(as_bytes(ahead_.front().payload));
  record.bad.clear();
  numbers_.push_back(ahead_.front().number);
  ahead_.pop_front();
  return Pull::Record;
}

void PoolUpstream::conclude(std::string_view why) {
  const Mailbox::Contents late = mailbox_.end();
  wakeup_.reset();
  Outcome outcome;
  outcome.state = Outcome::State::NotComputed;
  outcome.type = "NotComputed";
  outcome.message = why;
  const auto tell = [&](std::uint64_t number) {
    outcome.task = number;
    sink_.finished(outcome);
  };
  for (const std::uint64_t number : numbers_) {
    if (number != kDone) tell(number);
  }
  numbers_.clear();
  for (const Ahead& each : ahead_) tell(each.number);
  ahead_.clear();
  for (std::size_t i = 0; i < late.payloads.size(); ++i) tell(submitted_++);
}

PoolEngine::Active PoolUpstream::active() const {
  const Scheduler::Active active = run_->engine().scheduler().active();
  return {active.workers, active.usefulness};
}

// ---------------------------------------------------------------- what became of tasks

std::uint64_t PoolUpstream::number_of(TaskId task) const {
  const std::uint64_t place = number(task) - first_id_;
  return place < numbers_.size() ? numbers_[place] : kDone;
}

std::uint64_t PoolUpstream::finish(TaskId task) {
  const std::uint64_t number = std::exchange(numbers_[spread::number(task) - first_id_], kDone);
  while (!numbers_.empty() && numbers_.front() == kDone) {
    numbers_.pop_front();
    ++first_id_;
  }
  return number;
}

void PoolUpstream::finished(TaskResult&& result) {
  Outcome outcome;
  outcome.state = state_of(result.outcome);
  outcome.worker = number_of_worker(result.worker);
  outcome.attempts = result.attempts;
  outcome.seconds = to_seconds(result.duration);
  ByteBuffer bytes;
  bytes.append(result.value);
  wire::WorkerError error;
  if (outcome.state == Outcome::State::Ok) {
    outcome.value = as_text(bytes.view());
  } else {
    error = wire::parse_error(bytes.view());
    outcome.type = error.type;
    outcome.message = error.message;
    outcome.trace = error.trace;
  }
  const auto printed = printed_.extract(result.id);
  if (!printed.empty()) {
    outcome.printed_out = printed.mapped().first;
    outcome.printed_err = printed.mapped().second;
  }
  outcome.fatal = fatal_ == result.id;
  outcome.task = finish(result.id);
  sink_.finished(outcome);
}

void PoolUpstream::withdrawn(TaskId task) { sink_.withdrawn(finish(task)); }

void PoolUpstream::printed(TaskId task, std::string_view so, std::string_view se) {
  if (so.empty() && se.empty()) {
    printed_.erase(task);
  } else {
    printed_[task] = {std::string(so), std::string(se)};
  }
}

void PoolUpstream::progressed(TaskId task, double fraction, std::string_view text) {
  if (const std::uint64_t number = number_of(task); number != kDone) {
    sink_.progressed(number, fraction, text);
  }
}

void PoolUpstream::ask(const Question& question) {
  std::optional<std::uint64_t> task;
  if (question.task && number_of(*question.task) != kDone) task = number_of(*question.task);
  sink_.asked(question.seq, number_of_worker(question.worker), task, question.op,
              question.arguments, as_text(question.values));
}

// ---------------------------------------------------------------- what is told beside

void PoolUpstream::on(const WorkerStarted& event, TimePoint) {
  sink_.started(number_of_worker(event.worker), event.host, event.pid,
                {event.arguments.begin(), event.arguments.end()});
}
void PoolUpstream::on(const WorkerReady& event, TimePoint) {
  sink_.ready(number_of_worker(event.worker));
}
void PoolUpstream::on(const WorkerEnded& event, TimePoint) {
  sink_.ended(number_of_worker(event.worker), event.expected, event.reason);
}
void PoolUpstream::on(const WorkerTail& event, TimePoint) {
  sink_.tail(number_of_worker(event.worker), event.text);
}
void PoolUpstream::on(const WorkerLog& event, TimePoint) {
  std::optional<std::uint64_t> task;
  if (event.task && number_of(*event.task) != kDone) task = number_of(*event.task);
  sink_.logged(task, number_of_worker(event.worker), static_cast<int>(event.level), event.text);
}
void PoolUpstream::on(const TaskSent& event, TimePoint) {
  if (const std::uint64_t number = number_of(event.task); number != kDone) {
    sink_.sent(number, number_of_worker(event.worker), event.attempt);
  }
}
void PoolUpstream::on(const TaskAnswered& event, TimePoint) {
  // Of the last one the outcome has been told.
  if (const std::uint64_t number = number_of(event.task); number != kDone) {
    sink_.retried(number, number_of_worker(event.worker), event.kind, event.message,
                  to_seconds(event.duration));
  }
}

}  // namespace spread::embed
