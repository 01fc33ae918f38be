#include "spread/io/quiet_thread.h"

#include <utility>

#include "spread/base/posix.h"
#include "spread/sys/calls.h"

namespace spread {
namespace {

// A run needs some tens of KiB. The rest is for sanitizers and for what a host's functions need,
// and is never touched.
constexpr std::size_t kStackBytes = 1024 * 1024;

}  // namespace

Result<QuietThread> QuietThread::start(std::function<void()> run) {
  QuietThread thread(std::make_unique<Run>(std::move(run)));
  const int error = sys::pthread_create(&thread.thread_, kStackBytes, enter, thread.run_.get());
  if (error == 0) return thread;
  thread.run_.reset();
  return tl::unexpected(Error{"cannot start a thread: " + errno_text(error), error});
}

void* QuietThread::enter(void* run) {
  (*static_cast<Run*>(run))();
  return nullptr;
}

void QuietThread::join() {
  if (!run_) return;
  sys::pthread_join(thread_);
  run_.reset();
}

}  // namespace spread
