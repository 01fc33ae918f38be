#include "descriptors.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "machine.h"
#include "process.h"

namespace spread::world {

void Pipe::take(std::size_t size) {
  bytes.erase(0, size);
  taken += size;
  while (!marks.empty() && marks.begin()->first <= taken) marks.extract(marks.begin()).mapped()();
  changed.tell();
}

PipeEnd::PipeEnd(std::shared_ptr<Pipe> pipe, bool writes)
    : pipe_(std::move(pipe)), writes_(writes) {
  ++(writes_ ? pipe_->writers : pipe_->readers);
  flags = writes_ ? O_WRONLY : O_RDONLY;
}

PipeEnd::~PipeEnd() {
  --(writes_ ? pipe_->writers : pipe_->readers);
  if (pipe_->readers == 0) pipe_->reader_gone = Machine::current().now();
  pipe_->changed.tell();
}

ssize_t PipeEnd::read(void* into, std::size_t size) {
  if (writes_) return -EBADF;
  if (pipe_->bytes.empty()) return pipe_->writers == 0 ? 0 : -EAGAIN;
  const std::size_t taken = std::min(size, pipe_->bytes.size());
  std::memcpy(into, pipe_->bytes.data(), taken);
  pipe_->take(taken);
  return static_cast<ssize_t>(taken);
}

ssize_t PipeEnd::write(const void* from, std::size_t size) {
  if (!writes_) return -EBADF;
  if (pipe_->readers == 0) return -EPIPE;
  if (size == 0) return 0;
  const std::size_t room = pipe_->capacity - std::min(pipe_->capacity, pipe_->bytes.size());
  // What fits into PIPE_BUF is written as a whole or not at all, by a pipe that could hold it.
  if (room == 0 || (size <= PIPE_BUF && size <= pipe_->capacity && size > room)) return -EAGAIN;
  const std::size_t taken = std::min({size, room, pipe_->piece_max});
  pipe_->bytes.append(static_cast<const char*>(from), taken);
  pipe_->written_last = Machine::current().now();
  pipe_->changed.tell();
  return static_cast<ssize_t>(taken);
}

unsigned PipeEnd::ready() const {
  if (writes_) {
    // As Linux does: while a whole PIPE_BUF can be written, or where that is more than there is.
    const std::size_t room = pipe_->capacity - std::min(pipe_->capacity, pipe_->bytes.size());
    return (room >= std::min<std::size_t>(PIPE_BUF, pipe_->capacity) ? unsigned{EPOLLOUT} : 0u) |
           (pipe_->readers == 0 ? unsigned{EPOLLERR} : 0u);
  }
  return (pipe_->bytes.empty() ? 0u : unsigned{EPOLLIN}) |
         (pipe_->writers == 0 ? unsigned{EPOLLHUP} : 0u);
}

mode_t PipeEnd::type() const { return S_IFIFO; }

mode_t OpenNull::type() const { return S_IFCHR; }
ssize_t OpenMemory::write(const void* from, std::size_t size) {
  const char* const begin = static_cast<const char*>(from);
  bytes.insert(bytes.end(), begin, begin + size);
  return static_cast<ssize_t>(size);
}
mode_t OpenMemory::type() const { return S_IFREG; }

unsigned OpenProcess::ready() const { return process.running() ? 0u : unsigned{EPOLLIN}; }

ssize_t OpenCounter::read(void* into, std::size_t) {
  if (count_ == 0) return -EAGAIN;
  std::memcpy(into, &count_, sizeof count_);
  count_ = 0;
  return sizeof count_;
}

ssize_t OpenCounter::write(const void* from, std::size_t) {
  std::uint64_t more;
  std::memcpy(&more, from, sizeof more);
  count_ += more;
  return sizeof more;
}

void OpenTimer::set(Time every) {
  every_ = every;
  next_ = timeline_.now() + every;
  timeline_.at(next_, [] {});  // so that what waits looks again
}

ssize_t OpenTimer::read(void* into, std::size_t size) {
  if (ready() == 0) return -EAGAIN;
  std::memset(into, 1, size);
  set(every_);
  return static_cast<ssize_t>(size);
}

int OpenEpoll::control(int operation, int fd, const OpenPtr& open, const epoll_event* event) {
  const auto found = watches_.find(fd);
  const bool known = found != watches_.end() && found->second.open.lock() == open;
  if (!open->can_wait()) return -EPERM;
  if (operation == EPOLL_CTL_ADD) {
    if (known) return -EEXIST;
    watches_[fd] = {open, *event};
    return 0;
  }
  if (!known) return -ENOENT;
  if (operation == EPOLL_CTL_DEL) {
    watches_.erase(found);
  } else {
    found->second.event = *event;
  }
  return 0;
}

std::vector<epoll_event> OpenEpoll::collect() const {
  std::vector<epoll_event> events;
  for (const auto& [fd, watch] : watches_) {
    const OpenPtr open = watch.open.lock();
    if (!open) continue;
    const unsigned now = open->ready();
    unsigned told = now & (watch.event.events | EPOLLERR | EPOLLHUP);
    if (told == 0) continue;
    epoll_event event = watch.event;
    event.events = told;
    events.push_back(event);
  }
  return events;
}

}  // namespace spread::world
