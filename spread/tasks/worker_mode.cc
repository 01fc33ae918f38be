#include "spread/tasks/worker_mode.h"

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "spread/base/quote.h"
#include "spread/gang/gathering.h"
#include "spread/input/shard_input.h"
#include "spread/input/sweep_input.h"
#include "spread/output/outcome_chain.h"
#include "spread/output/tails_out.h"
#include "spread/results/reorder_buffer.h"
#include "spread/sweep/sweep_reader.h"
#include "spread/sweep/sweep_rounds.h"
#include "spread/tasks/worker_slot.h"
#include "spread/wire/value_list.h"
#include "spread/wire/value_writer.h"

namespace spread {
namespace {

constexpr std::string_view kNoList = "its value is no list, which --gather concat wants";

}  // namespace

Status WorkerMode::open() {
  const OutputOptions output = is_all() ? OutputOptions() : setup_.tasks->output;
  const auto until_ok = is_all() ? std::nullopt : setup_.tasks->sweep.until_ok;
  const bool as_they_are =
      engine_.journal() != nullptr && has_results_as_they_are(output, until_ok.has_value());
  SPREAD_TRY(prepare_sweep());
  if (setup_.upstream != nullptr) SPREAD_TRY(setup_.upstream->open(*this));
  results_ = setup_.upstream != nullptr
                 ? outcomes_for(*setup_.upstream)
                 : open_outcome_chain(output, until_ok, setup_.spill, engine_.output(),
                                      engine_.plan().host_names,
                                      as_they_are ? engine_.journal()->await_places() : nullptr,
                                      sweep_ ? sweep_->names() : std::vector<std::string>());
  needs_payloads_ = needs_payloads(output);
  if (const TaskOptions* const tasks = setup_.tasks) {
    looks_at_values_ = tasks->chunk > 0 || output.gather == GatherAs::Concat;
    adds_to_results_ = needs_payloads_ || tasks->shards.any() || tasks->shows_one || until_ok;
  }
  if (!setup_.spill.directory.empty()) {
    if (const Status there = TempFile(setup_.spill.directory, 0).check(); !there) {
      return fail("--spill-dir: " + there.error().message);
    }
  }
  tails_ = std::make_unique<TailsOut>(setup_.workers.tails, setup_.spill, engine_.output(),
                                      engine_.reporter(), is_all() && !setup_.once->ordered);
  return tails_->open();
}

Result<std::unique_ptr<TaskInput>> WorkerMode::open_input() {
  if (is_all()) return std::unique_ptr<TaskInput>();
  if (setup_.tasks->shards.any()) return open_shards();
  if (sweep_) return open_sweep_rows();
  if (setup_.upstream != nullptr) {
    return TaskInput::open_reader(tasks_of(*setup_.upstream), {}, engine_.loop(), setup_.streams);
  }
  return TaskInput::open(setup_.tasks->input, setup_.tasks->records, setup_.workers.max_frame,
                         engine_.loop(), setup_.streams);
}

Result<std::unique_ptr<TaskInput>> WorkerMode::open_shards() {
  auto reader = open_shard_reader(setup_.tasks->shards, setup_.tasks->records, setup_.streams);
  if (!reader) return tl::unexpected(reader.error());
  shards_ = reader->get();
  range_ = std::make_unique<RangeProgress>(*shards_);
  // As many as before: the number of slots may be another one now.
  const RunJournal* const journal = engine_.journal();
  const std::uint64_t before =
      journal != nullptr && journal->resumes() ? journal->before().shard_slots() : 0;
  if (before > 0 && shards_->waits_for_slots()) {
    shards_->set_slots(static_cast<std::uint32_t>(before));
  }
  engine_.events().count_range(*range_);
  return TaskInput::open_reader(std::move(*reader), {}, engine_.loop(), setup_.streams);
}

Status WorkerMode::prepare_sweep() {
  if (is_all() || setup_.tasks->sweep.specs.empty()) return {};
  auto sweep = open_sweep(setup_.tasks->sweep, setup_.streams);
  if (!sweep) return tl::unexpected(sweep.error());
  sweep_ = std::move(*sweep);
  if (!sweep_->warning().empty()) engine_.warn(sweep_->warning());
  return {};
}

Result<std::unique_ptr<TaskInput>> WorkerMode::open_sweep_rows() {
  const SweepOptions& options = setup_.tasks->sweep;
  std::unique_ptr<RecordReader> reader;
  if (options.until_ok) {
    auto rounds =
        std::make_unique<SweepRounds>(std::move(sweep_), *options.until_ok, options.max_rounds);
    rounds_ = rounds.get();
    reader = std::move(rounds);
  } else {
    reader = std::make_unique<SweepReader>(std::move(sweep_));
  }
  return TaskInput::open_reader(std::move(reader), {}, engine_.loop(), setup_.streams);
}

std::unique_ptr<RunSlot> WorkerMode::make_slot(WorkerId worker) {
  return std::make_unique<WorkerSlot>(engine_, *this, worker);
}

void WorkerMode::end_turn() {
  if (!relays_.any()) return;
  if (engine_.scheduler().finished()) relays_.close();
  relays_.flush();
}

void WorkerMode::begin_turn() {
  relays_.free_ended();
  if (std::exchange(answered_, false)) engine_.read_slots_file();
  if (shards_ != nullptr && shards_->waits_for_slots() && engine_.knows_slots()) {
    const std::uint32_t slots = engine_.plan().workers();
    if (engine_.journal() != nullptr) engine_.journal()->shards_made(slots);
    shards_->set_slots(slots);
  }
}

Status WorkerMode::advance(bool over) {
  if (over) results_->end();
  SPREAD_TRY(results_->pump());
  if (results_->has_warning()) engine_.warn(results_->take_warning());
  if (rounds_ != nullptr) {
    if (over) rounds_->end();
    for (const std::string& text : rounds_->take_messages()) engine_.reporter().say(text);
  }
  if (const bool unread = !takes_more(); std::exchange(unread_, unread) != unread) {
    engine_.reconsider_all();
  }
  tell_joining();
  if (over && results_->empty()) return tails_->finish(engine_.tail_order());
  return tails_->advance(engine_.scheduler().tasks_done() && results_->empty(),
                         is_all() && !engine_.output().full(), engine_.tail_order());
}

/// --explain. The workers of `all` have no tasks that could be final.
void WorkerMode::tell_joining() {
  if (told_joining_ || is_all() || !engine_.scheduler().tasks_done()) return;
  told_joining_ = true;
  if (!engine_.reporter().explaining()) return;
  const std::size_t left = engine_.scheduler().live_workers();
  engine_.events().decided(fmt::format("{} worker{} started, {} to be waited for", workers_started_,
                                       workers_started_ == 1 ? " was" : "s were", left));
}

std::uint64_t WorkerMode::failures(const Scheduler::Counts& counts) const {
  if (rounds_ != nullptr) return rounds_->missing();
  if (setup_.upstream != nullptr) return 0;  // each has its answer
  return is_all() ? failed_workers_ : RunMode::failures(counts);
}

void WorkerMode::on_tail(WorkerSlot& from, std::string_view text) {
  engine_.events().tail(from.id(), text, from.arguments());
  if (const Status kept = tails_->append(from.id(), text, from.is_former()); !kept) {
    engine_.abort("cannot keep the tail of " + from.name() + ": " + kept.error().message);
  }
}

void WorkerMode::tail_ended(const WorkerSlot& worker, bool has_tail) {
  tails_->ended(worker.id(), has_tail, worker.is_former());
}

bool WorkerMode::tells_first(const std::string& reason) {
  constexpr std::size_t kToldMax = 20;
  return told_reasons_.size() < kToldMax && told_reasons_.insert(reason).second;
}

void WorkerMode::warn_unknown_key(const WorkerSlot& from, std::string_view key) {
  if (std::exchange(warned_unknown_key_, true)) return;
  engine_.reporter().say(from.name() + ": its hello has the key " + show_text(key) +
                         ", which this spread does not know; such keys are ignored");
}

void WorkerMode::warn_non_finite() {
  if (std::exchange(warned_non_finite_, true)) return;
  engine_.reporter().say(
      "a payload or prep item had a NaN or an infinity, which this wire cannot carry; the worker "
      "was given null");
}

// ---------------------------------------------------------------- memory

bool WorkerMode::is_too_large(int pid) {
  constexpr Duration kPause = std::chrono::seconds(1);
  if (engine_.now() >= next_look_) {
    // Where it cannot be read this time, it is as it was.
    if (auto memory = resident_memory()) memory_ = std::move(*memory);
    next_look_ = after(engine_.now(), kPause);
  }
  // Local workers lead a process group each.
  const auto found = memory_.find(pid);
  return found != memory_.end() && found->second > setup_.lifetime().max_rss;
}

// ---------------------------------------------------------------- questions

std::optional<Value> WorkerMode::answer_to(WorkerSlot& from, const wire::UpMessage& question) {
  if (!question.se.empty()) return wire::make_refusal(question.seq, "BadAsk", question.se);
  if (question.text == "whoami") {
    if (question.arguments > 0) {
      return wire::make_refusal(question.seq, "BadAsk", "whoami takes no arguments");
    }
    wire::MapWriter map;
    map.add("engine", "spread").add("version", SPREAD_VERSION);
    map.add("wire", name_of(setup_.workers.wire)).add("slots", engine_.plan().workers());
    return wire::make_answer(question.seq, map.view());
  }
  if (subtask_op_named(question.text)) return answer_of_subtasks(from, question);
  if (gang_op_named(question.text)) {
    if (question.has_id && gangs_.ask(from, question)) return std::nullopt;
    return wire::make_refusal(question.seq, "NoGang",
                              std::string(question.text) + ": it works on no task of a gang");
  }
  if (setup_.upstream != nullptr) {
    ask_upstream(from, question);
    return std::nullopt;
  }
  return wire::make_refusal(question.seq, "UnknownOp",
                            "this spread does not know the op " + show_text(question.text));
}

SubtaskBook::Limits WorkerMode::subtask_limits(const WorkerSetup& setup) {
  SubtaskBook::Limits limits;
  limits.reply_bytes_max = setup.workers.max_frame;
  return limits;
}

std::optional<Value> WorkerMode::answer_of_subtasks(WorkerSlot& from,
                                                    const wire::UpMessage& question) {
  std::string why;
  if (!question.has_id) why = "a question of no task";
  if (from.place().gang != kNoGang) why = "a member of a gang has no sub-tasks";
  if (setup_.tasks->chunk > 0) why = "the tasks of a list (--chunk) have no sub-tasks";
  if (!from.may_submit()) why = "its worker works on several tasks at a time";
  if (!why.empty()) {
    return wire::make_refusal(question.seq, "NoSubtasks", std::string(question.text) + ": " + why);
  }
  subtasks_.ask(from, question);
  return std::nullopt;
}

void WorkerMode::subtask_done(const DeliverTask& delivery) {
  const bool ok = delivery.outcome == Outcome::Ok;
  Value value;
  if (ok || delivery.from_answer) {
    value.body = delivery.answer;
  } else {
    value = wire::make_error(delivery.error_type, delivery.message);
  }
  subtasks_.finished(delivery.task, ok, value);
}

// ---------------------------------------------------------------- answers

void WorkerMode::on_answer(WorkerSlot& from, const wire::UpMessage& answer) {
  answered_ = true;
  subtasks_.ended(answer.id);
  if (from.place().gang != kNoGang && !counts_in_gang(from, answer)) return;
  if (answer.kind != wire::UpKind::Ok || looks_at_values_) [[unlikely]] {
    if (setup_.tasks->chunk > 0) return on_list_answer(from, answer);
    if (answer.kind != wire::UpKind::Ok) return on_other_answer(from, answer);
    if (must_be_list(answer.id) && !is_list(answer.value)) {
      return fail_instead(from, answer.id, "BadResult", kNoList);
    }
  }
  engine_.post_success(from.id(), answer.id, from.worker().share(answer.value));
}

/// --chunk: a list of values, one for each task.
void WorkerMode::on_list_answer(WorkerSlot& from, const wire::UpMessage& answer) {
  const std::uint64_t tasks = from.take_list(answer.id);
  if (answer.kind != wire::UpKind::Ok) return on_other_answer(from, answer);
  const wire::ArrayHead head = wire::array_head(answer.value);
  if (head.bytes == 0) {
    return fail_instead(from, answer.id, "BadResult", "its value is no list, which --chunk wants");
  }
  if (head.elements != tasks) {
    return fail_instead(from, answer.id, "BadResult",
                        fmt::format("{} results for {} payloads", head.elements, tasks));
  }
  const Slice list = from.worker().share(answer.value);
  wire::ValueList values(list.view().subspan(head.bytes));
  Answered answered;
  answered.worker = from.id();
  answered.task = answer.id;
  answered.values.reserve(static_cast<std::size_t>(tasks));
  for (std::uint64_t i = 0; i < tasks; ++i) {
    answered.values.emplace_back(list.block(), values.take());
    if (must_be_list(answer.id) && !is_list(answered.values.back().view())) {
      return fail_instead(from, answer.id, "BadResult", kNoList);
    }
  }
  if (tasks > 1) return engine_.post(std::move(answered));
  engine_.post_success(from.id(), answer.id, std::move(answered.values.front()));
}

const Value& WorkerMode::prep_again() {
  if (prep_again_.size() == 0) prep_again_ = wire::make_prep_again(engine_.plan().prep);
  return prep_again_;
}

/// False: it has failed, whatever it says, and that has been posted.
bool WorkerMode::counts_in_gang(WorkerSlot& from, const wire::UpMessage& answer) {
  const std::string why = gangs_.answered(from, answer);
  if (!why.empty()) {
    fail_instead(from, answer.id, "GangFailed", why);
    return false;
  }
  const bool list = setup_.tasks->gang.gather != GatherAs::Concat || is_list(answer.value);
  if (list || answer.kind != wire::UpKind::Ok) return true;
  fail_instead(from, answer.id, "BadResult", kNoList);
  return false;
}

void WorkerMode::on_other_answer(WorkerSlot& from, const wire::UpMessage& answer) {
  if (setup_.tasks->shows_one && answer.kind == wire::UpKind::Busy && !is_subtask(answer.id)) {
    const std::string why = answer.text.empty() ? "" : ": " + std::string(answer.text);
    return fail_instead(from, answer.id, "Busy",
                        fmt::format("it refuses the task for {:.6g} s{}", answer.number, why));
  }
  Slice value = from.worker().share(answer.value);
  Answered answered;
  answered.worker = from.id();
  answered.task = answer.id;
  answered.busy_seconds = answer.number;
  answered.answer = std::move(value);
  switch (answer.kind) {
    case wire::UpKind::Busy: answered.kind = AnswerKind::Busy; break;
    case wire::UpKind::Fatal: answered.kind = AnswerKind::Fatal; break;
    default: answered.kind = AnswerKind::Error;
  }
  if (answered.kind == AnswerKind::Busy) {
    engine_.events().refused(answer.id, from.id(), answer.text);
    answered.answer = from.worker().share(as_bytes(answer.text));
  }
  engine_.post(std::move(answered));
}

/// What it has answered does not count.
void WorkerMode::fail_instead(WorkerSlot& from, TaskId task, std::string_view type,
                              std::string_view why) {
  from.task_failed();
  const Value error = wire::make_error(type, why);
  Answered answered;
  answered.worker = from.id();
  answered.task = task;
  answered.kind = AnswerKind::Error;
  answered.answer = error.body;
  engine_.post(std::move(answered));
}

}  // namespace spread
