#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "spread/api/time.h"

namespace spread {

/// The stderr of a start that may yet fail, when it is told once for all tries: kept for a second,
/// since what a process says of its end comes just before it. So a worker that says how far it is
/// with loading is a second late, and no later.
class HeldErrors {
 public:
  static constexpr Duration kFor = std::chrono::seconds(1);
  static constexpr std::size_t kBytesMax = 64 * 1024;

  void add(std::string_view text, TimePoint now) {
    if (text_.empty()) until_ = after(now, kFor);
    text_ += text;
    if (text_.size() > kBytesMax) until_ = now;
  }
  const std::string& text() const { return text_; }
  bool empty() const { return text_.empty(); }
  /// When it is to be passed on.
  TimePoint deadline() const { return until_; }
  std::string take() {
    until_ = kForever;
    return std::exchange(text_, {});
  }

 private:
  std::string text_;
  TimePoint until_ = kForever;
};

}  // namespace spread
