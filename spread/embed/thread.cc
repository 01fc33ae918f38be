#include "spread/embed/thread.h"

#include <utility>

#include "spread/io/owner_process.h"
#include "spread/io/quiet_thread.h"

namespace spread::embed {

struct Thread::Impl {
  QuietThread thread;
};

Thread::Thread(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Thread::~Thread() = default;

std::unique_ptr<Thread> Thread::start(std::function<void()> run, std::string& error) {
  auto thread = QuietThread::start(std::move(run));
  if (!thread) {
    error = thread.error().message;
    return nullptr;
  }
  return std::unique_ptr<Thread>(new Thread(std::make_unique<Impl>(Impl{std::move(*thread)})));
}

struct Owner::Impl {
  OwnerProcess process;
};

Owner::Owner() : impl_(std::make_unique<Impl>()) {}
Owner::~Owner() = default;
bool Owner::is_here() const { return impl_->process.is_here(); }

}  // namespace spread::embed
