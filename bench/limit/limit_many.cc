// The limit of the rows with 1000 workers: start all, feed them, stop all. Says on stderr how long
// each part took and the master's peak memory.
//
// g++ -O2 -std=c++20 -fno-exceptions -fno-threadsafe-statics -Wl,--as-needed
//     -o limit_many bench/limit/limit_many.cc

#include "echo_worker.h"
#include "epoll_pool.h"
#include "options.h"

int main(int argc, char** argv) {
  limit::Options o = limit::parse_options(argc, argv);
  if (o.worker) return limit::echo_worker(0);
  limit::raise_descriptor_limit();
  static limit::LineSource source(o.generate);
  static limit::OrderedLines results(size_t{1} << 16, o.generate < 0);
  static limit::EpollPool pool(o.workers, o.window, source, results);
  const double begin = limit::now_seconds();
  pool.start(o.argv);
  const double started = limit::now_seconds();
  pool.run();
  const double done = limit::now_seconds();
  pool.stop();
  const double end = limit::now_seconds();
  fprintf(stderr,
          "limit_many: %zu workers, %llu tasks: start %.3f s, rest of the tasks %.3f s, stop %.3f "
          "s, in all %.3f s, VmHWM %ld KiB\n",
          o.workers, static_cast<unsigned long long>(results.done()), started - begin,
          done - started, end - done, end - begin, limit::peak_kib());
  return 0;
}
