#include "spread/io/wakeup.h"

#include <sys/eventfd.h>

#include <cstdint>
#include <utility>

#include "spread/sys/calls.h"

namespace spread {

Wakeup::Wakeup(EventLoop& loop, UniqueFd fd, std::function<void()> rings)
    : loop_(loop), fd_(std::move(fd)), rings_(std::move(rings)) {
  loop_.add(fd_.get(), true, false, this);
}

Wakeup::~Wakeup() { loop_.remove(fd_.get()); }

Result<std::unique_ptr<Wakeup>> Wakeup::create(EventLoop& loop, std::function<void()> rings) {
  UniqueFd fd = above_standard(sys::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd) return tl::unexpected(errno_error("eventfd"));
  return std::unique_ptr<Wakeup>(new Wakeup(loop, std::move(fd), std::move(rings)));
}

void Wakeup::post() {
  // What is posted for by a thread that finds it pending was done before on_ready() takes it back.
  if (pending_.exchange(true)) return;
  const std::uint64_t one = 1;
  const ByteView bytes(reinterpret_cast<const Byte*>(&one), sizeof one);
  static_cast<void>(write_some(fd_.get(), {&bytes, 1}));
}

void Wakeup::on_ready(int fd, bool, bool) {
  std::uint64_t posts;
  static_cast<void>(read_some(fd, reinterpret_cast<Byte*>(&posts), sizeof posts));
  pending_.exchange(false);
  rings_();
}

}  // namespace spread
