// The limit of the rows with 10 million lines: a long stream, in order, in flat memory, also when
// the first task is slow (-s). Says its peak memory on stderr.
//
// What comes early is held up to 2^16 results; after that no task is sent. A spill file would let
// the workers go on, but the row compares memory.
//
// g++ -O2 -std=c++20 -fno-exceptions -fno-threadsafe-statics -Wl,--as-needed
//     -o limit_stream bench/limit/limit_stream.cc

#include "echo_worker.h"
#include "epoll_pool.h"
#include "options.h"

int main(int argc, char** argv) {
  limit::Options o = limit::parse_options(argc, argv);
  if (o.worker) return limit::echo_worker(o.head_seconds);
  char seconds[32];
  snprintf(seconds, sizeof seconds, "%g", o.head_seconds);
  static char self[] = "/proc/self/exe";
  static char worker[] = "--worker";
  static char flag[] = "-s";
  char* const slow[] = {self, worker, flag, seconds, nullptr};
  if (o.head_seconds > 0) o.argv = slow;

  static limit::LineSource source(o.generate);
  static limit::OrderedLines results(size_t{1} << (o.head_seconds > 0 ? 16 : 14), o.generate < 0);
  static limit::EpollPool pool(o.workers, o.window, source, results);
  const double begin = limit::now_seconds();
  pool.start(o.argv);
  pool.run();
  pool.stop();
  fprintf(stderr, "limit_stream: %llu tasks in %.3f s, VmHWM %ld KiB\n",
          static_cast<unsigned long long>(results.done()), limit::now_seconds() - begin,
          limit::peak_kib());
  return 0;
}
