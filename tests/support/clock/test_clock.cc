// For LD_PRELOAD: a program whose CLOCK_MONOTONIC says as many seconds as the file that
// SPREAD_TEST_CLOCK names, and a tenth of a millisecond more at each look: so what it wants to do
// in a moment it does, and no second passes by itself. What it starts has the usual clock.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

using Seconds = std::atomic<std::int64_t>;

const Seconds* map_file() {
  const char* const name = std::getenv("SPREAD_TEST_CLOCK");
  const int file = name == nullptr ? -1 : ::open(name, O_RDONLY | O_CLOEXEC);
  if (file < 0) std::abort();
  const void* const memory = ::mmap(nullptr, sizeof(Seconds), PROT_READ, MAP_SHARED, file, 0);
  ::close(file);
  if (memory == MAP_FAILED) std::abort();
  ::unsetenv("LD_PRELOAD");
  return static_cast<const Seconds*>(memory);
}

const Seconds* const seconds = map_file();

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* now) noexcept {
  if (clock != CLOCK_MONOTONIC || seconds == nullptr) {
    return static_cast<int>(::syscall(SYS_clock_gettime, clock, now));
  }
  constexpr std::int64_t kNsPerLook = 100'000, kNsPerSecond = 1'000'000'000;
  static std::atomic<std::int64_t> looks = 0;
  const std::int64_t ns = kNsPerLook * ++looks;
  *now = {*seconds + ns / kNsPerSecond, ns % kNsPerSecond};
  return 0;
}
