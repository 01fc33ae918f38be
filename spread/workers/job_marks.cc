#include "spread/workers/job_marks.h"

#include <algorithm>
#include <utility>

namespace spread {
namespace {

// "ready", or an exit status: what is longer was no mark.
constexpr std::size_t kTextMax = 16;

}  // namespace

void MarkScanner::feed(ByteView bytes, const Bytes& on_bytes, const Mark& on_mark) {
  std::string joined;
  std::string_view rest = as_text(bytes);
  if (!held_.empty()) {
    joined = std::exchange(held_, {}) + std::string(rest);
    rest = joined;
  }
  const auto pass = [&](std::size_t size) {
    if (size != 0) on_bytes(as_bytes(rest.substr(0, size)));
    rest.remove_prefix(size);
  };
  while (!rest.empty()) {
    pass(std::min(rest.find(prefix_[0]), rest.size()));
    if (rest.empty()) return;
    const std::size_t known = std::min(rest.size(), prefix_.size());
    if (rest.substr(0, known) != std::string_view(prefix_).substr(0, known)) {
      pass(1);
      continue;
    }
    const std::string_view text = rest.substr(known);
    const std::size_t newline = text.find('\n');
    if (newline == std::string_view::npos && text.size() <= kTextMax) {
      held_ = rest;
      return;
    }
    if (newline > kTextMax) {
      pass(1);
      continue;
    }
    on_mark(text.substr(0, newline));
    rest.remove_prefix(known + newline + 1);
  }
}

void MarkScanner::finish(const Bytes& on_bytes) {
  if (!held_.empty()) on_bytes(as_bytes(std::exchange(held_, {})));
}

}  // namespace spread
