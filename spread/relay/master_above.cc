#include "spread/relay/master_above.h"

#include <utility>

#include <fmt/format.h>

#include "spread/base/posix.h"
#include "spread/engine/engine.h"

namespace spread {

using wire::DownKind;
using wire::DownMessage;
using wire::DownReader;
using wire::UpKind;

namespace {

using What = DownReader::Part::What;

std::string from_master(const std::string& what) { return "relay: from its master: " + what; }

/// One read; an Error says why there is none. 0 bytes: the end.
Result<std::size_t> read_piece(MasterInput& input) {
  const std::span<Byte> room = input.bytes.room();
  const IoResult result = read_some(input.fd, room.data(), room.size());
  if (result.state == IoState::Failed) {
    return fail("cannot read standard input: " + errno_text(result.error));
  }
  if (result.state != IoState::Done) return std::size_t{0};
  input.bytes.filled(result.size);
  return result.size;
}

}  // namespace

Result<std::vector<Value>> read_prep_items(MasterInput& input, std::uint64_t count) {
  std::vector<Value> items;
  while (items.size() < count) {
    const DownReader::Part part = input.reader.next(input.bytes.view());
    if (part.what == What::Broken) return fail(from_master(part.error));
    if (part.what == What::NeedMore) {
      input.bytes.want(part.size);
      const auto size = read_piece(input);
      if (!size) return fail(from_master(size.error().message));
      if (*size > 0) continue;
      return fail(from_master(
          fmt::format("standard input has ended behind {} of {} prep items", items.size(), count)));
    }
    if (part.what == What::Value) {
      if (const std::string wrong = wire::whole_value_error(part.value); !wrong.empty()) {
        return fail(from_master(fmt::format("prep item {}: {}", items.size() + 1, wrong)));
      }
      items.emplace_back().body = Slice::copy_of(part.value);
    }
    input.bytes.consume(part.size);
  }
  return items;
}

MasterAbove::~MasterAbove() { end_input(); }

Status MasterAbove::open(UpstreamRun& run) {
  run_ = &run;
  out_ = &run.engine().output();
  mark_.emplace(std::vector<const OutputWriter*>{out_});
  up_.emplace(told_.wire, out_->queue());
  up_->hello(run.engine().plan().workers(), window_, told_.prep_items, told_.beat.has_value());
  out_->flush();
  EventLoop& loop = run.engine().loop();
  if (told_.beat) {
    beat_.emplace(loop, [this] { beat(); });
    beat_->set(after(loop.now(), *told_.beat / 2));
  }
  loop.add(input_.fd, true, false, this);
  reads_ = true;
  // Some may have come with the prep items.
  take_input();
  return {};
}

Pull MasterAbove::next(Record& record) {
  if (open_.give(record)) return Pull::Record;
  return input_ended_ ? Pull::End : Pull::Wait;
}

bool MasterAbove::waits() const { return !open_.waits() && !input_ended_; }

// ---------------------------------------------------------------- what the master says

void MasterAbove::on_ready(int, bool, bool) {
  const auto size = read_piece(input_);
  if (!size) return refuse(size.error().message);
  if (*size > 0) return take_input();
  if (!input_.bytes.empty()) return refuse("standard input has ended in the middle of a frame");
  end_input();
}

void MasterAbove::take_input() {
  while (reads_) {
    const DownReader::Part part = input_.reader.next(input_.bytes.view());
    if (part.what == What::NeedMore) return input_.bytes.want(part.size);
    if (part.what == What::Broken) return refuse(part.error);
    if (part.what == What::Value) {
      DownMessage message;
      std::string error;
      if (!wire::parse_down_message(part.value, message, error)) return refuse(std::move(error));
      if (!take(message)) return;
    }
    input_.bytes.consume(part.size);
  }
}

/// False: the master has said nonsense.
bool MasterAbove::take(const DownMessage& message) {
  switch (message.kind) {
    case DownKind::Task: return add(message);
    case DownKind::Cancel: cancel(message.id); break;
    case DownKind::Answer:
    case DownKind::Refused: {
      wire::Reply reply;
      reply.seq = message.seq;
      reply.awaited = true;
      if (message.kind == DownKind::Answer) {
        reply.value.push_back(Slice::copy_of(message.value));
      } else {
        wire::WorkerError error = wire::parse_error(message.value);
        reply.type = error.type.empty() ? "Refused" : std::move(error.type);
        reply.message = std::move(error.message);
      }
      if (questions_ > 0) --questions_;
      run_->reply(std::move(reply));
      break;
    }
    case DownKind::Other: break;
  }
  return true;
}

bool MasterAbove::add(const DownMessage& message) {
  Record record;
  record.payload.body =
      input_.reader.shares() ? input_.bytes.share(message.value) : arena_.copy(message.value);
  record.gang = message.size;
  if (open_.add(message.id, std::move(record))) return true;
  refuse(fmt::format("the id {} comes again, and has no answer yet", number(message.id)));
  return false;
}

void MasterAbove::cancel(TaskId id) {
  const OpenTasks::Cancelled cancelled = open_.cancel(id);
  if (cancelled.waited) up_->cancelled(id);
  if (cancelled.given) run_->withdraw(*cancelled.given);
}

void MasterAbove::refuse(std::string what) {
  end_input();
  run_->engine().abort(from_master(what));
}

void MasterAbove::end_input() {
  input_ended_ = true;
  if (std::exchange(reads_, false)) run_->engine().loop().remove(input_.fd);
}

// ---------------------------------------------------------------- what it is told

void MasterAbove::finished(TaskResult&& result) {
  const OpenTasks::Given task = open_.take(result.id);
  if (out_->closed()) return;
  const UpKind failed = task.fatal ? UpKind::Fatal : UpKind::Error;
  up_->answer(task.id, result.outcome == Outcome::Ok ? UpKind::Ok : failed, result.value, task.so,
              task.se);
}

void MasterAbove::withdrawn(TaskId task) { up_->cancelled(open_.take(task).id); }

void MasterAbove::fatal(TaskId task) {
  if (OpenTasks::Given* const open = open_.find(task)) open->fatal = true;
}

void MasterAbove::printed(TaskId task, std::string_view so, std::string_view se) {
  OpenTasks::Given* const open = open_.find(task);
  if (open == nullptr) return;
  open->so = so;
  open->se = se;
}

/// Of one that the master has no time for, the next will say more.
void MasterAbove::progressed(TaskId task, double fraction, std::string_view text) {
  const OpenTasks::Given* const open = open_.find(task);
  if (open == nullptr || out_->full()) return;
  up_->progress(open->id, fraction, text);
}

void MasterAbove::logged(TaskId task, LogLevel level, std::string_view text) {
  if (const OpenTasks::Given* const open = open_.find(task)) up_->log(open->id, text, level);
}

void MasterAbove::ask(const Question& question) {
  ++questions_;
  std::optional<TaskId> id;
  if (question.task) {
    if (const OpenTasks::Given* const open = open_.find(*question.task)) id = open->id;
  }
  up_->ask(question.seq, question.op, id, question.arguments, question.values);
}

bool MasterAbove::takes_more() const { return out_->closed() || out_->waiting() < kUnreadMax; }

bool MasterAbove::full() const { return out_->full() && !out_->closed(); }

void MasterAbove::turn() {
  look_at_end();
  if (!reads_) return;
  // One that keeps to its window may cancel, and reply, while that is full.
  const bool room = open_.size() <= window_ && takes_more() &&
                    (open_.waiting_bytes() < kWaitingMax || questions_ > 0);
  if (room != std::exchange(paused_, !room)) return;
  EventLoop& loop = run_->engine().loop();
  room ? loop.change(input_.fd, true, false) : loop.pause(input_.fd);
}

/// All tasks are final. Nothing is said behind its bye but tails.
void MasterAbove::look_at_end() {
  const Scheduler& scheduler = run_->engine().scheduler();
  if (said_bye_ || !scheduler.tasks_done()) return;
  said_bye_ = true;
  end_input();
  if (beat_) beat_->set(kForever);
  while (const auto id = open_.take_waiting()) {
    up_->answer(*id, UpKind::Error, wire::make_error("NotComputed", scheduler.stop_reason()));
  }
  up_->bye();
}

/// Any byte is as good as a beat, and what waits to be written will be one.
void MasterAbove::beat() {
  if (out_->written() == beaten_at_ && out_->queue_empty()) up_->beat();
  beaten_at_ = out_->written();
  beat_->set(after(run_->engine().now(), *told_.beat / 2));
}

}  // namespace spread
