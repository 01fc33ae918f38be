// One system call that fails.
#include <fcntl.h>

#include "machine.h"

namespace spread::world {
namespace {

sys::FaultPlace place_of(const Open* open) {
  sys::FaultPlace on;
  if (open == nullptr) return on;
  on.file = dynamic_cast<const OpenFile*>(open) != nullptr;
  on.pipe = dynamic_cast<const PipeEnd*>(open) != nullptr;
  on.non_blocking = (open->flags & O_NONBLOCK) != 0;
  return on;
}

}  // namespace

bool Machine::fails(Call call, int fd) {
  const bool now = calls_ == faults_.fails_at_call;
  if (Thread::current() != nullptr && !faults_.counts_threads) return false;
  if (!now && !notes_failures) return false;
  const auto found = descriptors.find(fd);
  const sys::FaultPlace on = place_of(found == descriptors.end() ? nullptr : found->second.get());
  if (notes_failures) {
    for (const sys::FaultRow& row : sys::kFaultRows) {
      if (sys::may_fail(call, row.kind, on)) could_fail[calls_].insert(row.kind);
    }
  }
  const sys::FaultRow& row = sys::row_of(faults_.failure);
  if (!now || !sys::may_fail(call, row.kind, on)) return false;
  failed = call;
  trace(row.name.data(), fd, 0);
  if (row.kind == FaultKind::Short) return false;
  errno = row.error;
  return true;
}

std::size_t Machine::shorten(std::size_t size) const {
  const bool now = failed && calls_ == faults_.fails_at_call && Thread::current() == nullptr;
  return now && faults_.failure == FaultKind::Short ? std::min<std::size_t>(size, 1) : size;
}

}  // namespace spread::world
