#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/environment.h"
#include "spread/api/result.h"
#include "spread/base/posix.h"
#include "spread/tasks/worker_channels.h"
#include "spread/wire/pool_frames.h"

namespace spread {

/// Where the pools of this user are; the folder is made if it is not there.
Result<std::string> pool_folder(const Environment& environment);

/// A connection to a pool that has said how it is.
struct CalledPool {
  UniqueFd socket;
  wire::PoolFacts facts;
};
/// Error::number is ENOENT where there is no such pool, and ECONNREFUSED where it was killed.
Result<CalledPool> call_pool(const std::string& folder, const std::string& name,
                             wire::PoolCall call);
/// Of a pool that was asked to stop: gives its tails on, and returns when it has ended.
Status await_end(const CalledPool& pool, const std::string& name,
                 const std::function<Status(std::string_view)>& tail);

/// The one worker of `run --pool NAME`: all slots of the pool, by its socket.
class PoolDoor final : public WorkerChannels {
 public:
  PoolDoor(CalledPool pool, std::string name) : pool_(std::move(pool)), name_(std::move(name)) {}

  const wire::PoolFacts& facts() const { return pool_.facts; }
  Result<std::unique_ptr<Channel>> open(EventLoop& loop, WorkerId slot) override;
  std::string why_over(std::size_t unanswered) const override;

 private:
  CalledPool pool_;
  std::string name_;
};

}  // namespace spread
