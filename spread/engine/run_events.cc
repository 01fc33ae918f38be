#include "spread/engine/run_events.h"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "spread/base/numbers.h"
#include "spread/base/overloaded.h"
#include "spread/report/summary.h"

namespace spread {
namespace {

/// As users count tasks; of a sub-task, the id that its worker knows.
std::uint64_t shown(TaskId task) { return is_subtask(task) ? number(task) : number(task) + 1; }

/// How the last attempt ended; empty where there was none, or nothing came of it.
std::string_view answer_kind(const DeliverTask& delivery) {
  if (delivery.timed_out) return "timeout";
  if (delivery.outcome == Outcome::Ok) return "ok";
  if (delivery.outcome == Outcome::Lost) return "crash";
  if (!delivery.from_answer) return {};
  return delivery.fatal ? "fatal" : "error";
}

}  // namespace

std::string_view RunEvents::host_of(WorkerId worker) const {
  return worker == kNoWorker ? std::string_view() : plan_.host_names[number(worker)];
}

void RunEvents::progress(TaskId task, WorkerId worker, double fraction, std::string_view text) {
  TaskProgress said{task, worker, fraction, text};
  if (range_ != nullptr && !is_subtask(task)) {
    range_->said(task, fraction);
    said.sum = range_->sum();
    said.max = range_->max();
  }
  tell(said);
}

void RunEvents::part_done(TaskId task, WorkerId worker) {
  const std::uint64_t before = range_->sum();
  range_->finished(task);
  if (range_->sum() == before) return;
  tell(TaskProgress{task, worker, 1, {}, range_->sum(), range_->max()});
}

void RunEvents::succeeded(const Inbox::Success& answer, const Scheduler::Success& success) {
  tell(TaskAnswered{answer.task, answer.worker, "ok", success.duration, report_.message});
  TaskFinished event;
  event.task = answer.task;
  event.worker = answer.worker;
  event.attempts = success.attempts;
  event.duration = success.duration;
  finished(event);
}

void RunEvents::delivered(const DeliverTask& delivery) {
  // A task that was malformed or not computed has no answer, and perhaps no worker.
  if (const std::string_view kind = answer_kind(delivery); !kind.empty()) {
    tell(TaskAnswered{delivery.task, delivery.worker, kind, delivery.duration, report_.message,
                      delivery.first});
  }
  TaskFinished event;
  event.task = delivery.task;
  event.outcome = delivery.outcome;
  event.worker = delivery.worker;
  event.attempts = delivery.attempts;
  event.duration = delivery.duration;
  event.first = delivery.first;
  finished(event);
}

void RunEvents::subtask_done(const DeliverTask& delivery) {
  const std::string_view kind = answer_kind(delivery);
  if (!reporter_.detailed() || kind.empty()) return;
  tell(TaskAnswered{delivery.task, delivery.worker, kind, delivery.duration, delivery.message,
                    delivery.first});
}

void RunEvents::finished(TaskFinished& event) {
  event.host = host_of(event.worker);
  event.bytes = report_.received;
  if (event.outcome != Outcome::Ok) {
    event.error_type = report_.error_type;
    event.error_message = report_.message;
  }
  tell(event);
  if (!report_.logged) return;
  JoblogLine line;
  line.task = event.task;
  line.host = event.host.empty() ? "-" : event.host;  // a bad record was on no host
  line.duration = event.duration;
  line.sent_bytes = report_.sent;
  line.received_bytes = report_.received;
  line.exit_status = report_.exit_status;
  line.signal = report_.signal;
  line.command = as_text(report_.command.view());
  reporter_.job(line, loop_.now() - event.duration);
}

void RunEvents::retried(const RetryTask& retry) {
  const std::string_view kind = retry.timed_out                             ? "timeout"
                                : retry.from_answer || retry.job != nullptr ? "error"
                                                                            : "crash";
  tell(TaskAnswered{retry.task, retry.worker, kind, retry.duration, report_.message, retry.first});
}

// ---------------------------------------------------------------- why

void RunEvents::explain(const SendTask& send) {
  explained_.clear();
  explained_.append("send task ");
  append_number(shown(send.task), explained_);
  explained_.append(" to worker ");
  append_number(number(send.worker), explained_);
  if (send.place.gang != kNoGang) {
    explained_.append(" as rank ");
    append_number(send.place.rank, explained_);
  }
  explained_.append(": ");
  explained_.append(send.why);
  decided(as_text(explained_.view()));
}

void RunEvents::explain(const Action& action) {
  if (!reporter_.explaining()) return;
  if (const SendTask* send = std::get_if<SendTask>(&action)) return explain(*send);
  const auto worker = [](WorkerId id) { return "worker " + std::to_string(number(id)); };
  const std::string text = std::visit(
      overloaded{
          [&](const StartWorker& a) {
            return "start " + worker(a.worker) + " on " + std::string(host_of(a.worker)) + ": " +
                   std::string(a.why);
          },
          [&](const SendTask&) { return std::string(); },
          [&](const CloseInput& a) {
            return "close the input of " + worker(a.worker) + ": " + std::string(a.why);
          },
          [&](const HandOver& a) {
            return "close the input of " + worker(a.worker) +
                   ", and go on without it: " + std::string(a.why);
          },
          [&](const KillFormer& a) {
            return "kill the former " + worker(a.worker) + ": " + std::string(a.why);
          },
          [&](const KillWorker& a) {
            return "kill " + worker(a.worker) + ": " + std::string(a.why);
          },
          [&](const RetryTask& a) {
            return "task " + std::to_string(shown(a.task)) + " again: " + std::string(a.why) +
                   (a.message.empty() ? "" : " (" + a.message + ")");
          },
          [&](const GangBroken& a) {
            const std::string by = a.rank == kNoRank ? "" : fmt::format(" by rank {}", a.rank);
            return fmt::format("gang {} is broken{}: {}", number(a.gang), by, a.reason);
          },
          [&](const FamilyEnded& a) {
            return "drop the sub-tasks of task " + std::to_string(shown(a.parent));
          },
          [&](const GangShrinks& a) {
            return fmt::format("gangs have {} members{}", a.size, a.waits ? ": they wait" : "");
          },
          [&](const WorkerRests& a) {
            const std::string_view reason = as_text(a.reason.view());
            return fmt::format("{} rests for {:.3g} s: it refused task {} for {:.3g} s{}{}",
                               worker(a.worker), to_seconds(a.rest), shown(a.task), a.asked_seconds,
                               reason.empty() ? "" : ", ", reason);
          },
          [&](const SlotPaused& a) {
            return fmt::format("{} pauses for {:.3g} s: {}", worker(a.worker), to_seconds(a.pause),
                               a.reason);
          },
          [&](const SlotClosed& a) { return "give up " + worker(a.worker) + ": " + a.reason; },
          [&](const DeliverTask&) { return std::string(); },
      },
      action);
  if (!text.empty()) decided(text);
}

}  // namespace spread
