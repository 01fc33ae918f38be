// What a descriptor of the simulated machine can be. Results are those of system calls: a count, or
// minus an errno.
#pragma once

#include <sys/epoll.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "timeline.h"

namespace spread::world {

class Process;

/// An open file description: what descriptors, of whichever process, share.
class Open {
 public:
  virtual ~Open() = default;
  virtual ssize_t read(void*, std::size_t) { return -9; }         // EBADF
  virtual ssize_t write(const void*, std::size_t) { return -9; }  // EBADF
  /// EPOLLIN, EPOLLOUT, EPOLLHUP, EPOLLERR, as they are at this moment.
  virtual unsigned ready() const { return 0; }
  /// epoll takes it.
  virtual bool can_wait() const { return true; }
  /// S_IFIFO, S_IFREG, ...
  virtual mode_t type() const = 0;

  int flags = 0;  ///< O_NONBLOCK, O_APPEND, O_RDONLY...
};
using OpenPtr = std::shared_ptr<Open>;

/// Calls back, once, those that wait for something to change.
class Waiters {
 public:
  void add(std::function<void()> what) { waiting_.push_back(std::move(what)); }
  void tell() {
    std::vector<std::function<void()>> all;
    all.swap(waiting_);
    for (const auto& each : all) each();
  }

 private:
  std::vector<std::function<void()>> waiting_;
};

struct Pipe {
  std::string bytes;
  std::size_t capacity = 65536;
  /// At most so many are taken by one write, although there is room for more.
  std::size_t piece_max = SIZE_MAX;
  int readers = 0, writers = 0;
  Waiters changed;
  std::optional<Time> reader_gone, written_last;

  /// Calls back when what has been written until now has been read.
  void when_taken(std::function<void()> what) {
    marks.emplace(taken + bytes.size(), std::move(what));
  }
  /// So many of the first bytes have been read.
  void take(std::size_t size);
  std::multimap<std::uint64_t, std::function<void()>> marks;
  std::uint64_t taken = 0;  ///< bytes that have been read
};

/// One end of a pipe.
class PipeEnd final : public Open {
 public:
  PipeEnd(std::shared_ptr<Pipe> pipe, bool writes);
  ~PipeEnd() override;
  ssize_t read(void* into, std::size_t size) override;
  ssize_t write(const void* from, std::size_t size) override;
  unsigned ready() const override;
  mode_t type() const override;

  const std::shared_ptr<Pipe>& pipe() const { return pipe_; }
  bool writes() const { return writes_; }

 private:
  std::shared_ptr<Pipe> pipe_;
  bool writes_;
};

class OpenNull final : public Open {
 public:
  ssize_t read(void*, std::size_t) override { return 0; }
  ssize_t write(const void*, std::size_t size) override { return static_cast<ssize_t>(size); }
  unsigned ready() const override { return EPOLLIN | EPOLLOUT; }
  mode_t type() const override;
};

/// Memory that two processes share: a memfd.
class OpenMemory final : public Open {
 public:
  ssize_t write(const void* from, std::size_t size) override;
  mode_t type() const override;
  std::vector<char> bytes;
};

/// Is ready when `is_ready` says so, and gives what `take` says: a pidfd, a signalfd, a timer.
class OpenNotice final : public Open {
 public:
  OpenNotice(std::function<bool()> is_ready, std::function<ssize_t(void*, std::size_t)> take)
      : is_ready_(std::move(is_ready)), take_(std::move(take)) {}
  ssize_t read(void* into, std::size_t size) override { return take_(into, size); }
  unsigned ready() const override { return is_ready_() ? unsigned{EPOLLIN} : 0u; }
  mode_t type() const override { return 0; }

 private:
  std::function<bool()> is_ready_;
  std::function<ssize_t(void*, std::size_t)> take_;
};

/// Readable from the process's end on.
class OpenProcess final : public Open {
 public:
  explicit OpenProcess(Process& of) : process(of) {}
  ssize_t read(void*, std::size_t) override { return -EINVAL; }
  unsigned ready() const override;
  mode_t type() const override { return 0; }

  Process& process;
};

/// An eventfd.
class OpenCounter final : public Open {
 public:
  ssize_t read(void* into, std::size_t size) override;
  ssize_t write(const void* from, std::size_t size) override;
  unsigned ready() const override { return count_ > 0 ? unsigned{EPOLLIN} : 0u; }
  mode_t type() const override { return 0; }

 private:
  std::uint64_t count_ = 0;
};

/// A timerfd that is readable at each tick.
class OpenTimer final : public Open {
 public:
  explicit OpenTimer(Timeline& timeline) : timeline_(timeline) {}
  void set(Time every);
  ssize_t read(void* into, std::size_t size) override;
  unsigned ready() const override { return timeline_.now() >= next_ ? unsigned{EPOLLIN} : 0u; }
  mode_t type() const override { return 0; }

 private:
  Timeline& timeline_;
  Time every_ = 0, next_ = 0;
};

/// As epoll: it watches open file descriptions, not numbers. One that some process still holds is
/// reported although its number was closed.
class OpenEpoll final : public Open {
 public:
  int control(int operation, int fd, const OpenPtr& open, const epoll_event* event);
  std::vector<epoll_event> collect() const;
  mode_t type() const override { return 0; }

 private:
  struct Watch {
    std::weak_ptr<Open> open;
    epoll_event event{};
  };
  std::map<int, Watch> watches_;
};

}  // namespace spread::world
