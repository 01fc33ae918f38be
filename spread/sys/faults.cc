#ifdef SPREAD_FAULTS

#include "spread/sys/faults.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace spread::sys {
namespace {

struct Switch {
  std::uint64_t point = UINT64_MAX;
  FaultKind kind = FaultKind::Short;
  const char* file = nullptr;

  Switch() {
    const char* const given = std::getenv("SPREAD_FAULTS");
    if (given == nullptr) return;
    char* end = nullptr;
    point = std::strtoull(given, &end, 10);
    std::string_view rest = *end == ':' ? end + 1 : "";
    const std::string_view name = rest.substr(0, rest.find(':'));
    file = rest.data() + std::min(rest.size(), name.size() + 1);
    for (const FaultRow& row : kFaultRows) {
      if (row.name != name) continue;
      kind = row.kind;
      return;
    }
    ::dprintf(2, "spread: SPREAD_FAULTS is not POINT:KIND:FILE: %s\n", given);
    std::_Exit(255);
  }
};

FaultPlace place_of(int fd) {
  FaultPlace on;
  struct stat status {};
  if (fd < 0 || ::fstat(fd, &status) != 0) return on;
  on.file = S_ISREG(status.st_mode);
  on.pipe = S_ISFIFO(status.st_mode);
  on.non_blocking = (::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0;
  return on;
}

void tell(const Switch& what, std::uint64_t number, Call call) {
  const int fd = ::open(what.file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return;
  ::dprintf(fd, "%s at %s, call %llu\n", row_of(what.kind).name.data(), name_of(call).data(),
            static_cast<unsigned long long>(number));
  ::close(fd);
}

std::atomic<std::uint64_t> calls{0};
std::atomic<bool> over{false};
thread_local bool is_short = false;

}  // namespace

bool fails(Call call, int fd) {
  static const Switch what;
  is_short = false;
  const std::uint64_t number = ++calls;
  if (number < what.point || over || !may_fail(call, what.kind, place_of(fd))) return false;
  if (over.exchange(true)) return false;
  tell(what, number, call);
  is_short = what.kind == FaultKind::Short;
  errno = row_of(what.kind).error;
  return !is_short;
}

std::size_t shorten(std::size_t size) { return is_short ? std::min<std::size_t>(size, 1) : size; }

}  // namespace spread::sys

#endif
