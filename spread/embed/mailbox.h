#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "spread/io/wakeup.h"

namespace spread::embed {

/// What other threads want of the engine's thread: put here by them, taken out there.
class Mailbox {
 public:
  struct Reply {
    std::uint64_t seq = 0;
    std::string value;          ///< msgpack
    std::string type, message;  ///< of a refusal; type empty: it is none
  };
  struct Range {
    std::uint64_t first = 0, count = 0;
  };
  struct Contents {
    std::deque<std::string> payloads;  ///< they follow those that were taken before
    std::vector<Range> withdrawn;      ///< of tasks in these payloads, or before
    std::vector<Reply> replies;
    std::vector<std::function<void()>> calls;
    int stops = 0;        ///< how often stop_early() was called
    bool closed = false;  ///< it stays so
  };

  // From any thread.
  /// The number of the first; nothing after end().
  std::optional<std::uint64_t> submit(std::vector<std::string> payloads);
  /// Does it to what is there, and wakes the engine.
  template <typename Change>
  void change(Change change) {
    const std::lock_guard lock(mutex_);
    change(contents_);
    wake();
  }
  /// Has it called in the engine's thread, and returns behind that; false if this has ended.
  bool call(std::function<void()> call);

  // From the engine's.
  Contents take();
  /// Must be there until end().
  void begin(Wakeup& wakeup);
  /// Nothing is taken any more; what is there now is all that will ever be.
  Contents end();

 private:
  void wake() {
    if (wakeup_ != nullptr) wakeup_->post();
  }

  std::mutex mutex_;
  std::condition_variable called_;
  Contents contents_;
  std::uint64_t next_task_ = 0;
  Wakeup* wakeup_ = nullptr;
  bool ended_ = false;
};

}  // namespace spread::embed
