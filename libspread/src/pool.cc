#include "spread/pool.h"

#include "pool_impl.h"

namespace spread {
inline namespace v1 {

Observer::Observer() = default;
Observer::~Observer() = default;
void Observer::on(const WorkerStarted&) {}
void Observer::on(const WorkerEnded&) {}
void Observer::on(const TaskSent&) {}
void Observer::on(const TaskRetried&) {}
void Observer::on(const TaskFinished&) {}
void Observer::on(const TaskProgress&) {}
void Observer::on(const WorkerLog&) {}
void Observer::on(const Tail&) {}
void Observer::on(const Message&) {}
void Observer::on(const WorkerText&) {}
void Observer::dropped(std::size_t) {}

Pool::Pool(const PoolOptions& options) : impl_(std::make_unique<Impl>(options)) {}

Pool::~Pool() {
  if (impl_->is_here()) {
    impl_->end_now();
  } else {
    // Threads, descriptors and workers are the parent's.
    static_cast<void>(impl_.release());
  }
}

Future<Results> Pool::submit(Job job) {
  impl_->check_process();
  return impl_->submit(std::move(job));
}

void Pool::cancel_pending() {
  impl_->check_process();
  impl_->cancel("Cancelled", "it was taken back before a worker had it");
}

void Pool::on_ask(const std::string& name, std::function<Value(const Question&)> answer) {
  impl_->check_process();
  impl_->on_ask(name, std::move(answer));
}

const std::vector<Tail>& Pool::stop() {
  impl_->check_process();
  return impl_->stop();
}

Active Pool::num_active() const {
  impl_->check_process();
  return impl_->active();
}

}  // namespace v1
}  // namespace spread
