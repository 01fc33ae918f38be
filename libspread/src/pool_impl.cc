// What callers want.
#include "pool_impl.h"

#include <utility>

#include "settings.h"

namespace spread {
inline namespace v1 {

/// Of the Futures, which may outlive the Pool.
class Pool::Impl::Guard final : public pool_detail::WaitGuard {
 public:
  Guard(std::shared_ptr<const embed::Owner> owner, pool_detail::Callbacks::Running callback)
      : owner_(std::move(owner)), callback_(std::move(callback)) {}

  void check_process() const override {
    if (!owner_->is_here()) throw StateError("this Future is of a Pool of the parent process");
  }
  void check_wait() const override {
    check_process();
    if (callback_->load() == std::this_thread::get_id()) {
      throw StateError("a callback of a Pool must not wait for a job of it");
    }
  }

 private:
  std::shared_ptr<const embed::Owner> owner_;
  pool_detail::Callbacks::Running callback_;
};

Pool::Impl::Impl(const PoolOptions& options)
    : on_failure_(options.on_failure),
      observer_(options.observer),
      callbacks_(options.callbacks_max, options.executor),
      guard_(std::make_shared<Guard>(owner_, callbacks_.running())) {
  std::string error;
  engine_ = std::make_unique<embed::PoolEngine>(pool_detail::settings_of(options),
                                                static_cast<embed::Sink&>(*this));
  if (!engine_->start(error)) throw PoolError(pool_detail::in_words_of_options(error));
}

void Pool::Impl::check_process() const {
  if (!is_here()) throw StateError("this Pool is of the parent process");
}

Future<Results> Pool::Impl::submit(Job job) {
  Promise<Results> promise(guard_);
  Future<Results> future = promise.future();
  std::vector<Value> tasks = std::move(job).tasks();
  // The engine waits for the lock, too: what takes long comes before.
  std::vector<std::string> payloads;
  payloads.reserve(tasks.size());
  for (const Value& each : tasks) payloads.push_back(each.msgpack());
  Ended ended;
  {
    const Lock lock(mutex_);
    if (stopped_) throw StateError("the Pool was stopped");
    if (over_) throw StateError("the Pool has ended: " + why_);
    pool_detail::LiveJob live = jobs_.make(std::move(tasks), std::move(promise));
    live.payloads = std::move(payloads);
    if (live.open == 0) {
      ended.push_back(std::move(live));
    } else if (on_failure_ == OnFailure::flush && jobs_.any_live()) {
      jobs_.wait(std::move(live));
    } else if (!begin(live)) {
      throw StateError("the Pool has ended");
    }
  }
  deliver(std::move(ended));
  return future;
}

/// With the lock held. False: the engine has ended, and the job is as it was.
bool Pool::Impl::begin(pool_detail::LiveJob& job) {
  const auto first = engine_->submit(std::move(job.payloads));
  if (!first) return false;
  jobs_.begin(std::move(job), *first);
  return true;
}

void Pool::Impl::cancel(const std::string& type, const std::string& why) {
  Ended ended;
  {
    const Lock lock(mutex_);
    jobs_.each_live([&](pool_detail::LiveJob& job) {
      job.withdrawn_type = type;
      job.withdrawn_why = why;
      engine_->withdraw(job.first, job.results.size());
    });
    ended = jobs_.drop_waiting(type, why);
    close_if_last();
  }
  deliver(std::move(ended));
}

void Pool::Impl::on_ask(const std::string& name, std::function<Value(const Question&)> answer) {
  const Lock lock(mutex_);
  if (answer) {
    handlers_[name] = std::move(answer);
  } else {
    handlers_.erase(name);
  }
}

/// With the lock held.
void Pool::Impl::close_if_last() {
  if (stopped_ && !jobs_.any_waiting()) engine_->close();
}

void Pool::Impl::wait_until_over() {
  {
    Lock lock(mutex_);
    changed_.wait(lock, [this] { return over_; });
  }
  engine_->join();
  callbacks_.finish();
}

const std::vector<Tail>& Pool::Impl::stop() {
  if (callbacks_.is_inside()) throw StateError("a callback of a Pool must not wait for its end");
  {
    const Lock lock(mutex_);
    stopped_ = true;
    close_if_last();
  }
  const std::lock_guard one(stopping_);
  wait_until_over();
  if (all_tails_.empty()) {
    for (auto& [worker, tail] : tails_) all_tails_.push_back(std::move(tail));
    tails_.clear();
  }
  return all_tails_;
}

void Pool::Impl::end_now() {
  {
    const Lock lock(mutex_);
    stopped_ = true;
  }
  cancel("NotComputed", "the Pool was destroyed");
  {
    const Lock lock(mutex_);
    // TERM, and KILL after the grace; where nothing is under way workers end by themselves.
    if (jobs_.any_live()) engine_->stop_early(), engine_->stop_early();
  }
  const std::lock_guard one(stopping_);
  wait_until_over();
}

}  // namespace v1
}  // namespace spread
