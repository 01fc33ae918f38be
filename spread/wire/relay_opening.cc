#include "spread/wire/relay_opening.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "spread/base/assert.h"
#include "spread/wire/json.h"
#include "spread/wire/msgpack.h"
#include "spread/wire/relay_frames.h"
#include "spread/wire/value_writer.h"

namespace spread::wire {
namespace {

// [nil, "relay"] has 8 bytes, and a few more with other headers of msgpack. What is longer is not
// waited for.
constexpr std::size_t kBeginMax = 64;

}  // namespace

void append_relay_hello(const RelayHello& hello, Wire wire, ByteBuffer& out) {
  ByteBuffer value;
  ValueWriter writer(value);
  writer.array(3);
  writer.nil();
  writer.text("hello");
  writer.map(hello.beats ? 4 : 3);
  writer.text("wire");
  writer.number(1);
  writer.text("workers");
  writer.number(hello.workers);
  writer.text("prep");
  writer.number(hello.prep_items);
  if (hello.beats) {
    writer.text("features");
    writer.array(1);
    writer.text("beat");
  }
  if (wire == Wire::Json) {
    JsonStyle style;
    const Status written = msgpack_to_json(value.view(), out, style);
    SPREAD_ASSERT(written.has_value());
    return out.push_back('\n');
  }
  Byte* const header = out.prepare(kRelayHeaderBytes);
  header[0] = kRelayFrameByte;
  put32(header + 1, value.size());
  out.commit(kRelayHeaderBytes);
  out.append(value.view());
}

/// `ends`: with them ends the item, or the task.
RelayOpening::Part RelayOpening::found(std::size_t size, bool ends) {
  const bool prep = items_left_ > 0;
  if (prep && ends) --items_left_;
  return {prep ? Part::What::Prep : Part::What::Dropped, size};
}

RelayOpening::Part RelayOpening::next(ByteView bytes) {
  if (bytes.empty()) return {Part::What::NeedMore, 1};
  if (left_ > 0) return take_rest(bytes);
  // No JSON begins with that byte.
  const bool is_line = json_ && (line_bytes_ > 0 || !prepared() || bytes[0] != kRelayFrameByte);
  return is_line ? take_line(bytes) : take_frame(bytes);
}

RelayOpening::Part RelayOpening::take_line(ByteView bytes) {
  const void* const newline = std::memchr(bytes.data(), '\n', bytes.size());
  const std::size_t size =
      newline == nullptr
          ? bytes.size()
          : static_cast<std::size_t>(static_cast<const Byte*>(newline) - bytes.data()) + 1;
  line_bytes_ += size;
  if (line_bytes_ > max_frame_) {
    return {Part::What::Broken, 0, fmt::format("a line has more than {} bytes", max_frame_)};
  }
  if (newline != nullptr) line_bytes_ = 0;
  return found(size, newline != nullptr);
}

RelayOpening::Part RelayOpening::take_frame(ByteView bytes) {
  if (bytes[0] != kRelayFrameByte) {
    return {Part::What::Broken, 0, fmt::format("the byte {:02X} begins no frame", bytes[0])};
  }
  if (bytes.size() < kRelayHeaderBytes) return {Part::What::NeedMore, kRelayHeaderBytes};
  const std::size_t length = load32(bytes.data() + 1);
  if (length > max_frame_) {
    return {Part::What::Broken, 0, fmt::format("a frame of {} bytes is too long", length)};
  }
  const std::size_t size = kRelayHeaderBytes + length;
  if (prepared() && length <= kBeginMax) {
    if (bytes.size() < size) return {Part::What::NeedMore, size};
    RelayFrame frame;
    const RelayFound begin = find_relay_frame(bytes.first(size), RelaySide::Master, frame);
    if (begin.what == RelayFound::What::Frame && frame.kind == RelayKind::Begin) {
      return {Part::What::Begin, size};
    }
  }
  if (json_) return {Part::What::Broken, 0, "a frame stands where a line of JSON is due"};
  left_ = size;
  return take_rest(bytes);
}

RelayOpening::Part RelayOpening::take_rest(ByteView bytes) {
  const std::size_t size = std::min(left_, bytes.size());
  left_ -= size;
  return found(size, left_ == 0);
}

}  // namespace spread::wire
