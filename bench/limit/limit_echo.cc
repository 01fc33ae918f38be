// The limit of the rows "16 B echo": lines to K echo workers, results in order.
//
// g++ -O2 -std=c++20 -fno-exceptions -fno-threadsafe-statics -Wl,--as-needed
//     -o limit_echo bench/limit/limit_echo.cc

#include "echo_worker.h"
#include "epoll_pool.h"
#include "options.h"
#include "thread_pool.h"

int main(int argc, char** argv) {
  const limit::Options o = limit::parse_options(argc, argv);
  if (o.worker) {
    const char* wire = getenv("SPREAD_WIRE");
    return wire != nullptr && strcmp(wire, "json") == 0 ? limit::json_echo_worker()
                                                        : limit::echo_worker(0, o.task_seconds);
  }
  // Small enough to stay in the cache, large enough that a worker which loses its CPU for a while
  // does not stop the other.
  static limit::LineSource source(o.generate);
  static limit::OrderedLines results(size_t{1} << 14, o.generate < 0);
  if (o.threads) {
    limit::ThreadPool pool(o.window, o.pin, source, results);
    pool.run(o.workers, o.argv);
    return 0;
  }
  static limit::EpollPool pool(o.workers, o.window, source, results);
  pool.start(o.argv);
  pool.run();
  pool.stop();
  return 0;
}
