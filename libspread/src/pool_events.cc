// What the engine tells.
#include <exception>
#include <utility>

#include "pool_impl.h"

namespace spread {
inline namespace v1 {

namespace {

State state_of(embed::Outcome::State state) {
  switch (state) {
    case embed::Outcome::State::Ok: return State::ok;
    case embed::Outcome::State::Failed: return State::failed;
    case embed::Outcome::State::Lost: return State::lost;
    case embed::Outcome::State::NotComputed: return State::not_computed;
  }
  return State::not_computed;
}

TaskResult result_of(const embed::Outcome& outcome) {
  TaskResult result;
  result.state = state_of(outcome.state);
  result.worker = outcome.worker;
  result.attempts = outcome.attempts;
  result.seconds = outcome.seconds;
  if (result.state == State::ok) {
    // It was one whole value when it came.
    result.value = Value::from_msgpack(std::string(outcome.value));
    return result;
  }
  auto failure = std::make_shared<Failure>();
  failure->state = result.state;
  failure->type = outcome.type;
  failure->message = outcome.message;
  failure->trace = outcome.trace;
  failure->printed_out = outcome.printed_out;
  failure->printed_err = outcome.printed_err;
  result.failure = std::move(failure);
  return result;
}

std::string text_of(std::exception_ptr error, std::string& type) {
  try {
    std::rethrow_exception(error);
  } catch (const ValueError& e) {
    type = "ValueError";
    return e.what();
  } catch (const std::exception& e) {
    type = "Error";
    return e.what();
  } catch (...) {
    type = "Error";
    return "what was thrown is no std::exception";
  }
}

}  // namespace

// ---------------------------------------------------------------- tasks

void Pool::Impl::finished(const embed::Outcome& outcome) {
  if (outcome.fatal) {
    const Lock lock(mutex_);
    if (const auto found = jobs_.find(outcome.task); found.job != nullptr) {
      found.job->withdrawn_why = "task " + std::to_string(found.index) +
                                 " was fatal: " + std::string(outcome.type) + ": " +
                                 std::string(outcome.message);
      engine_->withdraw(found.job->first, found.job->results.size());
    }
  }
  finish(outcome.task, result_of(outcome));
}

void Pool::Impl::withdrawn(std::uint64_t task) {
  TaskResult result;
  {
    const Lock lock(mutex_);
    const auto found = jobs_.find(task);
    if (found.job == nullptr) return;
    result = pool_detail::not_computed(found.job->withdrawn_type, found.job->withdrawn_why);
  }
  finish(task, std::move(result));
}

void Pool::Impl::finish(std::uint64_t task, TaskResult result) {
  Ended ended;
  TaskFinished event;
  {
    const Lock lock(mutex_);
    const auto found = jobs_.find(task);
    if (found.job == nullptr) return;
    event = {{found.job->number, found.index},
             result.state,
             result.worker,
             result.attempts,
             result.seconds};
    if (auto job = jobs_.finish(found, std::move(result))) {
      const bool failed = job->failed;
      ended.push_back(std::move(*job));
      go_on(failed, ended);
    }
  }
  tell(event);
  deliver(std::move(ended));
}

/// A job has ended: what becomes of those that wait for that. With the lock held.
void Pool::Impl::go_on(bool failed, Ended& ended) {
  if (!jobs_.any_waiting()) return;
  if (failed) {
    for (auto& job : jobs_.drop_waiting("Flushed", "a job before it has failed")) {
      ended.push_back(std::move(job));
    }
  } else {
    pool_detail::LiveJob next = jobs_.take_waiting();
    // Where the engine is ending, over() drops those that wait.
    if (!begin(next)) jobs_.wait(std::move(next));
  }
  close_if_last();
}

/// With the lock held.
Results Pool::Impl::results_of(pool_detail::LiveJob& job) const {
  return Results(std::move(job.results), std::move(job.parameters), workers_);
}

void Pool::Impl::deliver(Ended ended) {
  for (pool_detail::LiveJob& job : ended) {
    Results results;
    {
      const Lock lock(mutex_);
      results = results_of(job);
    }
    job.promise.give(std::move(results));
  }
}

std::optional<TaskPlace> Pool::Impl::place_of(std::uint64_t task) {
  const Lock lock(mutex_);
  const auto found = jobs_.find(task);
  if (found.job == nullptr) return std::nullopt;
  return TaskPlace{found.job->number, found.index};
}

void Pool::Impl::over(std::string_view error) {
  Ended ended;
  {
    const Lock lock(mutex_);
    why_ = error.empty() ? "it was stopped" : std::string(error);
    ended = jobs_.drop_waiting("NotComputed", why_);
  }
  deliver(std::move(ended));
  const Lock lock(mutex_);
  over_ = true;
  changed_.notify_all();
}

// ---------------------------------------------------------------- observers

void Pool::Impl::call_observer(const std::function<void(Observer&)>& call) {
  try {
    call(*observer_);
  } catch (...) {
    std::string type;
    const std::string text = text_of(std::current_exception(), type);
    try {
      observer_->on(Message{"the observer has thrown: " + text});
    } catch (...) {  // then there is nobody to tell
    }
  }
}

template <typename Event>
void Pool::Impl::tell(Event event) {
  if (observer_ == nullptr) return;
  if (dropped_ > 0) {
    const std::size_t dropped = dropped_;
    if (callbacks_.post([this, dropped] {
          call_observer([&](Observer& observer) { observer.dropped(dropped); });
        })) {
      dropped_ = 0;
    }
  }
  const bool posted = callbacks_.post([this, event = std::move(event)] {
    call_observer([&](Observer& observer) { observer.on(event); });
  });
  if (!posted) ++dropped_;
}

void Pool::Impl::progressed(std::uint64_t task, double fraction, std::string_view text) {
  if (observer_ == nullptr) return;
  TaskProgress event;
  {
    const Lock lock(mutex_);
    const auto found = jobs_.find(task);
    if (found.job == nullptr) return;
    event.task = {found.job->number, found.index};
    event.of_job = jobs_.progress(found, fraction);
  }
  event.fraction = fraction;
  event.label = text;
  tell(std::move(event));
}

void Pool::Impl::logged(std::optional<std::uint64_t> task, int worker, int level,
                        std::string_view text) {
  tell(WorkerLog{task ? place_of(*task) : std::nullopt, worker, static_cast<Level>(level),
                 std::string(text)});
}

void Pool::Impl::message(std::string_view message) { tell(Message{std::string(message)}); }
void Pool::Impl::text(std::string_view text) { tell(WorkerText{std::string(text)}); }

void Pool::Impl::sent(std::uint64_t task, int worker, std::uint32_t attempt) {
  if (const auto place = place_of(task)) tell(TaskSent{*place, worker, attempt});
}

void Pool::Impl::retried(std::uint64_t task, int worker, std::string_view kind,
                         std::string_view text, double seconds) {
  if (const auto place = place_of(task)) {
    tell(TaskRetried{*place, worker, std::string(kind), std::string(text), seconds});
  }
}

void Pool::Impl::started(int worker, std::string_view host, int pid,
                         const std::vector<std::string>& arguments) {
  {
    const Lock lock(mutex_);
    const auto place = static_cast<std::size_t>(worker);
    if (workers_.size() <= place) workers_.resize(place + 1);
    workers_[place] = {std::string(host), arguments};
  }
  tell(WorkerStarted{worker, std::string(host), pid, arguments});
}

void Pool::Impl::ended(int worker, bool expected, std::string_view reason) {
  Tail tail;
  {
    const Lock lock(mutex_);
    if (const auto found = tails_.find(worker); found != tails_.end()) tail = found->second;
  }
  if (!tail.text.empty()) tell(std::move(tail));
  tell(WorkerEnded{worker, expected, std::string(reason)});
}

void Pool::Impl::tail(int worker, std::string_view text) {
  const Lock lock(mutex_);
  Tail& tail = tails_[worker];
  const Results::Worker& from = workers_[static_cast<std::size_t>(worker)];
  tail.worker = worker;
  tail.host = from.host;
  tail.arguments = from.arguments;
  tail.text += text;
}

// ---------------------------------------------------------------- questions

void Pool::Impl::asked(std::uint64_t seq, int worker, std::optional<std::uint64_t> task,
                       std::string_view op, std::uint64_t count, std::string_view arguments) {
  Question question;
  question.name = op;
  question.worker = worker;
  if (task) question.task = place_of(*task);
  Decoder decoder(arguments);
  for (std::uint64_t i = 0; i < count; ++i) {
    question.arguments.push_back(Value::from_msgpack(std::string(decoder.encoded())));
  }
  std::function<Value(const Question&)> handler;
  {
    const Lock lock(mutex_);
    if (const auto found = handlers_.find(question.name); found != handlers_.end()) {
      handler = found->second;
    }
  }
  if (!handler) return engine_->refuse(seq, "UnknownOp", "the program answers no " + question.name);
  const bool posted =
      callbacks_.post([this, seq, handler = std::move(handler), question = std::move(question)] {
        answer(seq, handler, question);
      });
  if (!posted) engine_->refuse(seq, "Busy", "too many calls wait for the program");
}

void Pool::Impl::answer(std::uint64_t seq, const std::function<Value(const Question&)>& handler,
                        const Question& question) {
  try {
    engine_->reply(seq, handler(question).msgpack());
  } catch (...) {
    std::string type;
    const std::string text = text_of(std::current_exception(), type);
    engine_->refuse(seq, type, text);
  }
}

}  // namespace v1
}  // namespace spread
