// A task is a number of seconds to sleep:
//     printf '0.3\n0.1\n0.2\n' | spread run -j2 -- ./sleep
#include <spread/worker.hpp>

#include <thread>

int main() {
  return spread::worker(
      [](double seconds) {
        if (!(seconds >= 0 && seconds <= 1e6)) {
          throw spread::task_error("range", "cannot sleep " + std::to_string(seconds) + " seconds");
        }
        std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
        return seconds;
      },
      // A nap shall not wait in the pipe behind another while a second worker is free.
      spread::options{.window = 1});
}
