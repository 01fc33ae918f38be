// A value that comes later.
#pragma once

#include <chrono>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "spread/errors.h"
#include "spread/export.h"

namespace spread {
inline namespace v1 {

template <class T>
class Future;
template <class T>
class Promise;

namespace pool_detail {

/// Who gives a value may know that the calling thread would wait for itself.
class SPREAD_API WaitGuard {
 public:
  virtual ~WaitGuard();
  /// Throws StateError where this process has no use of the value: it is a forked child.
  virtual void check_process() const = 0;
  /// The same, or where this thread must not wait.
  virtual void check_wait() const = 0;
};

template <class T>
struct Shared {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<T> value;
  std::exception_ptr error;
  std::shared_ptr<const WaitGuard> guard;  ///< may be null
  bool given = false;                      ///< a value or an error; stays when it has been taken
};

[[noreturn]] SPREAD_API void throw_broken();
[[noreturn]] SPREAD_API void throw_no_future();

}  // namespace pool_detail

/// A T that is computed meanwhile. Made by what computes it; moved, not copied. One thread at a
/// time may use one Future, any thread; several Futures are independent. It may outlive its Pool.
///
/// get() takes the value out: afterwards valid() is false, and every other call throws StateError.
/// Destroyed without get(), it drops the value when it comes, and waits for nothing.
template <class T>
class Future {
 public:
  Future() = default;
  Future(Future&&) noexcept = default;
  Future& operator=(Future&&) noexcept = default;

  /// There is something to wait for, or to get.
  bool valid() const { return shared_ != nullptr; }
  /// The value, or the error in its place, is there: get() does not wait.
  bool ready() const {
    Shared& shared = checked();
    if (shared.guard) shared.guard->check_process();
    const std::lock_guard lock(shared.mutex);
    return shared.given;
  }
  /// Waits until ready().
  void wait() const {
    Shared& shared = checked();
    if (shared.guard) shared.guard->check_wait();
    std::unique_lock lock(shared.mutex);
    shared.changed.wait(lock, [&] { return shared.given; });
  }
  /// Waits, and takes the value. Throws what was given in its place, or BrokenPromise where nothing
  /// will ever be given; StateError in a callback of the Pool that is to compute it.
  T get() {
    wait();
    return take();
  }
  /// The same, but waits for so long at most: nothing where it has not come by then, and the Future
  /// stays as it is.
  template <class Rep, class Period>
  std::optional<T> wait_for(std::chrono::duration<Rep, Period> time) {
    Shared& shared = checked();
    if (shared.guard) shared.guard->check_wait();
    {
      std::unique_lock lock(shared.mutex);
      if (!shared.changed.wait_for(lock, time, [&] { return shared.given; })) return std::nullopt;
    }
    return take();
  }

 private:
  using Shared = pool_detail::Shared<T>;
  friend class Promise<T>;
  explicit Future(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

  Shared& checked() const {
    if (!shared_) pool_detail::throw_no_future();
    return *shared_;
  }
  T take() {
    const std::shared_ptr<Shared> shared = std::exchange(shared_, nullptr);
    if (shared->error) std::rethrow_exception(shared->error);
    return std::move(*shared->value);
  }

  std::shared_ptr<Shared> shared_;
};

/// The other end: gives a Future its value, once. Destroyed before that, it gives BrokenPromise.
template <class T>
class Promise {
 public:
  Promise() : shared_(std::make_shared<Shared>()) {}
  explicit Promise(std::shared_ptr<const pool_detail::WaitGuard> guard) : Promise() {
    shared_->guard = std::move(guard);
  }
  Promise(Promise&&) noexcept = default;
  Promise& operator=(Promise&& other) noexcept {
    Promise old(std::move(*this));
    shared_ = std::move(other.shared_);
    return *this;
  }
  ~Promise() {
    if (shared_ && !shared_->given) {
      try {
        pool_detail::throw_broken();
      } catch (...) {
        give_error(std::current_exception());
      }
    }
  }

  /// To be called once.
  Future<T> future() { return Future<T>(shared_); }
  void give(T value) {
    {
      const std::lock_guard lock(shared_->mutex);
      shared_->value.emplace(std::move(value));
      shared_->given = true;
    }
    shared_->changed.notify_all();
  }
  void give_error(std::exception_ptr error) {
    {
      const std::lock_guard lock(shared_->mutex);
      shared_->error = std::move(error);
      shared_->given = true;
    }
    shared_->changed.notify_all();
  }

 private:
  using Shared = pool_detail::Shared<T>;
  std::shared_ptr<Shared> shared_;
};

}  // namespace v1
}  // namespace spread
