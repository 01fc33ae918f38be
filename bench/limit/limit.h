#pragma once

/// What the limit programs share: the wire, the start of a worker, small system helpers.
///
/// A limit program is the fastest reasonable program that does nothing but one row's work (see
/// docs/performance.md). It speaks the same wire as the product, so that the bytes on the pipes are
/// the same, but it trusts its workers: no time-out, no retry, no stray output. None of the
/// project's headers may be included here; the limit must not become faster or slower with the
/// product. All code is in headers so that each program builds alone, with one line.

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

namespace limit {

/// Most bytes that a task's frame adds to its payload: C6, length, array, id, str32 header.
inline constexpr size_t kTaskOverhead = 5 + 1 + 9 + 5;
/// Bytes that an answer is longer than its task: "ok" as fixstr, and the 0A behind the frame.
inline constexpr size_t kAnswerGrowth = 3 + 1;
inline constexpr size_t kFrameHeader = 5;

struct Bytes {
  const unsigned char* data;
  size_t size;
};

[[noreturn]] inline void die(const char* what) {
  fprintf(stderr, "limit: %s: %s\n", what, errno != 0 ? strerror(errno) : "not possible");
  exit(1);
}

[[noreturn]] inline void die_plain(const char* what) {
  fprintf(stderr, "limit: %s\n", what);
  exit(1);
}

inline double now_seconds() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

inline unsigned char* put_be32(unsigned char* p, uint32_t v) {
  v = __builtin_bswap32(v);
  memcpy(p, &v, 4);
  return p + 4;
}

inline uint32_t get_be32(const unsigned char* p) {
  uint32_t v;
  memcpy(&v, p, 4);
  return __builtin_bswap32(v);
}

/// msgpack's shortest unsigned integer.
inline unsigned char* put_id(unsigned char* p, uint64_t id) {
  if (id < 0x80) {
    *p++ = static_cast<unsigned char>(id);
  } else if (id <= 0xff) {
    *p++ = 0xcc;
    *p++ = static_cast<unsigned char>(id);
  } else if (id <= 0xffff) {
    *p++ = 0xcd;
    *p++ = static_cast<unsigned char>(id >> 8);
    *p++ = static_cast<unsigned char>(id);
  } else if (id <= 0xffffffff) {
    *p++ = 0xce;
    p = put_be32(p, static_cast<uint32_t>(id));
  } else {
    *p++ = 0xcf;
    p = put_be32(p, static_cast<uint32_t>(id >> 32));
    p = put_be32(p, static_cast<uint32_t>(id));
  }
  return p;
}

/// Bytes of the msgpack integer that starts with `first`.
inline size_t id_size(unsigned char first) {
  if (first < 0x80) return 1;
  if (first < 0xcc || first > 0xcf) die_plain("an id is not an unsigned integer");
  return 1 + (size_t{1} << (first - 0xcc));
}

inline uint64_t get_id(const unsigned char* p) {
  if (*p < 0x80) return *p;
  uint64_t id = 0;
  const size_t size = id_size(*p);
  for (size_t i = 1; i < size; ++i) id = id << 8 | p[i];
  return id;
}

inline unsigned char* put_str_header(unsigned char* p, size_t size) {
  if (size < 32) {
    *p++ = static_cast<unsigned char>(0xa0 | size);
  } else if (size <= 0xff) {
    *p++ = 0xd9;
    *p++ = static_cast<unsigned char>(size);
  } else if (size <= 0xffff) {
    *p++ = 0xda;
    *p++ = static_cast<unsigned char>(size >> 8);
    *p++ = static_cast<unsigned char>(size);
  } else {
    *p++ = 0xdb;
    p = put_be32(p, static_cast<uint32_t>(size));
  }
  return p;
}

/// The bytes of the msgpack str or bin at `p`.
inline Bytes get_string(const unsigned char* p) {
  if ((*p & 0xe0) == 0xa0) return {p + 1, size_t{*p} & 0x1f};
  switch (*p) {
    case 0xd9:
    case 0xc4: return {p + 2, p[1]};
    case 0xda:
    case 0xc5: return {p + 3, size_t{p[1]} << 8 | p[2]};
    case 0xdb:
    case 0xc6: return {p + 5, get_be32(p + 1)};
    default: die_plain("a result is not a string");
  }
}

/// Appends C6 length [id, line]; `p` has room for kTaskOverhead + line.size.
inline unsigned char* put_task(unsigned char* p, uint64_t id, Bytes line) {
  unsigned char* body = p + kFrameHeader;
  unsigned char* q = body;
  *q++ = 0x92;
  q = put_id(q, id);
  q = put_str_header(q, line.size);
  memcpy(q, line.data, line.size);
  q += line.size;
  *p = 0xc6;
  put_be32(p + 1, static_cast<uint32_t>(q - body));
  return q;
}

/// Appends the answer that echoes the task whose frame's body is `body`; kAnswerGrowth bytes longer
/// than the task's frame. The id's and the payload's bytes are copied as they are.
inline unsigned char* put_echo(unsigned char* p, Bytes body) {
  const size_t id = id_size(body.data[1]);
  const size_t payload = body.size - 1 - id;
  *p++ = 0xc6;
  p = put_be32(p, static_cast<uint32_t>(body.size + 3));
  *p++ = 0x93;
  memcpy(p, body.data + 1, id);
  p += id;
  memcpy(p, "\xa2ok", 3);
  p += 3;
  memcpy(p, body.data + 1 + id, payload);
  p += payload;
  *p++ = 0x0a;
  return p;
}

inline void write_all(int fd, const void* data, size_t size) {
  const char* p = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t n = write(fd, p, size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) die("write");
    p += n;
    size -= static_cast<size_t>(n);
  }
}

/// Reads once; 0 at the end, -1 when a non-blocking descriptor has nothing.
inline ssize_t read_some(int fd, void* data, size_t size) {
  for (;;) {
    const ssize_t n = read(fd, data, size);
    if (n >= 0) return n;
    if (errno == EAGAIN) return -1;
    if (errno != EINTR) die("read");
  }
}

/// False at the end of the input; dies when it ends inside.
inline bool read_exactly(int fd, void* data, size_t size) {
  char* p = static_cast<char*>(data);
  size_t got = 0;
  while (got < size) {
    const ssize_t n = read_some(fd, p + got, size - got);
    if (n <= 0 && got == 0) return false;
    if (n <= 0) die_plain("the input ends inside a value");
    got += static_cast<size_t>(n);
  }
  return true;
}

inline void set_nonblocking(int fd) {
  if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0) die("fcntl");
}

struct Child {
  pid_t pid;
  int to;    ///< the worker's stdin
  int from;  ///< the worker's stdout
};

/// Starts argv[0] with its stdin and stdout on pipes; `pipe_bytes` 0 leaves the pipes' size alone.
inline Child spawn(char* const* argv, int pipe_bytes) {
  int down[2];
  int up[2];
  if (pipe2(down, O_CLOEXEC) < 0 || pipe2(up, O_CLOEXEC) < 0) die("pipe");
  if (pipe_bytes > 0) {
    // Fails where the user's pipe budget is used up; the run is slower then, but right.
    (void)fcntl(down[1], F_SETPIPE_SZ, pipe_bytes);
    (void)fcntl(up[1], F_SETPIPE_SZ, pipe_bytes);
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, down[0], 0);
  posix_spawn_file_actions_adddup2(&actions, up[1], 1);
  pid_t pid;
  errno = posix_spawnp(&pid, argv[0], &actions, nullptr, argv, environ);
  if (errno != 0) die(argv[0]);
  posix_spawn_file_actions_destroy(&actions);
  close(down[0]);
  close(up[1]);
  return {pid, down[1], up[0]};
}

inline void reap(pid_t pid) {
  int status;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) die("waitpid");
  }
  if (status != 0) die_plain("a worker failed");
}

/// The argument list of this program's own echo worker.
inline char* const* own_worker() {
  static char self[] = "/proc/self/exe";
  static char flag[] = "--worker";
  static char* argv[] = {self, flag, nullptr};
  return argv;
}

/// Peak resident memory of this process in KiB, without its children; 0 where /proc has none.
inline long peak_kib() {
  FILE* f = fopen("/proc/self/status", "r");
  if (f == nullptr) return 0;
  char line[256];
  long kib = 0;
  while (fgets(line, sizeof line, f) != nullptr) {
    if (sscanf(line, "VmHWM: %ld", &kib) == 1) break;
  }
  fclose(f);
  return kib;
}

inline void raise_descriptor_limit() {
  rlimit r;
  if (getrlimit(RLIMIT_NOFILE, &r) != 0) return;
  r.rlim_cur = r.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &r);
}

}  // namespace limit
