// The limit of the rows "pipe": stdin in blocks of whole lines, a process for each block, their
// outputs in order.
//
// Blocks of a file go to a process by splice and outputs leave by splice, so the master copies
// nothing; what comes through a pipe must be looked at for its newlines, so it is read once and
// written once. A pipe of 1 MiB holds a whole output: a process ends without the master's help
// while an earlier one is being handed on.
//
// g++ -O2 -std=c++20 -fno-exceptions -fno-threadsafe-statics -Wl,--as-needed
//     -o limit_pipe bench/limit/limit_pipe.cc

#include <poll.h>
#include <sys/epoll.h>

#include "block_source.h"
#include "option_number.h"

namespace {

constexpr int kPipeBytes = 1 << 20;
// Jobs at a time, running or waiting for their turn to be handed on.
constexpr size_t kJobsMax = 256;
// That the other end was closed is told without being asked for.
constexpr uint32_t kReadable = EPOLLIN;
constexpr uint32_t kEndOnly = 0;

class PipeJobs {
 public:
  PipeJobs(size_t slots, size_t block, char* const* words)
      : slots_(slots), words_(words), source_(block) {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_ < 0) limit::die("epoll_create1");
  }
  PipeJobs(const PipeJobs&) = delete;
  PipeJobs& operator=(const PipeJobs&) = delete;
  ~PipeJobs() { close(epoll_); }

  void run() {
    epoll_event events[64];
    for (start_all(); head_ < next_; start_all()) {
      const int n = epoll_wait(epoll_, events, 64, -1);
      for (int k = 0; k < n; ++k) {
        const uint64_t id = events[k].data.u64 / 2;
        if (id < head_) continue;
        Job& job = jobs_[id % kJobsMax];
        if (events[k].data.u64 % 2 == 1) {
          send(job);
        } else if (id == head_) {
          hand_on(job);
        } else {
          // It hung up and waits, whole, in its pipe.
          stopped(job);
          watch(EPOLL_CTL_DEL, job.child.from, 0, 0);
        }
      }
    }
  }

 private:
  struct Job {
    limit::Child child;
    limit::Block block;
    char* data;  // of the block, from its begin
    bool running;
  };

  void watch(int operation, int fd, uint32_t events, uint64_t key) {
    epoll_event event = {};
    event.events = events;
    event.data.u64 = key;
    if (epoll_ctl(epoll_, operation, fd, &event) < 0) limit::die("epoll_ctl");
  }

  void start_all() {
    while (!ended_ && running_ < slots_ && next_ - head_ < 4 * slots_ && next_ - head_ < kJobsMax) {
      Job& job = jobs_[next_ % kJobsMax];
      if (!source_.next(job.block)) {
        ended_ = true;
        return;
      }
      job.data = job.block.data;
      job.child = limit::spawn(words_, kPipeBytes);
      job.running = true;
      ++running_;
      limit::set_nonblocking(job.child.to);
      limit::set_nonblocking(job.child.from);
      watch(EPOLL_CTL_ADD, job.child.from, next_ == head_ ? kReadable : kEndOnly, next_ * 2);
      watch(EPOLL_CTL_ADD, job.child.to, EPOLLOUT | EPOLLET, next_ * 2 + 1);
      ++next_;
      send(job);
    }
  }

  void send(Job& job) {
    if (job.child.to < 0) return;
    while (job.block.size > 0) {
      const ssize_t n = job.block.data != nullptr
                            ? write(job.child.to, job.block.data, job.block.size)
                            : splice(0, &job.block.offset, job.child.to, nullptr, job.block.size,
                                     SPLICE_F_NONBLOCK);
      if (n < 0 && errno == EAGAIN) return;
      if (n <= 0) limit::die("send a block");
      if (job.block.data != nullptr) job.block.data += n;
      job.block.size -= static_cast<size_t>(n);
    }
    watch(EPOLL_CTL_DEL, job.child.to, 0, 0);
    close(job.child.to);
    job.child.to = -1;
    source_.give_back(job.data);
  }

  // Its output is still to be handed on, but it takes no CPU any more.
  void stopped(Job& job) {
    if (job.running) --running_;
    job.running = false;
  }

  // Of the head: what is there; at its end, the next ones that are there whole.
  void hand_on(Job& first) {
    for (Job* job = &first; move_output(*job);) {
      stopped(*job);
      close(job->child.from);
      limit::reap(job->child.pid);
      if (++head_ == next_) return;
      job = &jobs_[head_ % kJobsMax];
      if (job->running) watch(EPOLL_CTL_MOD, job->child.from, EPOLLIN, head_ * 2);
    }
  }

  // False when there will be more.
  bool move_output(Job& job) {
    for (;;) {
      const ssize_t n = splices_ ? splice(job.child.from, nullptr, 1, nullptr, kPipeBytes,
                                          SPLICE_F_NONBLOCK | SPLICE_F_MOVE)
                                 : copy_output(job.child.from);
      if (n == 0) return true;
      if (n > 0) continue;
      if (errno == EAGAIN && wait_for_stdout(job.child.from)) continue;
      if (errno == EAGAIN) return false;
      // Not everything can be spliced to: a file that is open to append, for one.
      if (errno != EINVAL || !splices_) limit::die("hand on output");
      splices_ = false;
    }
  }

  // Whether nothing could be moved because stdout was full.
  static bool wait_for_stdout(int from) {
    pollfd input = {from, POLLIN, 0};
    if (poll(&input, 1, 0) != 1) {
      errno = EAGAIN;
      return false;
    }
    pollfd output = {1, POLLOUT, 0};
    (void)poll(&output, 1, -1);
    return true;
  }

  static ssize_t copy_output(int from) {
    static char buffer[size_t{1} << 16];
    const ssize_t n = read(from, buffer, sizeof buffer);
    if (n > 0) limit::write_all(1, buffer, static_cast<size_t>(n));
    return n;
  }

  size_t slots_;
  char* const* words_;
  limit::BlockSource source_;
  int epoll_;
  uint64_t head_ = 0;  // the first job that is not handed on whole
  uint64_t next_ = 0;
  size_t running_ = 0;
  bool ended_ = false;
  bool splices_ = true;
  Job jobs_[kJobsMax];
};

}  // namespace

int main(int argc, char** argv) {
  size_t slots = 2;
  size_t block = size_t{1} << 20;
  int i = 1;
  for (; i < argc && argv[i][0] == '-'; ++i) {
    if (argv[i][1] == 'j') slots = limit::option_number(argv, i);
    if (argv[i][1] == 'b') block = limit::option_number(argv, i);
  }
  if (i >= argc || slots == 0 || block < 4096) {
    fprintf(stderr, "usage: %s [-j SLOTS] [-b BLOCK_BYTES] COMMAND [ARG]...\n", argv[0]);
    return 2;
  }
  static PipeJobs jobs(slots, block, argv + i);
  jobs.run();
  return 0;
}
