#include "trace.h"

#include "spread/base/overloaded.h"

namespace spread::simulation {
namespace {

std::string w(WorkerId id) { return "w" + std::to_string(number(id)); }
std::string t(TaskId id) {
  return is_subtask(id) ? "s" + std::to_string(number(id) - kFirstSubtask)
                        : "t" + std::to_string(number(id));
}
std::string why(Why text) { return " (" + std::string(text) + ")"; }

const char* name(AnswerKind kind) {
  switch (kind) {
    case AnswerKind::Ok: return "ok";
    case AnswerKind::Error: return "error";
    case AnswerKind::Fatal: return "fatal";
    case AnswerKind::Busy: return "busy";
  }
  return "";
}

const char* name(EndCause cause) {
  switch (cause) {
    case EndCause::Exited: return "exited";
    case EndCause::NotStarted: return "not started";
    case EndCause::NoRoom: return "no room";
    case EndCause::PrepFailed: return "preparation failed";
    case EndCause::Misbehaved: return "misbehaved";
    case EndCause::IsRelay: return "is a relay";
  }
  return "";
}

const char* name(Outcome outcome) {
  switch (outcome) {
    case Outcome::Ok: return "ok";
    case Outcome::Failed: return "failed";
    case Outcome::Lost: return "lost";
    case Outcome::NotComputed: return "not computed";
  }
  return "";
}

}  // namespace

std::string describe(const Event& event) {
  return std::visit(
      overloaded{
          [](const SlotAdded& e) { return "slot added, host " + std::to_string(number(e.host)); },
          [](const SlotsComplete&) { return std::string("slots complete"); },
          [](const TaskArrived& e) { return t(e.id) + " arrived"; },
          [](const PayloadRefused& e) { return t(e.task) + " cannot be sent: " + e.message; },
          [](const LastTry& e) { return t(e.task) + " is not to be tried again"; },
          [](const TaskSkipped& e) { return t(e.id) + " skipped"; },
          [](const TaskWithdrawn& e) { return t(e.id) + " is withdrawn"; },
          [](const StartsHeld&) { return std::string("starts are held"); },
          [](const SlotsLimited& e) {
            return "only " + std::to_string(e.slots) + " slots are to be used";
          },
          [](const TaskMalformed& e) { return t(e.id) + " malformed"; },
          [](const InputEnded&) { return std::string("input ended"); },
          [](const ConnectionLost& e) {
            return "connection " + std::to_string(number(e.connection)) +
                   " lost: " + name(e.cause) + ", " + e.reason;
          },
          [](const WorkerUp& e) { return w(e.worker) + " started"; },
          [](const WorkerHello& e) { return w(e.worker) + " says hello"; },
          [](const WorkerPrepared& e) { return w(e.worker) + " is prepared"; },
          [](const WorkerUnusable& e) { return w(e.worker) + " is unusable"; },
          [](const WorkerRetires& e) { return w(e.worker) + " retires"; },
          [](const WorkerSpent& e) { return w(e.worker) + " is spent: " + std::string(e.why); },
          [](const Answered& e) {
            return w(e.worker) + " answers " + t(e.task) + " " + name(e.kind);
          },
          [](const FormerEnded& e) { return "the former of " + w(e.worker) + " has ended"; },
          [](const WorkerGone& e) {
            return w(e.worker) + " ended, " + name(e.cause) + ": " + e.reason;
          },
          [](const OutputFull& e) {
            if (e.unread) return std::string("output full, and unread");
            if (!e.full || e.but_for == kNoWorker) {
              return std::string(e.full ? "output full" : "output ready");
            }
            return "output full but for worker " + std::to_string(number(e.but_for));
          },
          [](const OutputStalled& e) {
            return std::string(e.stalled ? "output stalled" : "output flows");
          },
          [](const OutputUnread& e) {
            return w(e.worker) + (e.unread ? " is not read" : " is read");
          },
          [](const SubtasksArrived& e) {
            return t(e.parent) + " at " + w(e.worker) + " submits " +
                   std::to_string(e.subtasks.size()) + " sub-tasks";
          },
          [](const TaskWaits& e) {
            return t(e.task) + " at " + w(e.worker) + (e.waits ? " waits" : " waits no more");
          },
          [](const SubpoolSet& e) { return "subpool " + std::to_string(e.slots); },
          [](const StopRequested& e) { return "stop level " + std::to_string(e.level); },
          [](const StartNoMore& e) { return "start no more: " + e.reason; },
          [](const Aborted& e) { return "aborted: " + e.reason; },
      },
      event);
}

std::string describe(const Action& action) {
  return std::visit(
      overloaded{
          [](const StartWorker& a) { return "start " + w(a.worker) + why(a.why); },
          [](const SendTask& a) {
            const bool gang = a.place.gang != kNoGang;
            return "send " + t(a.task) + " to " + w(a.worker) +
                   (gang ? " as rank " + std::to_string(a.place.rank) + " of gang " +
                               std::to_string(number(a.place.gang))
                         : "") +
                   why(a.why);
          },
          [](const GangBroken& a) {
            return "gang " + std::to_string(number(a.gang)) + " is broken by rank " +
                   (a.rank == kNoRank ? "none" : std::to_string(a.rank)) + ": " + a.reason;
          },
          [](const FamilyEnded& a) { return "the sub-tasks of " + t(a.parent) + " are over"; },
          [](const GangShrinks& a) { return "gangs have " + std::to_string(a.size); },
          [](const HandOver& a) { return "hand over " + w(a.worker) + why(a.why); },
          [](const KillFormer& a) { return "kill the former of " + w(a.worker) + why(a.why); },
          [](const CloseInput& a) { return "close " + w(a.worker) + why(a.why); },
          [](const KillWorker& a) {
            return std::string(a.gentle ? "terminate " : "kill ") + w(a.worker) + why(a.why);
          },
          [](const DeliverTask& a) {
            return "deliver " + t(a.task) + " " + name(a.outcome) + ": " + a.message;
          },
          [](const RetryTask& a) { return "retry " + t(a.task) + why(a.why); },
          [](const WorkerRests& a) {
            return w(a.worker) + " rests for " + std::to_string(to_seconds(a.rest)) + " s";
          },
          [](const SlotPaused& a) { return w(a.worker) + " pauses: " + a.reason; },
          [](const SlotClosed& a) { return "slot closed " + w(a.worker) + ": " + a.reason; },
      },
      action);
}

}  // namespace spread::simulation
