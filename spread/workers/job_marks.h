// What a process has said, in the workers' folder: marks between the output of jobs, and the end
// of its stderr.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "spread/api/bytes.h"

namespace spread {

/// Finds the marks in one stream of a job agent's output (spread/launch/job_agent.h); what is
/// between them are jobs' bytes, which are passed on at once, but for the few that may be the start
/// of a mark. Pure.
class MarkScanner {
 public:
  /// `prefix`: what a mark begins with; its text follows, up to a newline.
  explicit MarkScanner(std::string prefix) : prefix_(std::move(prefix)) {}

  /// Bytes of a job, and the text of a mark ("ready", "0"), in the order in which they came.
  using Bytes = std::function<void(ByteView)>;
  using Mark = std::function<void(std::string_view)>;
  void feed(ByteView bytes, const Bytes& on_bytes, const Mark& on_mark);
  /// The stream has ended: what was held back was no mark.
  void finish(const Bytes& on_bytes);

 private:
  std::string prefix_;
  std::string held_;  ///< from the first byte of what may be a mark
};

/// The end of what a process wrote to its stderr: whole lines, where there are some.
class LastWords {
 public:
  static constexpr std::size_t kBytes = 400;

  void add(std::string_view text) {
    text_ += text.substr(text.size() - std::min(text.size(), kBytes));
    if (text_.size() <= kBytes) return;
    text_.erase(0, text_.size() - kBytes);
    const std::size_t line = text_.find('\n');
    if (line != std::string::npos && line + 1 < text_.size()) text_.erase(0, line + 1);
  }
  bool empty() const { return text_.empty(); }
  /// In one line.
  std::string line() const {
    std::string line = text_;
    for (char& c : line) c = c == '\n' ? ' ' : c;
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
  }

 private:
  std::string text_;
};

}  // namespace spread
