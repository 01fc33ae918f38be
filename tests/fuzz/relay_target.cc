#include <string>

#include "spread/base/assert.h"
#include "spread/wire/relay_frames.h"
#include "support.h"
#include "targets.h"

namespace spread::fuzz {

// Who wrote it; then frames. Each that is read is written as the same, but for the form of its
// numbers and strings; and what is asked for brings the decision.
void relay(ByteView bytes) {
  Input input(bytes);
  const auto from = input.byte() % 2 == 0 ? wire::RelaySide::Master : wire::RelaySide::Relay;
  ByteView rest = input.rest();
  while (true) {
    wire::RelayFrame frame;
    const wire::RelayFound found = find_relay_frame(rest, from, frame);
    if (found.what == wire::RelayFound::What::Broken) return SPREAD_ASSERT(!found.error.empty());
    if (found.what == wire::RelayFound::What::NeedMore)
      return SPREAD_ASSERT(found.size > rest.size());
    SPREAD_ASSERT(found.size <= rest.size());
    if (frame.kind == wire::RelayKind::Start) {
      const wire::RelayEnvironment environment = wire::environment_of(frame.bytes);
      const ByteBuffer map = wire::relay_environment(environment);
      SPREAD_ASSERT(wire::environment_of(map.view()) == environment);
    }
    ByteBuffer once;
    append_relay_frame(frame, once);
    wire::RelayFrame again;
    const wire::RelayFound second = find_relay_frame(once.view(), from, again);
    SPREAD_ASSERT(second.what == wire::RelayFound::What::Frame && second.size == once.size());
    ByteBuffer twice;
    append_relay_frame(again, twice);
    check_same(as_text(once.view()), as_text(twice.view()));
    rest = rest.subspan(found.size);
  }
}

}  // namespace spread::fuzz
