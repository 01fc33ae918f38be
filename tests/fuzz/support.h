// What targets are made of: where their inputs come from, and what is seen when a claim fails.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

#include "spread/api/bytes.h"
#include "spread/base/assert.h"

namespace spread::fuzz {

/// The input of a target, from its front. Behind its end there are zeros, and nothing.
class Input {
 public:
  explicit Input(ByteView bytes) : rest_(bytes) {}

  bool empty() const { return rest_.empty(); }
  Byte byte() {
    if (rest_.empty()) return 0;
    const Byte first = rest_.front();
    rest_ = rest_.subspan(1);
    return first;
  }
  /// At most so many.
  ByteView take(std::size_t size) {
    const ByteView front = rest_.first(std::min(size, rest_.size()));
    rest_ = rest_.subspan(front.size());
    return front;
  }
  /// Up to a NUL byte, which goes with it.
  std::string_view text() {
    const std::string_view all = as_text(rest_);
    const std::string_view front = all.substr(0, all.find('\0'));
    rest_ = rest_.subspan(std::min(front.size() + 1, rest_.size()));
    return front;
  }
  ByteView rest() const { return rest_; }

 private:
  ByteView rest_;
};

/// Both are the same; else they are shown.
inline void check_same(std::string_view one, std::string_view other) {
  if (one == other) return;
  for (const std::string_view text : {one, std::string_view("\n--- and not:\n"), other}) {
    std::fwrite(text.data(), 1, text.size(), stderr);
  }
  std::fputc('\n', stderr);
  SPREAD_ASSERT(one == other);
}

}  // namespace spread::fuzz
