#include "spread/future.h"

namespace spread {
inline namespace v1 {
namespace pool_detail {

WaitGuard::~WaitGuard() = default;

void throw_broken() { throw BrokenPromise("what was to give this value has gone without it"); }

void throw_no_future() {
  throw StateError("this Future has nothing to wait for: its value was taken, or it never had one");
}

}  // namespace pool_detail
}  // namespace v1
}  // namespace spread
