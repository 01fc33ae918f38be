#pragma once

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

}  // namespace spread
