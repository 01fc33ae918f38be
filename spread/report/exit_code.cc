#include "spread/report/exit_code.h"

#include <algorithm>

namespace spread {

int exit_code(const RunEnd& end, const HaltOptions& halt) {
  constexpr int kOutputClosed = 141;  // 128 + SIGPIPE
  constexpr int kMany = 101;
  if (end.output_closed) return kOutputClosed;
  if (end.own_error) return kOwnError;
  if (end.signal != 0) return 128 + end.signal;
  if (end.halted && halt.why == HaltOptions::Why::Success) return 0;
  if (end.halted && halt.why == HaltOptions::Why::Fail) {
    if (halt.percent) return std::clamp(static_cast<int>(halt.count), 1, 100);
    if (halt.count == 1) return 1;
  }
  const auto failed = static_cast<int>(std::min<std::uint64_t>(end.failed, kMany));
  return failed == 0 && end.incomplete ? 1 : failed;
}

}  // namespace spread
