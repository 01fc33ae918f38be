#pragma once

#include <memory>
#include <string>

#include "spread/api/result.h"
#include "spread/api/task.h"
#include "spread/io/channel.h"
#include "spread/io/event_loop.h"

namespace spread {

/// What the workers of a run are reached by, in place of processes that it starts.
class WorkerChannels {
 public:
  virtual ~WorkerChannels() = default;
  /// Of the next worker of this slot. An Error is a start that has failed.
  virtual Result<std::unique_ptr<Channel>> open(EventLoop& loop, WorkerId slot) = 0;
  /// A worker has ended without being asked to, with so many tasks unanswered. Not empty: why that
  /// is the end of the run, as an error of spread's own.
  virtual std::string why_over(std::size_t unanswered) const = 0;
};

}  // namespace spread
