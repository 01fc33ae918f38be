#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace spread::world {

/// A coroutine that begins when it is awaited, and whose result the awaiting one gets. What a
/// simulated process runs is one of Co<int>, its exit status. Destroying it ends it wherever it
/// waits, with all that it awaits: that is how a process is killed.
template <typename T>
class Co {
 public:
  struct promise_type {
    Co get_return_object() { return Co(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept {
      struct Back {
        bool await_ready() noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> done) noexcept {
          const std::coroutine_handle<> waiting = done.promise().waiting;
          return waiting ? waiting : std::noop_coroutine();
        }
        void await_resume() noexcept {}
      };
      return Back{};
    }
    void return_value(T value) { result = std::move(value); }
    void unhandled_exception() { std::terminate(); }

    std::coroutine_handle<> waiting;
    std::optional<T> result;
  };

  Co() = default;
  Co(Co&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Co& operator=(Co&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Co() {
    if (handle_) handle_.destroy();
  }

  std::coroutine_handle<> handle() const { return handle_; }
  bool done() const { return handle_ && handle_.done(); }
  T take_result() { return std::move(*handle_.promise().result); }

  bool await_ready() { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiting) {
    handle_.promise().waiting = waiting;
    return handle_;
  }
  T await_resume() { return take_result(); }

 private:
  explicit Co(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  std::coroutine_handle<promise_type> handle_;
};

}  // namespace spread::world
