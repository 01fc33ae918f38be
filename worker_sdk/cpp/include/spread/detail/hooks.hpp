#pragma once

#include "spread/detail/posix.hpp"

#include <cstdio>
#include <exception>
#include <functional>
#include <utility>
#include <vector>

namespace spread::detail {

/// What is called around every task, and in the end.
struct Hooks {
  std::vector<std::function<void()>> before, after, at_exit;

  void call_before() const {
    for (const auto& hook : before) hook();
  }
  void call_after() const {
    for (const auto& hook : after) call(hook);
  }
  /// Once, the last one first.
  void call_at_exit() {
    while (!at_exit.empty()) {
      const auto hook = std::move(at_exit.back());
      at_exit.pop_back();
      call(hook);
    }
  }

 private:
  static void call(const std::function<void()>& hook) {
    try {
      hook();
    } catch (const std::exception& e) {
      std::fputs(complaint(e.what()).c_str(), stderr);
    }
  }
};

inline Hooks& hooks() {
  static Hooks all;
  return all;
}

}  // namespace spread::detail
