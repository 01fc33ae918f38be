// The limit of the row "1 MiB payloads": a stream of msgpack bin32 values on stdin, echoed by K
// workers over pipes of 1 MiB, written to stdout in order.
//
// A payload is read straight into its task's buffer, sent from there, and its answer is read back
// into the same buffer: by the time that the first byte of an answer comes, the worker has read the
// whole task. So the master copies nothing.
//
// g++ -O2 -std=c++20 -fno-exceptions -fno-threadsafe-statics -Wl,--as-needed
//     -o limit_big bench/limit/limit_big.cc

#include <ctype.h>
#include <sys/epoll.h>
#include <sys/uio.h>

#include "limit.h"

namespace {

constexpr size_t kBinHeader = 5;
constexpr size_t kPrefixMax = limit::kFrameHeader + 1 + 9 + 3;
constexpr int kPipeBytes = 1 << 20;
constexpr size_t kGeneratedBytes = size_t{1} << 20;
constexpr unsigned kWindowMax = 64;

int echo_worker() {
  size_t room = 0;
  unsigned char* body = nullptr;
  unsigned char header[limit::kFrameHeader];
  while (limit::read_exactly(0, header, sizeof header)) {
    const size_t size = limit::get_be32(header + 1);
    if (size > room) {
      free(body);
      room = size;
      body = static_cast<unsigned char*>(malloc(room));
    }
    if (!limit::read_exactly(0, body, size)) limit::die_plain("worker: no body");
    unsigned char prefix[kPrefixMax];
    unsigned char* p = prefix;
    *p++ = 0xc6;
    p = limit::put_be32(p, static_cast<uint32_t>(size + 3));
    *p++ = 0x93;
    const size_t id = limit::id_size(body[1]);
    memcpy(p, body + 1, id);
    p += id;
    memcpy(p, "\xa2ok", 3);
    p += 3;
    unsigned char newline = 0x0a;
    iovec parts[3] = {
        {prefix, static_cast<size_t>(p - prefix)}, {body + 1 + id, size - 1 - id}, {&newline, 1}};
    iovec* part = parts;
    while (part != parts + 3) {
      ssize_t n = writev(1, part, static_cast<int>(parts + 3 - part));
      if (n < 0) limit::die("worker: writev");
      while (part != parts + 3 && static_cast<size_t>(n) >= part->iov_len) {
        n -= static_cast<ssize_t>((part++)->iov_len);
      }
      if (part == parts + 3) break;
      part->iov_base = static_cast<char*>(part->iov_base) + n;
      part->iov_len -= static_cast<size_t>(n);
    }
  }
  free(body);
  return 0;
}

struct Task {
  unsigned char prefix[kPrefixMax];  // sent before the payload, then what came before it
  unsigned char newline;
  unsigned char* payload;  // with its bin32 header
  size_t payload_size;
  size_t room;
  size_t prefix_size;
  size_t moved;  // bytes sent, then bytes received, of the whole frame
  bool done;
};

// What is left of prefix, payload and, in an answer, newline after `moved` bytes.
int rest_of(Task& t, bool answer, iovec* parts) {
  const iovec whole[3] = {{t.prefix, t.prefix_size}, {t.payload, t.payload_size}, {&t.newline, 1}};
  size_t skip = t.moved;
  int n = 0;
  for (int i = 0; i < (answer ? 3 : 2); ++i) {
    if (skip >= whole[i].iov_len) {
      skip -= whole[i].iov_len;
      continue;
    }
    parts[n++] = {static_cast<char*>(whole[i].iov_base) + skip, whole[i].iov_len - skip};
    skip = 0;
  }
  return n;
}

size_t frame_size(const Task& t, bool answer) {
  return t.prefix_size + t.payload_size + (answer ? 1 : 0);
}

class BigPool {
 public:
  BigPool(size_t workers, unsigned window, int64_t generate)
      : count_(workers), window_(window), generate_(generate), discard_(generate >= 0) {
    // A slow worker may hold back as many tasks again as are in flight.
    slots_ = workers * window * 2;
    tasks_ = static_cast<Task*>(calloc(slots_, sizeof(Task)));
    workers_ = static_cast<Worker*>(calloc(workers, sizeof(Worker)));
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    if (tasks_ == nullptr || workers_ == nullptr || epoll_ < 0) limit::die("set up");
  }

  BigPool(const BigPool&) = delete;
  BigPool& operator=(const BigPool&) = delete;
  ~BigPool() {
    for (size_t i = 0; i < slots_; ++i) free(tasks_[i].payload);
    free(tasks_);
    free(workers_);
    close(epoll_);
  }

  void run(char* const* argv) {
    for (size_t i = 0; i < count_; ++i) {
      Worker& w = workers_[i];
      w.child = limit::spawn(argv, kPipeBytes);
      limit::set_nonblocking(w.child.to);
      limit::set_nonblocking(w.child.from);
      watch(w.child.to, EPOLLOUT | EPOLLET, i * 2 + 1);
      watch(w.child.from, EPOLLIN, i * 2);
    }
    epoll_event events[64];
    for (feed_all(); !ended_ || written_ < next_; feed_all()) {
      const int n = epoll_wait(epoll_, events, 64, -1);
      for (int k = 0; k < n; ++k) {
        Worker& w = workers_[events[k].data.u64 / 2];
        if (events[k].data.u64 % 2 == 0) receive(w);
        send(w);
      }
    }
    for (size_t i = 0; i < count_; ++i) close(workers_[i].child.to);
    for (size_t i = 0; i < count_; ++i) limit::reap(workers_[i].child.pid);
  }

 private:
  struct Worker {
    limit::Child child;
    uint64_t queue[kWindowMax];  // ids in flight, oldest first
    unsigned in_flight;
    unsigned sent;  // of these, how many are sent whole
  };

  void watch(int fd, uint32_t events, uint64_t key) {
    epoll_event event = {};
    event.events = events;
    event.data.u64 = key;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) < 0) limit::die("epoll_ctl");
  }

  // One task a round to each, so that the first worker does not take all.
  void feed_all() {
    for (bool fed = true; fed;) {
      fed = false;
      for (size_t i = 0; i < count_; ++i) {
        Worker& w = workers_[i];
        if (ended_ || w.in_flight == window_ || next_ - written_ == slots_) continue;
        if (!next_task(tasks_[next_ % slots_])) break;
        w.queue[w.in_flight++] = next_++;
        send(w);
        fed = true;
      }
    }
  }

  bool next_task(Task& t) {
    unsigned char header[kBinHeader];
    if (discard_) {
      header[0] = 0xc6;
      limit::put_be32(header + 1, kGeneratedBytes);
      ended_ = generate_-- == 0;
    } else {
      ended_ = !limit::read_exactly(0, header, sizeof header);
    }
    if (ended_) return false;
    if (header[0] != 0xc6) limit::die_plain("the input is not a stream of bin32 values");
    const size_t size = limit::get_be32(header + 1);
    t.payload_size = kBinHeader + size;
    if (t.payload_size > t.room) {
      free(t.payload);
      t.room = t.payload_size;
      t.payload = static_cast<unsigned char*>(calloc(1, t.room));
    }
    memcpy(t.payload, header, kBinHeader);
    if (!discard_ && !limit::read_exactly(0, t.payload + kBinHeader, size)) {
      limit::die_plain("the input ends inside a value");
    }
    unsigned char* p = t.prefix + limit::kFrameHeader;
    *p++ = 0x92;
    p = limit::put_id(p, next_);
    t.prefix_size = static_cast<size_t>(p - t.prefix);
    t.prefix[0] = 0xc6;
    const size_t body = t.prefix_size - limit::kFrameHeader + t.payload_size;
    limit::put_be32(t.prefix + 1, static_cast<uint32_t>(body));
    t.moved = 0;
    t.done = false;
    return true;
  }

  void send(Worker& w) {
    while (w.sent < w.in_flight) {
      Task& t = tasks_[w.queue[w.sent] % slots_];
      iovec parts[3];
      const ssize_t n = writev(w.child.to, parts, rest_of(t, false, parts));
      if (n < 0 && errno == EAGAIN) return;
      if (n < 0) limit::die("write to a worker");
      t.moved += static_cast<size_t>(n);
      if (t.moved < frame_size(t, false)) continue;
      t.moved = 0;
      t.prefix_size += 3;
      ++w.sent;
    }
  }

  void receive(Worker& w) {
    if (w.sent == 0) limit::die_plain("a worker ended or spoke early");
    Task& t = tasks_[w.queue[0] % slots_];
    iovec parts[3];
    const ssize_t n = readv(w.child.from, parts, rest_of(t, true, parts));
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) limit::die_plain("a worker ended early");
    t.moved += static_cast<size_t>(n);
    if (t.moved < frame_size(t, true)) return;
    const unsigned char* id = t.prefix + limit::kFrameHeader + 1;
    if (limit::get_id(id) != w.queue[0] || memcmp(id + limit::id_size(*id), "\xa2ok", 3) != 0) {
      limit::die_plain("an answer is not the oldest task's");
    }
    --w.in_flight;
    --w.sent;
    memmove(w.queue, w.queue + 1, w.in_flight * sizeof w.queue[0]);
    t.done = true;
    for (; written_ < next_ && tasks_[written_ % slots_].done; ++written_) {
      const Task& head = tasks_[written_ % slots_];
      if (!discard_) limit::write_all(1, head.payload, head.payload_size);
    }
  }

  size_t count_;
  unsigned window_;
  int64_t generate_;
  bool discard_;
  size_t slots_;
  Task* tasks_;
  Worker* workers_;
  int epoll_;
  uint64_t next_ = 0;
  uint64_t written_ = 0;
  bool ended_ = false;
};

[[noreturn]] void usage() {
  fprintf(stderr,
          "usage: limit_big [-j WORKERS] [-w WINDOW] [-n TASKS] [-- WORKER ARG...]\n"
          "  msgpack bin32 values on stdin, echoed on stdout in order\n"
          "  -n TASKS   no input and no output: that many payloads of 1 MiB\n");
  exit(2);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && strcmp(argv[1], "--worker") == 0) return echo_worker();
  size_t workers = 2;
  unsigned window = 2;
  int64_t generate = -1;
  int letter;
  while ((letter = getopt(argc, argv, "+j:w:n:")) != -1) {
    if (letter == '?') usage();
    const long value = strtol(optarg, nullptr, 10);
    if (value < 1) usage();
    if (letter == 'j') workers = static_cast<size_t>(value);
    if (letter == 'w') window = static_cast<unsigned>(value);
    if (letter == 'n') generate = value;
  }
  if (window > kWindowMax) usage();
  BigPool pool(workers, window, generate);
  pool.run(optind < argc ? argv + optind : limit::own_worker());
  return 0;
}
