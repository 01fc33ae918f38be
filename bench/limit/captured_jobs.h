#pragma once

/// One thread, epoll, K jobs at a time, whose stdout and stderr are read through two pipes each and
/// handed on in the order of the items.
///
/// A job is over when both its pipes are closed; its process ends at the same instant, so waitpid()
/// hardly waits. No descriptor is made non-blocking: epoll says whether a read would wait. None is
/// taken out of epoll before it is closed: the copy that a process just being started may hold for
/// an instant then leaves an event of an older generation, which is passed over.

#include <sys/epoll.h>

#include "job_items.h"

namespace limit {

/// Bytes that grow.
struct Text {
  char* data;
  size_t size;
  size_t room;

  void append(const char* bytes, size_t n) {
    if (size + n > room) {
      room = (size + n) * 2;
      data = static_cast<char*>(realloc(data, room));
      if (data == nullptr) die("realloc");
    }
    memcpy(data + size, bytes, n);
    size += n;
  }
  void flush(int fd) {
    if (size > 0) write_all(fd, data, size);
    size = 0;
  }
};

class CapturedJobs {
 public:
  CapturedJobs(size_t slots, char* const* words, LineSource& source)
      : count_(slots), source_(source), arguments_(words, 1) {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    slots_ = static_cast<Slot*>(calloc(slots, sizeof(Slot)));
    // calloc: pages that no job reaches are never resident.
    ring_ = static_cast<Output*>(calloc(kRing, sizeof(Output)));
    if (epoll_ < 0 || slots_ == nullptr || ring_ == nullptr) die("set up");
  }
  CapturedJobs(const CapturedJobs&) = delete;
  CapturedJobs& operator=(const CapturedJobs&) = delete;
  ~CapturedJobs() {
    free(slots_);
    free(ring_);
    close(epoll_);
  }

  void run() {
    epoll_event events[64];
    for (size_t i = 0; i < count_; ++i) start(i);
    while (running_ > 0) {
      // Output that may go out is written before each wait.
      out_[0].flush(1);
      out_[1].flush(2);
      const int n = epoll_wait(epoll_, events, 64, -1);
      for (int k = 0; k < n; ++k) {
        const size_t key = static_cast<size_t>(events[k].data.u64 & 0xffffffff);
        Slot& slot = slots_[key / 2];
        if (slot.generation != events[k].data.u64 >> 32 || slot.fds[key % 2] < 0) continue;
        receive(slot, key % 2, (events[k].events & EPOLLHUP) != 0);
        if (slot.fds[0] < 0 && slot.fds[1] < 0) finish(key / 2);
      }
    }
    out_[0].flush(1);
    out_[1].flush(2);
  }

 private:
  static constexpr uint64_t kRing = 1 << 14;
  struct Output {
    Text streams[2];
    bool complete;
  };
  struct Slot {
    uint64_t job;
    uint64_t generation;
    pid_t pid;
    int fds[2];
  };

  void start(size_t i) {
    Slot& slot = slots_[i];
    slot.fds[0] = slot.fds[1] = -1;
    // A slow first job is waited for; see docs/performance.md on what is left out.
    if (next_ - written_ == kRing) die_plain("too many jobs wait for an earlier one");
    if (!arguments_.fill(source_)) return;
    JobActions how;
    int theirs[2];
    for (int s = 0; s < 2; ++s) {
      int ends[2];
      if (pipe2(ends, O_CLOEXEC) < 0) die("pipe");
      slot.fds[s] = ends[0];
      theirs[s] = ends[1];
      posix_spawn_file_actions_adddup2(&how.actions, theirs[s], s + 1);
    }
    slot.pid = how.start(arguments_.argv());
    slot.job = next_++;
    ++slot.generation;
    ++running_;
    for (size_t s = 0; s < 2; ++s) {
      close(theirs[s]);
      epoll_event event = {};
      event.events = EPOLLIN;
      event.data.u64 = (slot.generation & 0xffffffff) << 32 | (i * 2 + s);
      if (epoll_ctl(epoll_, EPOLL_CTL_ADD, slot.fds[s], &event) < 0) die("epoll_ctl");
    }
  }

  // Without `hung_up` there is something to read, but perhaps not twice.
  void receive(Slot& slot, size_t stream, bool hung_up) {
    static char buffer[size_t{1} << 16];
    do {
      const ssize_t n = read_some(slot.fds[stream], buffer, sizeof buffer);
      if (n == 0) {
        close(slot.fds[stream]);
        slot.fds[stream] = -1;
        return;
      }
      const bool head = slot.job == written_;
      Text& to = head ? out_[stream] : ring_[slot.job % kRing].streams[stream];
      to.append(buffer, static_cast<size_t>(n));
    } while (hung_up);
  }

  void finish(size_t i) {
    const uint64_t job = slots_[i].job;
    reap(slots_[i].pid);
    --running_;
    // First of all something for the idle CPU.
    start(i);
    ring_[job % kRing].complete = true;
    if (job != written_) return;
    while (ring_[written_ % kRing].complete) {
      ring_[written_++ % kRing].complete = false;
      // The new head's output goes straight on from here.
      Output& head = ring_[written_ % kRing];
      for (int s = 0; s < 2; ++s) {
        if (head.streams[s].size > 0) out_[s].append(head.streams[s].data, head.streams[s].size);
        free(head.streams[s].data);
        head.streams[s] = {};
      }
    }
  }

  size_t count_;
  LineSource& source_;
  ArgumentList arguments_;
  int epoll_;
  Slot* slots_;
  Output* ring_;
  Text out_[2] = {};
  uint64_t next_ = 0;     // job
  uint64_t written_ = 0;  // the head: all before it are handed on
  size_t running_ = 0;
};

}  // namespace limit
