#include <string>
#include <vector>

#include <msgpack.hpp>

#include "spread/base/assert.h"
#include "spread/wire/codec.h"
#include "spread/wire/json.h"
#include "spread/wire/msgpack.h"
#include "targets.h"

namespace spread::fuzz {
namespace {

/// msgpack-c's opinion: the size of the value at the front, 0 if it is cut off, or wrong.
struct Opinion {
  std::size_t size = 0;
  bool wrong = false;
};

struct Visitor : ::msgpack::null_visitor {
  bool wrong = false;
  void parse_error(std::size_t, std::size_t) { wrong = true; }
};

Opinion ask_msgpack_c(ByteView bytes) {
  Opinion opinion;
  Visitor visitor;
  const std::string_view text = as_text(bytes);
  if (::msgpack::parse(text.data(), text.size(), opinion.size, visitor)) return opinion;
  return {0, visitor.wrong};
}

}  // namespace

void msgpack(ByteView input) {
  const std::vector<Byte> copy(input.begin(), input.end());
  const ByteView bytes(copy);
  constexpr std::size_t kNoLimit = std::size_t{1} << 40;
  wire::ValueScanner scanner(kNoLimit);
  const wire::Scan whole = scanner.advance(bytes);

  wire::ValueScanner again(kNoLimit);
  wire::Scan in_pieces = wire::Scan::NeedMore;
  for (std::size_t size = 0; size <= bytes.size() && in_pieces == wire::Scan::NeedMore; ++size) {
    in_pieces = again.advance(bytes.first(size));
  }
  SPREAD_ASSERT(in_pieces == whole);
  if (whole == wire::Scan::Complete) SPREAD_ASSERT(again.size() == scanner.size());

  // msgpack-c has no limits, and so no opinion about these: what claims more elements than there
  // may be bytes is too long at once.
  if (whole != wire::Scan::TooDeep && whole != wire::Scan::TooLong) {
    const Opinion theirs = ask_msgpack_c(bytes);
    SPREAD_ASSERT(theirs.wrong == (whole == wire::Scan::Invalid));
    const std::size_t ours = whole == wire::Scan::Complete ? scanner.size() : 0;
    SPREAD_ASSERT(theirs.wrong || theirs.size == ours);
  }

  ByteBuffer json;
  wire::JsonStyle style;
  const bool one_value = whole == wire::Scan::Complete && scanner.size() == bytes.size();
  SPREAD_ASSERT(wire::msgpack_to_json(bytes, json, style).has_value() == one_value);
  (void)wire::parse_hello(bytes);
  (void)wire::parse_error(bytes);
  if (!one_value) return;
  ByteBuffer back;
  SPREAD_ASSERT(wire::json_to_msgpack(as_text(json.view()), back));
}

}  // namespace spread::fuzz
