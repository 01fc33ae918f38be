#include <string>
#include <vector>

#include "spread/base/assert.h"
#include "spread/wire/codec.h"
#include "spread/wire/json.h"
#include "spread/wire/pickle_machine.h"
#include "spread/wire/pickle_value.h"
#include "spread/wire/pickle_writer.h"
#include "targets.h"

namespace spread::fuzz {
namespace {

constexpr std::size_t kMaxBytes = 4096;

/// The value of a pickle that is whole, as msgpack; empty where it has none.
std::vector<Byte> value_of(ByteView bytes, const wire::PickleMachine& machine) {
  const wire::PickleSource source{bytes, machine.tree()};
  ByteBuffer value;
  wire::PickleConverter converter(source, kMaxBytes);
  if (converter.convert(source.tree.root, value) != wire::PickleFit::Fits) return {};
  SPREAD_ASSERT(value.size() <= kMaxBytes);
  return {value.data(), value.data() + value.size()};
}

/// As a worker's answer, whatever it is.
void as_answer(ByteView bytes) {
  for (const bool verbatim : {false, true}) {
    PickleOptions options;
    options.verbatim = verbatim;
    const auto codec = wire::make_codec(Wire::Pickle, kMaxBytes, options);
    wire::Decoded decoded;
    codec->decode(bytes, true, decoded);
    if (decoded.found != wire::Found::Message || decoded.message.kind != wire::UpKind::Ok) continue;
    // A result can be sent to another worker, whatever has been made of it.
    ByteBuffer again;
    Value payload;
    payload.body = Slice::copy_of(decoded.message.value);
    (void)codec->encode_task(TaskId{1}, payload, again);
  }
}

}  // namespace

void pickle(ByteView input) {
  const std::vector<Byte> copy(input.begin(), input.end());
  const ByteView bytes(copy);
  wire::PickleMachine machine(kMaxBytes);
  const auto whole = machine.advance(bytes);

  wire::PickleMachine again(kMaxBytes);
  auto in_pieces = wire::PickleMachine::Step::NeedMore;
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    // A copy of its own, so that the address sanitizer sees a look beyond the end.
    const std::vector<Byte> front(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    in_pieces = again.advance(front);
    if (in_pieces != wire::PickleMachine::Step::NeedMore) break;
    SPREAD_ASSERT(again.wanted() > size);
  }
  SPREAD_ASSERT(in_pieces == whole);
  SPREAD_ASSERT(again.error() == machine.error());
  as_answer(bytes);
  if (whole != wire::PickleMachine::Step::Complete) return;
  SPREAD_ASSERT(again.size() == machine.size());
  const ByteView one = bytes.first(machine.size());
  const std::vector<Byte> value = value_of(one, machine);
  SPREAD_ASSERT(value == value_of(one, again));

  // As a part of another pickle it is the same value; and a value that is written is read back.
  ByteBuffer list;
  list.push_back(Byte{0x91});
  wire::append_pickle_ext(one, list);
  ByteBuffer outer;
  SPREAD_ASSERT(wire::msgpack_to_pickle(list.view(), PickleBytes::Python3, outer));
  wire::PickleMachine nested(wire::PickleMachine::kBytesMax);
  SPREAD_ASSERT(nested.advance(outer.view()) == wire::PickleMachine::Step::Complete);
  const std::vector<Byte> inside = value_of(outer.view(), nested);
  if (value.empty() || inside.empty()) return;
  SPREAD_ASSERT(std::vector<Byte>(inside.begin() + 1, inside.end()) == value);

  ByteBuffer written;
  if (!wire::msgpack_to_pickle(value, PickleBytes::Python3, written)) return;
  wire::PickleMachine back(wire::PickleMachine::kBytesMax);
  SPREAD_ASSERT(back.advance(written.view()) == wire::PickleMachine::Step::Complete);
  SPREAD_ASSERT(value_of(written.view(), back) == value);
}

}  // namespace spread::fuzz
