// What a run has to do with its Upstream, besides taking its tasks and giving it their outcomes.
#include <utility>

#include "spread/tasks/upstream.h"
#include "spread/tasks/worker_mode.h"
#include "spread/tasks/worker_slot.h"

namespace spread {
namespace {

class TasksOf final : public RecordReader {
 public:
  explicit TasksOf(Upstream& upstream) : upstream_(upstream) {}
  void feed(Slice) override {}
  void finish() override {}
  Pull next(Record& record) override { return upstream_.next(record); }
  bool waits() const override { return upstream_.waits(); }
  const std::string& error() const override { return error_; }

 private:
  Upstream& upstream_;
  std::string error_;  ///< stays empty
};

class OutcomesFor final : public OutcomeSink {
 public:
  explicit OutcomesFor(Upstream& upstream) : upstream_(upstream) {}
  ~OutcomesFor() override { upstream_.close(); }
  OutcomesFor(const OutcomesFor&) = delete;
  OutcomesFor& operator=(const OutcomesFor&) = delete;
  void take(TaskResult&& result) override {
    ++given_;
    upstream_.finished(std::move(result));
  }
  void end() override {}
  Status pump() override { return upstream_.turn(), Status(); }
  bool full() const override { return upstream_.full(); }
  bool empty() const override { return true; }
  OutcomeMarks marks() override { return {given_, upstream_.durable(given_)}; }
  bool has_warning() const override { return false; }
  std::string take_warning() override { return {}; }

 private:
  Upstream& upstream_;
  std::uint64_t given_ = 0;
};

}  // namespace

std::unique_ptr<RecordReader> tasks_of(Upstream& upstream) {
  return std::make_unique<TasksOf>(upstream);
}

std::unique_ptr<OutcomeSink> outcomes_for(Upstream& upstream) {
  return std::make_unique<OutcomesFor>(upstream);
}

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

}  // namespace spread
