#pragma once

/// The minimal worker: reads what is there, answers every whole frame of it, writes once.

#include "limit.h"

namespace limit {

/// Echoes until the end of stdin. Before the answer to task 0 it sleeps for `head_seconds`: the
/// slow first task of the streaming row. Each task takes `task_seconds`, and is then answered at
/// once.
inline int echo_worker(double head_seconds, double task_seconds = 0) {
  size_t room = size_t{1} << 17;
  unsigned char* in = static_cast<unsigned char*>(malloc(room));
  unsigned char* out = static_cast<unsigned char*>(malloc(room * 2));
  size_t have = 0;
  for (;;) {
    const ssize_t n = read_some(0, in + have, room - have);
    if (n <= 0) break;
    have += static_cast<size_t>(n);
    size_t at = 0;
    unsigned char* q = out;
    while (have - at >= kFrameHeader) {
      const size_t size = get_be32(in + at + 1);
      if (in[at] != 0xc6) die_plain("worker: not a frame");
      if (have - at < kFrameHeader + size) break;
      if (head_seconds > 0 && in[at + 6] == 0) usleep(static_cast<useconds_t>(1e6 * head_seconds));
      q = put_echo(q, {in + at + kFrameHeader, size});
      at += kFrameHeader + size;
      if (task_seconds > 0) {
        usleep(static_cast<useconds_t>(1e6 * task_seconds));
        write_all(1, out, static_cast<size_t>(q - out));
        q = out;
      }
    }
    if (q != out) write_all(1, out, static_cast<size_t>(q - out));
    have -= at;
    memmove(in, in + at, have);
    if (have == room) {
      // The shortest task's frame is 8 bytes and its answer 12, so twice the input always suffices.
      room *= 2;
      in = static_cast<unsigned char*>(realloc(in, room));
      out = static_cast<unsigned char*>(realloc(out, room * 2));
    }
  }
  free(in);
  free(out);
  return 0;
}

/// The same on the json wire: [id,payload] to [id,"ok",payload], a line each.
inline int json_echo_worker() {
  size_t room = size_t{1} << 17;
  char* in = static_cast<char*>(malloc(room));
  char* out = static_cast<char*>(malloc(room * 2));
  size_t have = 0;
  for (;;) {
    const ssize_t n = read_some(0, in + have, room - have);
    if (n <= 0) break;
    have += static_cast<size_t>(n);
    const char* at = in;
    char* q = out;
    while (const void* end = memchr(at, '\n', static_cast<size_t>(in + have - at))) {
      const char* next = static_cast<const char*>(end) + 1;
      const void* comma = memchr(at, ',', static_cast<size_t>(next - at));
      if (comma == nullptr) die_plain("worker: not a task");
      const size_t id_size = static_cast<size_t>(static_cast<const char*>(comma) - at);
      memcpy(q, at, id_size);
      memcpy(q + id_size, ",\"ok\"", 5);
      memcpy(q + id_size + 5, comma, static_cast<size_t>(next - at) - id_size);
      q += next - at + 5;
      at = next;
    }
    if (q != out) write_all(1, out, static_cast<size_t>(q - out));
    have -= static_cast<size_t>(at - in);
    memmove(in, at, have);
    if (have == room) {
      // The shortest task is [0,0] and a newline, its answer twice as long.
      room *= 2;
      in = static_cast<char*>(realloc(in, room));
      out = static_cast<char*>(realloc(out, room * 2));
    }
  }
  free(in);
  free(out);
  return 0;
}

}  // namespace limit
