#include "spread/embed/mailbox.h"

#include <iterator>
#include <memory>

namespace spread::embed {

std::optional<std::uint64_t> Mailbox::submit(std::vector<std::string> payloads) {
  const std::lock_guard lock(mutex_);
  if (ended_) return std::nullopt;
  const std::uint64_t first = next_task_;
  next_task_ += payloads.size();
  std::move(payloads.begin(), payloads.end(), std::back_inserter(contents_.payloads));
  wake();
  return first;
}

bool Mailbox::call(std::function<void()> call) {
  // Both sides hold it: the engine may end, and be told of it, while the other one waits.
  auto done = std::make_shared<bool>(false);
  std::unique_lock lock(mutex_);
  if (ended_) return false;
  contents_.calls.push_back([this, done, call = std::move(call)] {
    const std::lock_guard inner(mutex_);
    call();
    *done = true;
    called_.notify_all();
  });
  wake();
  called_.wait(lock, [&] { return *done || ended_; });
  return *done;
}

Mailbox::Contents Mailbox::take() {
  const std::lock_guard lock(mutex_);
  Contents taken = std::move(contents_);
  contents_ = Contents();
  contents_.closed = taken.closed;
  return taken;
}

void Mailbox::begin(Wakeup& wakeup) {
  const std::lock_guard lock(mutex_);
  wakeup_ = &wakeup;
  wakeup_->post();  // for what was put before
}

Mailbox::Contents Mailbox::end() {
  const std::lock_guard lock(mutex_);
  wakeup_ = nullptr;
  ended_ = true;
  contents_.calls.clear();
  called_.notify_all();
  return std::exchange(contents_, Contents());
}

}  // namespace spread::embed
