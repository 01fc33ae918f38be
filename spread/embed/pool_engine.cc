#include "spread/embed/pool_engine.h"

#include <condition_variable>
#include <mutex>
#include <utility>

#include "spread/embed/mailbox.h"
#include "spread/embed/pool_run.h"
#include "spread/embed/pool_upstream.h"
#include "spread/io/quiet_thread.h"

namespace spread::embed {

struct PoolEngine::Impl {
  Impl(Settings wanted, Sink& told) : settings(std::move(wanted)), sink(told) {}

  void run();
  void set_open(bool right, std::string why);

  const Settings settings;
  Sink& sink;
  Mailbox mailbox;
  PoolUpstream upstream{mailbox, sink};
  std::optional<QuietThread> thread;

  std::mutex mutex;
  std::condition_variable changed;
  std::optional<bool> open;  ///< it has come to that, or cannot
  std::string problem;
};

void PoolEngine::Impl::set_open(bool right, std::string why) {
  const std::lock_guard lock(mutex);
  open = right;
  problem = std::move(why);
  changed.notify_all();
}

void PoolEngine::Impl::run() {
  const auto ended = run_pool(settings, upstream, sink, [this] { set_open(true, {}); });
  if (!ended) return set_open(false, ended.error().message);
  sink.over(*ended);
}

PoolEngine::PoolEngine(Settings settings, Sink& sink)
    : impl_(std::make_unique<Impl>(std::move(settings), sink)) {}

bool PoolEngine::start(std::string& error) {
  auto thread = QuietThread::start([this] { impl_->run(); });
  if (!thread) {
    error = thread.error().message;
    return false;
  }
  impl_->thread.emplace(std::move(*thread));
  std::unique_lock lock(impl_->mutex);
  impl_->changed.wait(lock, [this] { return impl_->open.has_value(); });
  error = impl_->problem;
  return *impl_->open;
}

PoolEngine::~PoolEngine() {
  for (int i = 0; i < 3; ++i) stop_early();
  join();
}

std::optional<std::uint64_t> PoolEngine::submit(std::vector<std::string> payloads) {
  return impl_->mailbox.submit(std::move(payloads));
}

void PoolEngine::withdraw(std::uint64_t first, std::uint64_t count) {
  impl_->mailbox.change([&](Mailbox::Contents& all) { all.withdrawn.push_back({first, count}); });
}

void PoolEngine::reply(std::uint64_t seq, std::string value) {
  impl_->mailbox.change([&](Mailbox::Contents& all) {
    all.replies.push_back({seq, std::move(value), {}, {}});
  });
}

void PoolEngine::refuse(std::uint64_t seq, std::string type, std::string message) {
  impl_->mailbox.change([&](Mailbox::Contents& all) {
    all.replies.push_back({seq, {}, std::move(type), std::move(message)});
  });
}

void PoolEngine::close() {
  impl_->mailbox.change([](Mailbox::Contents& all) { all.closed = true; });
}

void PoolEngine::stop_early() {
  impl_->mailbox.change([](Mailbox::Contents& all) { ++all.stops; });
}

void PoolEngine::join() {
  if (impl_->thread) impl_->thread->join();
}

PoolEngine::Active PoolEngine::active() {
  Active active;
  impl_->mailbox.call([&] { active = impl_->upstream.active(); });
  return active;
}

}  // namespace spread::embed
