#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "spread/base/assert.h"
#include "spread/wire/down_message.h"
#include "spread/wire/relay_opening.h"
#include "support.h"
#include "targets.h"

namespace spread::fuzz {
namespace {

constexpr std::size_t kMaxFrame = 4096;

bool is_inside(ByteView part, ByteView whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

/// What a value says, read as a message.
std::string told(ByteView value) {
  wire::DownMessage message;
  std::string error;
  if (!wire::parse_down_message(value, message, error)) {
    SPREAD_ASSERT(!error.empty());
    return "broken: " + error + "\n";
  }
  SPREAD_ASSERT(is_inside(message.value, value));
  SPREAD_ASSERT(message.value.empty() || wire::whole_value_error(message.value).empty());
  return fmt::format("{} {} {} {} {}\n", static_cast<int>(message.kind), number(message.id),
                     message.seq, message.size, as_text(message.value));
}

/// All messages, of bytes that come in pieces of so many.
std::string messages(Wire wire, ByteView bytes, std::size_t piece) {
  using What = wire::DownReader::Part::What;
  wire::DownReader reader(wire, kMaxFrame);
  std::string seen;
  std::size_t at = 0, there = 0;
  while (true) {
    const ByteView front = bytes.subspan(at, there - at);
    const wire::DownReader::Part part = reader.next(front);
    if (part.what == What::Broken) {
      SPREAD_ASSERT(!part.error.empty());
      return seen + "broken\n";
    }
    if (part.what == What::NeedMore) {
      SPREAD_ASSERT(part.size > front.size());
      if (there == bytes.size()) return seen;
      there = std::min(there + piece, bytes.size());
      continue;
    }
    SPREAD_ASSERT(part.size > 0 && part.size <= front.size());
    if (part.what == What::Value) {
      SPREAD_ASSERT(!reader.shares() || is_inside(part.value, front));
      seen += told(part.value);
    }
    at += part.size;
  }
}

/// The prep items, and how it goes on.
std::string opening(Wire wire, std::uint64_t items, ByteView bytes, std::size_t piece) {
  using What = wire::RelayOpening::Part::What;
  wire::RelayOpening opening(wire, items, kMaxFrame);
  std::string prep;
  std::size_t at = 0, there = 0;
  while (true) {
    const ByteView front = bytes.subspan(at, there - at);
    const wire::RelayOpening::Part part = opening.next(front);
    if (part.what == What::NeedMore) {
      SPREAD_ASSERT(part.size > front.size());
      if (there == bytes.size()) return fmt::format("{}\nends {}", prep, opening.between());
      there = std::min(there + piece, bytes.size());
      continue;
    }
    // It may have been passed on in part.
    if (part.what == What::Broken) return "broken";
    SPREAD_ASSERT(part.size > 0 && part.size <= front.size());
    if (part.what == What::Prep) prep += as_text(front.first(part.size));
    at += part.size;
    if (part.what == What::Begin) return fmt::format("{}\nbegins at {}", prep, at);
  }
}

}  // namespace

// The wire, how many prep items, the size of pieces; then what the master says.
void master(ByteView bytes) {
  Input input(bytes);
  const Wire wire = input.byte() % 2 == 0 ? Wire::Msgpack : Wire::Json;
  const std::uint64_t items = input.byte() % 4;
  const std::size_t piece = 1 + input.byte();
  const ByteView rest = input.rest();
  const std::size_t whole = std::max<std::size_t>(rest.size(), 1);
  check_same(messages(wire, rest, piece), messages(wire, rest, whole));
  check_same(opening(wire, items, rest, piece), opening(wire, items, rest, whole));
}

}  // namespace spread::fuzz
