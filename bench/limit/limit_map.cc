// The limits of the rows "map": one process for each line of stdin.
//
// g++ -O2 -std=c++20 -fno-exceptions -fno-threadsafe-statics -Wl,--as-needed
//     -o limit_map bench/limit/limit_map.cc

#include <pthread.h>

#include "captured_jobs.h"

namespace {

// What xargs -P does, without its fork: whichever job ends first makes room for the next one.
void run_loop(const limit::MapArguments& o, limit::LineSource& source) {
  const limit::JobActions how;
  limit::ArgumentList arguments(o.words, o.batch);
  size_t running = 0;
  for (bool more = true; more || running > 0;) {
    if (more && running < o.slots) {
      more = arguments.fill(source);
      if (!more) continue;
      how.start(arguments.argv());
      ++running;
      continue;
    }
    limit::reap(-1);
    --running;
  }
}

struct Shared {
  const limit::MapArguments& options;
  limit::LineSource& source;
  pthread_mutex_t lock;
};

// posix_spawn keeps its caller until the exec; here the other slots go on meanwhile.
void* run_slot(void* argument) {
  Shared& shared = *static_cast<Shared*>(argument);
  const limit::JobActions how;
  limit::ArgumentList arguments(shared.options.words, 1);
  for (;;) {
    pthread_mutex_lock(&shared.lock);
    const bool more = arguments.fill(shared.source);
    pthread_mutex_unlock(&shared.lock);
    if (!more) return nullptr;
    limit::reap(how.start(arguments.argv()));
  }
}

void run_threads(const limit::MapArguments& o, limit::LineSource& source) {
  Shared shared{o, source, PTHREAD_MUTEX_INITIALIZER};
  pthread_t* threads = static_cast<pthread_t*>(calloc(o.slots, sizeof(pthread_t)));
  for (size_t i = 0; i < o.slots; ++i) {
    if (pthread_create(&threads[i], nullptr, run_slot, &shared) != 0) limit::die("a thread");
  }
  for (size_t i = 0; i < o.slots; ++i) pthread_join(threads[i], nullptr);
  free(threads);
}

}  // namespace

int main(int argc, char** argv) {
  const limit::MapArguments o = limit::parse_map_arguments(argc, argv);
  static limit::LineSource source(-1);
  if (o.capture) {
    limit::CapturedJobs(o.slots, o.words, source).run();
  } else if (o.threads) {
    run_threads(o, source);
  } else {
    run_loop(o, source);
  }
  return 0;
}
