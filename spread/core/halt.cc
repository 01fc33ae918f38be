#include "spread/core/halt.h"

namespace spread {

bool Halt::reached() const {
  if (options_.when == HaltOptions::When::Never || finished_ == 0) return false;
  std::uint64_t counted = finished_;
  switch (options_.why) {
    case HaltOptions::Why::Fail: counted = failed_; break;
    case HaltOptions::Why::Success: counted = finished_ - failed_; break;
    case HaltOptions::Why::Done: break;
  }
  if (!options_.percent) return static_cast<double>(counted) >= options_.count;
  constexpr std::uint64_t kLeastFinished = 3;
  return finished_ >= kLeastFinished &&
         100.0 * static_cast<double>(counted) >= options_.count * static_cast<double>(finished_);
}

}  // namespace spread
