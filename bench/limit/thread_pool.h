#pragma once

/// A thread per worker that blocks in read: no epoll_wait per task, and with `pin` no CPU has to
/// wake another one. The limit for one task in flight where the CPUs can be pinned.

#include <pthread.h>
#include <sched.h>

#include "line_tasks.h"

namespace limit {

class ThreadPool {
 public:
  ThreadPool(unsigned window, bool pin, LineSource& source, OrderedLines& results)
      : window_(window), pin_(pin), source_(source), results_(results) {}

  void run(size_t count, char* const* argv) {
    argv_ = argv;
    pthread_t* threads = static_cast<pthread_t*>(calloc(count, sizeof(pthread_t)));
    for (size_t i = 0; i < count; ++i) {
      errno = pthread_create(&threads[i], nullptr, serve, this);
      if (errno != 0) die("pthread_create");
    }
    for (size_t i = 0; i < count; ++i) pthread_join(threads[i], nullptr);
    free(threads);
    results_.flush();
  }

 private:
  static constexpr size_t kBuffer = size_t{1} << 17;

  static void* serve(void* self) {
    static_cast<ThreadPool*>(self)->serve_one();
    return nullptr;
  }

  // The worker inherits the thread's CPU.
  void pin_to_next_cpu() {
    const size_t k = __atomic_fetch_add(&started_, 1, __ATOMIC_RELAXED);
    const long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(k % static_cast<size_t>(cpus), &set);
    if (sched_setaffinity(0, sizeof set, &set) < 0) die("sched_setaffinity");
  }

  void serve_one() {
    if (pin_) pin_to_next_cpu();
    const Child child = spawn(argv_, 0);
    unsigned char* buffer = static_cast<unsigned char*>(malloc(kBuffer));
    for (;;) {
      unsigned sent = 0;
      unsigned char* end = take_tasks(buffer, sent);
      if (sent == 0) break;
      write_all(child.to, buffer, static_cast<size_t>(end - buffer));
      receive(child.from, buffer, sent);
    }
    close(child.to);
    reap(child.pid);
    close(child.from);
    free(buffer);
  }

  unsigned char* take_tasks(unsigned char* p, unsigned& sent) {
    pthread_mutex_lock(&mutex_);
    // Full only while the thread that owns the oldest task is behind; it never waits here itself.
    while (!results_.has_room(next_ + window_)) {
      pthread_mutex_unlock(&mutex_);
      sched_yield();
      pthread_mutex_lock(&mutex_);
    }
    Bytes line;
    const unsigned char* start = p;
    while (sent < window_ && static_cast<size_t>(p - start) < kBuffer / 4 && source_.next(line)) {
      if (line.size > kBuffer / 4) die_plain("a line is too long for -t");
      p = put_task(p, next_++, line);
      ++sent;
    }
    pthread_mutex_unlock(&mutex_);
    return p;
  }

  void receive(int fd, unsigned char* buffer, unsigned sent) {
    size_t have = 0;
    size_t at = 0;
    while (sent > 0) {
      const ssize_t n = read_some(fd, buffer + have, kBuffer - have);
      if (n <= 0) die_plain("a worker ended early");
      have += static_cast<size_t>(n);
      pthread_mutex_lock(&mutex_);
      while (have - at > kFrameHeader) {
        const size_t size = get_be32(buffer + at + 1);
        if (have - at < kFrameHeader + size + 1) break;
        const unsigned char* body = buffer + at + kFrameHeader;
        results_.take(get_id(body + 1), get_string(body + 1 + id_size(body[1]) + 3));
        at += kFrameHeader + size + 1;
        --sent;
      }
      pthread_mutex_unlock(&mutex_);
    }
  }

  unsigned window_;
  bool pin_;
  LineSource& source_;
  OrderedLines& results_;
  char* const* argv_ = nullptr;
  pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
  uint64_t next_ = 0;
  size_t started_ = 0;
};

}  // namespace limit
