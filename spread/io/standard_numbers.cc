#include "spread/io/standard_numbers.h"

#include <fcntl.h>

#include "spread/sys/calls.h"

namespace spread {

StandardNumbersHeld::StandardNumbersHeld() {
  for (UniqueFd& each : held_) {
    UniqueFd fd(sys::open("/", O_PATH | O_CLOEXEC));
    if (!fd || fd.get() > 2) return;
    each = std::move(fd);
  }
}

StandardNumbersHeld::~StandardNumbersHeld() {
  for (UniqueFd& each : held_) {
    // Meanwhile the host may have put a descriptor of its own there.
    const int flags = each ? sys::fcntl(each.get(), F_GETFL) : 0;
    if (flags < 0 || (flags & O_PATH) == 0) each.release();
  }
}

}  // namespace spread
