#pragma once

/// One thread, epoll, K workers, at most `window` tasks in flight at each.
///
/// One read takes all answers that are there and one write sends all tasks that they make room for.
/// Both go through one shared buffer; a worker owns memory only while a frame is cut in two or its
/// pipe is full, so that a thousand idle workers cost little.

#include <sys/epoll.h>

#include "line_tasks.h"

namespace limit {

constexpr unsigned char kNil = 0xc0;

class EpollPool {
 public:
  static constexpr size_t kBuffer = size_t{1} << 17;
  static constexpr size_t kTaskMax = LineSource::kBuffer + kTaskOverhead;

  EpollPool(size_t count, unsigned window, LineSource& source, OrderedLines& results)
      : count_(count), window_(window), source_(source), results_(results) {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_ < 0) die("epoll_create1");
    workers_ = static_cast<Worker*>(calloc(count, sizeof(Worker)));
    if (workers_ == nullptr) die("calloc");
  }
  EpollPool(const EpollPool&) = delete;
  EpollPool& operator=(const EpollPool&) = delete;
  ~EpollPool() {
    free(workers_);
    close(epoll_);
  }

  /// A worker has its first tasks before the next one is started.
  void start(char* const* argv) {
    for (size_t i = 0; i < count_; ++i) {
      workers_[i].child = spawn(argv, 0);
      set_nonblocking(workers_[i].child.to);
      watch(EPOLL_CTL_ADD, workers_[i].child.from, EPOLLIN, i * 2);
      fill(i);
    }
  }

  void run() {
    epoll_event events[64];
    while (!ended_ || results_.done() < sent_) {
      const int n = epoll_wait(epoll_, events, 64, -1);
      if (n < 0 && errno != EINTR) die("epoll_wait");
      for (int k = 0; k < n; ++k) {
        const size_t i = events[k].data.u64 / 2;
        if (events[k].data.u64 % 2 == 1) {
          send_rest(i);
        } else {
          receive(i);
          fill(i);
        }
      }
      if (held_back_ && results_.has_room(sent_)) {
        held_back_ = false;
        for (size_t i = 0; i < count_; ++i) fill(i);
      }
    }
    results_.flush();
  }

  void stop() {
    for (size_t i = 0; i < count_; ++i) close(workers_[i].child.to);
    for (size_t i = 0; i < count_; ++i) {
      reap(workers_[i].child.pid);
      close(workers_[i].child.from);
    }
  }

 private:
  struct Worker {
    Child child;
    unsigned in_flight;
    unsigned char* unsent;  // what did not fit into the pipe
    size_t unsent_size;
    unsigned char* cut;  // the start of a frame whose end has not come
    size_t cut_size;
  };

  void watch(int op, int fd, uint32_t events, uint64_t key) {
    epoll_event event = {};
    event.events = events;
    event.data.u64 = key;
    if (epoll_ctl(epoll_, op, fd, &event) < 0) die("epoll_ctl");
  }

  void fill(size_t i) {
    Worker& w = workers_[i];
    if (w.unsent_size > 0 || ended_) return;
    unsigned char* p = buffer_;
    while (w.in_flight < window_ && static_cast<size_t>(p - buffer_) + kTaskMax <= kBuffer) {
      if (!results_.has_room(sent_)) {
        held_back_ = true;
        break;
      }
      Bytes line;
      if (!source_.next(line)) {
        ended_ = true;
        break;
      }
      p = put_task(p, sent_++, line);
      ++w.in_flight;
    }
    if (p != buffer_) send(i, {buffer_, static_cast<size_t>(p - buffer_)});
  }

  void send(size_t i, Bytes bytes) {
    Worker& w = workers_[i];
    const ssize_t n = write(w.child.to, bytes.data, bytes.size);
    if (n < 0 && errno != EAGAIN) die("write to a worker");
    const size_t gone = n > 0 ? static_cast<size_t>(n) : 0;
    if (gone == bytes.size) return;
    w.unsent_size = bytes.size - gone;
    w.unsent = static_cast<unsigned char*>(malloc(w.unsent_size));
    memcpy(w.unsent, bytes.data + gone, w.unsent_size);
    watch(EPOLL_CTL_ADD, w.child.to, EPOLLOUT, i * 2 + 1);
  }

  void send_rest(size_t i) {
    Worker& w = workers_[i];
    const ssize_t n = write(w.child.to, w.unsent, w.unsent_size);
    if (n < 0 && errno == EAGAIN) return;
    if (n < 0) die("write to a worker");
    w.unsent_size -= static_cast<size_t>(n);
    memmove(w.unsent, w.unsent + n, w.unsent_size);
    if (w.unsent_size > 0) return;
    free(w.unsent);
    watch(EPOLL_CTL_DEL, w.child.to, 0, 0);
    fill(i);
  }

  // The descriptor is blocking: epoll said that there is something to read.
  void receive(size_t i) {
    Worker& w = workers_[i];
    size_t have = w.cut_size;
    if (have > 0) {
      memcpy(buffer_, w.cut, have);
      free(w.cut);
      w.cut_size = 0;
    }
    const ssize_t n = read_some(w.child.from, buffer_ + have, kBuffer - have);
    if (n <= 0) die_plain("a worker ended early");
    have += static_cast<size_t>(n);
    size_t at = 0;
    for (;;) {
      while (at < have && buffer_[at] == 0x0a) ++at;
      if (have - at < kFrameHeader) break;
      if (buffer_[at] != 0xc6) die_plain("an answer is not a frame");
      const size_t size = get_be32(buffer_ + at + 1);
      if (have - at < kFrameHeader + size) break;
      // An SDK's worker says hello first; nothing waits for it.
      const bool hello = buffer_[at + kFrameHeader + 1] == kNil;
      if (!hello) {
        take_answer(buffer_ + at + kFrameHeader);
        --w.in_flight;
      }
      at += kFrameHeader + size;
    }
    if (at == have) return;
    w.cut_size = have - at;
    w.cut = static_cast<unsigned char*>(malloc(w.cut_size));
    memcpy(w.cut, buffer_ + at, w.cut_size);
  }

  void take_answer(const unsigned char* body) {
    const unsigned char* kind = body + 1 + id_size(body[1]);
    if (body[0] < 0x93 || memcmp(kind, "\xa2ok", 3) != 0) die_plain("an answer is not \"ok\"");
    results_.take(get_id(body + 1), get_string(kind + 3));
  }

  size_t count_;
  unsigned window_;
  LineSource& source_;
  OrderedLines& results_;
  int epoll_;
  Worker* workers_;
  uint64_t sent_ = 0;
  bool ended_ = false;
  bool held_back_ = false;
  unsigned char buffer_[kBuffer];
};

}  // namespace limit
