#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "spread/io/event_loop.h"

namespace spread {

/// The stderr of a start that may yet fail, when it is told once for all tries: kept for a second,
/// since what a process says of its end comes just before it. So a worker that says how far it is
/// with loading is a second late, and no later.
class HeldErrors {
 public:
  static constexpr Duration kFor = std::chrono::seconds(1);
  static constexpr std::size_t kBytesMax = 64 * 1024;

  /// `due`: is called when it is to be passed on.
  HeldErrors(EventLoop& loop, std::function<void()> due)
      : loop_(loop), due_(loop, std::move(due)) {}

  void add(std::string_view text) {
    if (text_.empty()) due_.set(after(loop_.now(), kFor));
    text_ += text;
    if (text_.size() > kBytesMax) due_.set(loop_.now());
  }
  const std::string& text() const { return text_; }
  bool empty() const { return text_.empty(); }
  std::string take() {
    due_.set(kForever);
    return std::exchange(text_, {});
  }

 private:
  EventLoop& loop_;
  Timer due_;
  std::string text_;
};

}  // namespace spread
