#pragma once

/// The options of the limit programs that take lines: the same letters in each.

#include <ctype.h>

#include "limit.h"

namespace limit {

struct Options {
  size_t workers = 2;
  unsigned window = 64;
  int64_t generate = -1;    ///< that many constant tasks instead of stdin, results only counted
  double head_seconds = 0;  ///< the first task takes that long
  double task_seconds = 0;  ///< each does
  bool threads = false;
  bool pin = false;
  bool worker = false;
  char* const* argv = own_worker();
};

[[noreturn]] inline void usage(const char* program) {
  fprintf(stderr,
          "usage: %s [-j WORKERS] [-w WINDOW] [-n TASKS] [-s SECONDS] [-e SECONDS] [-t [-p]] [-- "
          "WORKER...]\n"
          "  lines on stdin, results on stdout in order\n"
          "  -n TASKS    no input and no output: that many constant tasks\n"
          "  -s SECONDS  the first task takes so long (this program's own worker only)\n"
          "  -e SECONDS  each task takes so long (behind --worker)\n"
          "  -t          a thread per worker that blocks, instead of epoll\n"
          "  -p          with -t: thread and worker k on the k-th CPU\n"
          "  --worker    be an echo worker; SPREAD_WIRE=json: on the json wire\n",
          program);
  exit(2);
}

inline Options parse_options(int argc, char** argv) {
  Options o;
  int i = 1;
  if (i < argc && strcmp(argv[i], "--worker") == 0) {
    o.worker = true;
    ++i;
  }
  for (; i < argc && strcmp(argv[i], "--") != 0; ++i) {
    if (argv[i][0] != '-' || argv[i][1] == 0 || argv[i][2] != 0) usage(argv[0]);
    const char letter = argv[i][1];
    if (letter == 't') {
      o.threads = true;
    } else if (letter == 'p') {
      o.pin = true;
    } else if (++i < argc && isdigit(argv[i][0])) {
      if (letter == 'j') o.workers = strtoul(argv[i], nullptr, 10);
      if (letter == 'w') o.window = static_cast<unsigned>(strtoul(argv[i], nullptr, 10));
      if (letter == 'n') o.generate = static_cast<int64_t>(strtoll(argv[i], nullptr, 10));
      if (letter == 's') o.head_seconds = strtod(argv[i], nullptr);
      if (letter == 'e') o.task_seconds = strtod(argv[i], nullptr);
      if (strchr("jwnse", letter) == nullptr) usage(argv[0]);
    } else {
      usage(argv[0]);
    }
  }
  if (i + 1 < argc) o.argv = argv + i + 1;
  if (o.workers == 0 || o.window == 0) usage(argv[0]);
  return o;
}

}  // namespace limit
