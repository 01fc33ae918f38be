#include <string_view>

#include "spread/base/assert.h"
#include "spread/wire/down_message.h"
#include "spread/wire/pool_frames.h"
#include "support.h"
#include "targets.h"

namespace spread::fuzz {
namespace {

void call(ByteView body) {
  const auto read = wire::parse_pool_call(body);
  if (!read) return SPREAD_ASSERT(!read.error().message.empty());
  ByteBuffer frame;
  wire::append_pool_call(*read, frame);
  const auto again = wire::parse_pool_call(frame.view().subspan(wire::kPoolHeaderBytes));
  SPREAD_ASSERT(again && *again == *read);
}

void facts(ByteView body) {
  const auto read = wire::parse_pool_facts(body);
  if (!read) return SPREAD_ASSERT(!read.error().message.empty());
  ByteBuffer frame;
  wire::append_pool_facts(*read, frame);
  const auto again = wire::parse_pool_facts(frame.view().subspan(wire::kPoolHeaderBytes));
  SPREAD_ASSERT(again && *again == *read);
}

}  // namespace

// Frames as a pool reads them of one that connects, and the other way round: what is understood is
// written as it was read.
void pool(ByteView bytes) {
  wire::DownReader reader(Wire::Msgpack, 1 << 20);
  while (true) {
    const wire::DownReader::Part part = reader.next(bytes);
    if (part.what == wire::DownReader::Part::What::Broken) return;
    if (part.what == wire::DownReader::Part::What::NeedMore) return;
    SPREAD_ASSERT(part.size > 0 && part.size <= bytes.size());
    call(part.value);
    facts(part.value);
    std::string_view text;
    if (wire::parse_pool_tail(part.value, text)) SPREAD_ASSERT(text.size() < part.size);
    bytes = bytes.subspan(part.size);
  }
}

}  // namespace spread::fuzz
