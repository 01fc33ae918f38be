#pragma once

#include <cstdint>

#include "spread/api/failure_options.h"
#include "spread/api/task.h"

namespace spread {

/// Counts final outcomes and says when --halt is reached. A percentage is of the finished tasks,
/// and waits for three of them, as in GNU parallel.
class Halt {
 public:
  explicit Halt(const HaltOptions& options) : options_(options) {}

  void finished(Outcome outcome) {
    ++finished_;
    if (outcome != Outcome::Ok) ++failed_;
  }
  bool reached() const;
  bool now() const { return options_.when == HaltOptions::When::Now; }
  std::uint64_t finished() const { return finished_; }
  std::uint64_t failed() const { return failed_; }

 private:
  HaltOptions options_;
  std::uint64_t finished_ = 0;
  std::uint64_t failed_ = 0;
};

}  // namespace spread
