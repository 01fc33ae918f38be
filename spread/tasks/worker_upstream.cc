// What a run has to do with its Upstream, besides taking its tasks and giving it their outcomes.
#include <utility>

#include "spread/tasks/upstream.h"
#include "spread/tasks/worker_mode.h"
#include "spread/tasks/worker_slot.h"

namespace spread {

void WorkerMode::withdraw(TaskId task) { engine_.post(TaskWithdrawn{task}); }

void WorkerMode::ask_upstream(WorkerSlot& from, const wire::UpMessage& asked) {
  Upstream::Question question;
  question.seq = ++last_question_;
  question.worker = from.id();
  if (asked.has_id && !is_subtask(asked.id)) question.task = asked.id;
  question.op = asked.text;
  question.arguments = asked.arguments;
  question.values = asked.value;
  questions_.emplace(question.seq, AskedBy{&from, asked.seq});
  setup_.upstream->ask(question);
}

void WorkerMode::reply(wire::Reply reply) {
  const auto asked = questions_.extract(reply.seq);
  if (asked.empty()) return;
  reply.seq = asked.mapped().seq;
  asked.mapped().worker->reply(reply);
}

void WorkerMode::forget_questions(const WorkerSlot& of) {
  std::erase_if(questions_, [&](const auto& each) { return each.second.worker == &of; });
}

/// It is over before its input was only where none is left to compute a task.
int WorkerMode::exit_status(const RunEnd& end, const HaltOptions& halt) const {
  const int status = RunMode::exit_status(end, halt);
  const bool stopped = setup_.upstream != nullptr && engine_.scheduler().stopping();
  return stopped && status <= 1 ? kOwnError : status;
}

bool WorkerMode::takes_input_error(const std::string& error) {
  if (setup_.upstream == nullptr) return false;
  engine_.abort(error);
  return true;
}

}  // namespace spread
