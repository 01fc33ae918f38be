// spread/pool: workers that stay between runs (docs/pool.md). Here is the pool as the Upstream of
// the one run that it is to itself; start here, then pool_run.h (one that has connected) and
// pool_door.h (the other side, of `run --pool`).
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "spread/io/event_loop.h"
#include "spread/io/pipe_buffers.h"
#include "spread/pool/pool_run.h"
#include "spread/tasks/upstream.h"

namespace spread {

struct PoolSetup {
  std::string command;           ///< for those who ask
  std::string socket_name;       ///< removed when nothing listens any more
  std::optional<Duration> idle;  ///< it ends when no run has been there for so long
  std::size_t max_frame = kFrameBytesDefault;
  int begun = -1;  ///< Streams::begun, but when a worker has been started
};

/// The runs of a pool, between their sockets and the one run whose tasks all of theirs are. To that
/// one a task is a number; who has sent it, and under which id, is known here alone.
class PoolRuns final : public Upstream, private PoolRunOwner, private ReadyHandler {
 public:
  /// `listener`: a socket to which they connect.
  PoolRuns(UniqueFd listener, PoolSetup setup);
  ~PoolRuns() override;
  PoolRuns(const PoolRuns&) = delete;
  PoolRuns& operator=(const PoolRuns&) = delete;

  /// After the run: those who have asked for its end get the tails, which are in the file `tails`,
  /// and hear that all is over. Where there are none, the tails are appended to `log`.
  void conclude(int tails, int log);

  Status open(UpstreamRun& run) override;
  Pull next(Record& record) override;
  bool waits() const override { return waiting_.empty() && !over_; }
  void finished(TaskResult&& result) override;
  void turn() override;
  void close() override;
  void withdrawn(TaskId task) override;
  void fatal(TaskId task) override;
  void printed(TaskId task, std::string_view so, std::string_view se) override;
  void progressed(TaskId task, double fraction, std::string_view text) override;
  void logged(TaskId task, LogLevel level, std::string_view text) override;
  bool errors(RunId run, std::string_view text) override;
  void ask(const Question& question) override;

 private:
  struct Waiting {
    PoolRun* run = nullptr;
    std::uint64_t id = 0;
    Record record;
  };
  struct Sent {
    PoolRun* run = nullptr;  ///< null: it has left
    std::uint64_t id = 0;
    std::string so, se;
    bool fatal = false;
  };

  void on_ready(int fd, bool readable, bool writable) override;
  void called(PoolRun& run, wire::PoolCall call) override;
  void new_task(PoolRun& run, std::uint64_t id, Record record) override;
  void cancelled(PoolRun& run, std::uint64_t id) override;
  void replied(wire::Reply reply) override { run_->reply(std::move(reply)); }
  void complain(const PoolRun& run, const std::string& why) override;
  void left(PoolRun& run) override;

  void look_at_start();
  void look_whether_idle();
  void stop(PoolRun& asker);
  void close_door();
  std::size_t works() const;
  wire::PoolFacts facts() const;
  Sent* sent(TaskId task);

  UniqueFd listener_;
  PoolSetup setup_;
  UpstreamRun* run_ = nullptr;
  ReadBuffer read_buffer_;
  std::vector<std::unique_ptr<PoolRun>> runs_;
  std::uint64_t last_run_ = 0;
  std::deque<Waiting> waiting_;  ///< that the scheduler has not taken
  std::uint64_t next_task_ = 0;  ///< its number in there
  std::map<TaskId, Sent> sent_;
  std::uint64_t done_ = 0;
  std::uint32_t stops_ = 0;  ///< so often it was asked to stop
  std::vector<UniqueFd> stoppers_;
  TimePoint began_{};
  bool start_told_ = false;
  bool over_ = false;  ///< no task will come
  std::unique_ptr<Timer> idle_;
};

}  // namespace spread
