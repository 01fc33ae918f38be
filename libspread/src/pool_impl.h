#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "callbacks.h"
#include "job_table.h"
#include "spread/embed/pool_engine.h"
#include "spread/embed/thread.h"
#include "spread/pool.h"

namespace spread {
inline namespace v1 {

/// Between the callers, in whatever threads, and the engine's thread, which calls the members of
/// Sink. No call of the user's code, and no other wait, is made with the lock held.
struct Pool::Impl final : private embed::Sink {
  explicit Impl(const PoolOptions& options);

  /// Throws StateError in a forked child.
  void check_process() const;
  Future<Results> submit(Job job);
  void cancel(const std::string& type, const std::string& why);
  void on_ask(const std::string& name, std::function<Value(const Question&)> answer);
  const std::vector<Tail>& stop();
  void end_now();
  Active active() {
    const auto now = engine_->active();
    return {now.workers, now.usefulness};
  }
  bool is_here() const { return owner_->is_here(); }

 private:
  class Guard;
  using Ended = pool_detail::JobTable::Ended;
  using Lock = std::unique_lock<std::mutex>;

  void finished(const embed::Outcome& outcome) override;
  void withdrawn(std::uint64_t task) override;
  void progressed(std::uint64_t task, double fraction, std::string_view text) override;
  void logged(std::optional<std::uint64_t> task, int worker, int level,
              std::string_view text) override;
  void message(std::string_view message) override;
  void text(std::string_view text) override;
  void sent(std::uint64_t task, int worker, std::uint32_t attempt) override;
  void retried(std::uint64_t task, int worker, std::string_view kind, std::string_view text,
               double seconds) override;
  void started(int worker, std::string_view host, int pid,
               const std::vector<std::string>& arguments) override;
  void ready(int) override {}
  void ended(int worker, bool expected, std::string_view reason) override;
  void tail(int worker, std::string_view text) override;
  void asked(std::uint64_t seq, int worker, std::optional<std::uint64_t> task, std::string_view op,
             std::uint64_t count, std::string_view arguments) override;
  void over(std::string_view error) override;

  bool begin(pool_detail::LiveJob& job);
  void finish(std::uint64_t task, TaskResult result);
  void go_on(bool failed, Ended& ended);
  void close_if_last();
  Results results_of(pool_detail::LiveJob& job) const;
  void deliver(Ended ended);
  std::optional<TaskPlace> place_of(std::uint64_t task);
  void wait_until_over();
  void answer(std::uint64_t seq, const std::function<Value(const Question&)>& handler,
              const Question& question);
  template <typename Event>
  void tell(Event event);
  void call_observer(const std::function<void(Observer&)>& call);

  const OnFailure on_failure_;
  const std::shared_ptr<Observer> observer_;
  const std::shared_ptr<const embed::Owner> owner_ = std::make_shared<embed::Owner>();
  pool_detail::Callbacks callbacks_;
  const std::shared_ptr<const pool_detail::WaitGuard> guard_;

  std::mutex mutex_;
  std::condition_variable changed_;
  pool_detail::JobTable jobs_;
  std::vector<Results::Worker> workers_;  ///< by number
  std::map<int, Tail> tails_;
  std::vector<Tail> all_tails_;  ///< from stop() on
  std::map<std::string, std::function<Value(const Question&)>> handlers_;
  bool stopped_ = false;     ///< no job is taken any more
  bool over_ = false;        ///< the engine has ended
  std::string why_;          ///< it did
  std::size_t dropped_ = 0;  ///< calls of the observer, not told yet; of the engine's thread

  std::mutex stopping_;  ///< one thread at a time waits for the end
  std::unique_ptr<embed::PoolEngine> engine_;
};

}  // namespace v1
}  // namespace spread
