#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "spread/api/observer.h"
#include "spread/embed/mailbox.h"
#include "spread/embed/pool_engine.h"
#include "spread/tasks/upstream.h"

namespace spread::embed {

/// Between the Mailbox and the run: the tasks that others have submitted, one after the other, and
/// what becomes of them to the Sink. In the engine's thread.
///
/// A task that is taken back before the run has read it is never given to the run, whose numbers
/// (TaskId) therefore are others than those of the submitters.
class PoolUpstream final : public Upstream, public Observer {
 public:
  PoolUpstream(Mailbox& mailbox, Sink& sink) : mailbox_(mailbox), sink_(sink) {}
  ~PoolUpstream() override;

  Status open(UpstreamRun& run) override;
  Pull next(Record& record) override;
  bool waits() const override { return ahead_.empty() && !closed_; }
  void finished(TaskResult&& result) override;
  void withdrawn(TaskId task) override;
  void fatal(TaskId task) override { fatal_ = task; }
  void printed(TaskId task, std::string_view so, std::string_view se) override;
  void progressed(TaskId task, double fraction, std::string_view text) override;
  void logged(TaskId, LogLevel, std::string_view) override {
  }  // comes as WorkerLog, with its worker
  void ask(const Question& question) override;

  /// No task follows those that have been given.
  bool ended() const { return closed_ && ahead_.empty(); }
  /// The run is over: every task that it has not answered is told as not computed, for this reason;
  /// nothing is taken from the mailbox any more.
  void conclude(std::string_view why);
  PoolEngine::Active active() const;

  void on(const WorkerStarted& event, TimePoint) override;
  void on(const WorkerReady& event, TimePoint) override;
  void on(const WorkerEnded& event, TimePoint) override;
  void on(const WorkerTail& event, TimePoint) override;
  void on(const WorkerLog& event, TimePoint) override;
  void on(const TaskSent& event, TimePoint) override;
  void on(const TaskAnswered& event, TimePoint) override;

 private:
  static constexpr std::uint64_t kDone = UINT64_MAX;

  void look();
  void withdraw(Mailbox::Range range);
  /// The submitter's number; kDone if it is none of these, or final.
  std::uint64_t number_of(TaskId task) const;
  /// The same, of the outcome.
  std::uint64_t finish(TaskId task);

  Mailbox& mailbox_;
  Sink& sink_;
  UpstreamRun* run_ = nullptr;
  std::unique_ptr<Wakeup> wakeup_;
  /// Submitted, and not read by the run.
  struct Ahead {
    std::uint64_t number = 0;
    std::string payload;
  };
  std::deque<Ahead> ahead_;
  std::uint64_t submitted_ = 0;  ///< their numbers are below
  /// By TaskId, from first_id_: the numbers of those that the run has.
  std::deque<std::uint64_t> numbers_;
  std::uint64_t first_id_ = 0;
  std::map<TaskId, std::pair<std::string, std::string>> printed_;
  TaskId fatal_{UINT64_MAX};
  bool closed_ = false;
};

}  // namespace spread::embed
