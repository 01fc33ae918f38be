#include "spread/wire/codec.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "spread/wire/msgpack.h"

namespace spread::wire {
namespace {

constexpr Byte kFrameByte = 0xc6;
constexpr Byte kEndMark = 0x0a;
constexpr std::size_t kHeaderBytes = 5;
/// Header, array(2), id.
constexpr std::size_t kTaskOverhead = kHeaderBytes + 1 + kMaxScalarBytes;

// ---------------------------------------------------------------- what a frame start is

enum class FrameStart : std::uint8_t { Frame, TooLong, Undecided, No };

struct Guess {
  FrameStart start = FrameStart::No;
  std::size_t wanted = 0;  ///< Undecided: bytes needed to go on
};

bool begins_id(Byte byte) { return byte < 0x80 || byte == 0xc0 || (byte >= 0xcc && byte <= 0xd3); }

/// A length above the limit: it is a frame only if a kind's name follows the id. Any weaker test
/// would kill a worker for what it printed: "Ə" is C6 8F, and behind it ordinary text can look like
/// an array header, an integer and the beginning of a str.
Guess guess_too_long(ByteView bytes, std::size_t id_at) {
  const std::size_t kind_at = id_at + kFixedSize[bytes[id_at]];
  if (bytes.size() <= kind_at) return {FrameStart::Undecided, kind_at + 1};
  const Byte header = bytes[kind_at];
  if (header < 0xa0 || header > 0xbf) return {FrameStart::No, 0};
  const std::size_t length = header & 31u;
  if (bytes.size() - kind_at - 1 < length) return {FrameStart::Undecided, kind_at + 1 + length};
  const bool known = is_kind(as_text(bytes.subspan(kind_at + 1, length)));
  return {known ? FrameStart::TooLong : FrameStart::No, 0};
}

/// `bytes` begins with C6. Docs/protocol.md section 5, rules 2 and 3.
Guess guess_start(ByteView bytes, std::size_t max_frame) {
  if (bytes.size() < kHeaderBytes) return {FrameStart::Undecided, kHeaderBytes + 1};
  const std::size_t length = load32(bytes.data() + 1);
  if (length < 3) return {FrameStart::No, 0};
  if (bytes.size() == kHeaderBytes) return {FrameStart::Undecided, kHeaderBytes + 1};
  const Byte array = bytes[kHeaderBytes];
  std::size_t id_at = kHeaderBytes + 1;
  std::size_t count = 0;
  if (array >= 0x90 && array <= 0x9f) {
    count = array & 15u;
  } else if (array == 0xdc || array == 0xdd) {
    id_at += array == 0xdc ? 2 : 4;
    if (bytes.size() < id_at) return {FrameStart::Undecided, id_at + 1};
    const Byte* const at = bytes.data() + kHeaderBytes + 1;
    count = array == 0xdc ? load16(at) : load32(at);
  }
  if (count < 2 || id_at >= kHeaderBytes + length) return {FrameStart::No, 0};
  if (bytes.size() == id_at) return {FrameStart::Undecided, id_at + 1};
  if (!begins_id(bytes[id_at])) return {FrameStart::No, 0};
  if (length <= max_frame) return {FrameStart::Frame, 0};
  return guess_too_long(bytes, id_at);
}

// ---------------------------------------------------------------- the hot path

/// Payloads up to this size are copied without a call.
constexpr std::size_t kSmallPayload = 32;
/// Room that is enough for any task with a small payload.
constexpr std::size_t kSmallTask = kTaskOverhead + sizeof Value::head + kSmallPayload;

/// memcpy of at most kSmallPayload bytes: two copies of a fixed size that may overlap.
inline void copy_small(Byte* to, const Byte* from, std::size_t n) {
  if (n >= 16) {
    std::memcpy(to, from, 16);
    std::memcpy(to + n - 16, from + n - 16, 16);
  } else if (n >= 8) {
    std::memcpy(to, from, 8);
    std::memcpy(to + n - 8, from + n - 8, 8);
  } else if (n >= 4) {
    std::memcpy(to, from, 4);
    std::memcpy(to + n - 4, from + n - 4, 4);
  } else {
    for (std::size_t i = 0; i < n; ++i) to[i] = from[i];
  }
}

/// Everything of a task in front of the payload's body.
inline Byte* put_task_head(Byte* begin, TaskId id, const Value& payload) {
  begin[0] = kFrameByte;
  begin[kHeaderBytes] = 0x92;
  Byte* to = put_unsigned(begin + kHeaderBytes + 1, number(id));
  // All five bytes: a constant size is two moves, and what is too much is written over.
  std::memcpy(to, payload.head.data(), sizeof payload.head);
  to += payload.head_size;
  put32(begin + 1, static_cast<std::size_t>(to - begin) - kHeaderBytes + payload.body.size());
  return to;
}

/// True for a str8 or bin8 of exactly `size` bytes.
inline bool is_short_text(const Byte* at, std::size_t size) {
  return (*at == 0xd9 || *at == 0xc4) && size > 1 && size == std::size_t{2} + at[1];
}

class MsgpackCodec final : public Codec {
 public:
  explicit MsgpackCodec(std::size_t max_frame)
      : max_frame_(std::min(max_frame, kMaxFrameLimit)),
        small_payload_(max_frame_ < kSmallTask ? 0 : kSmallPayload) {}

  Status encode_prep(const Value& item, ByteBuffer& out) override {
    const auto whole = encode_prep_head(item, out);
    if (!whole) return fail(whole.error().message);
    out.append(item.body.view());
    return {};
  }
  Result<bool> encode_prep_head(const Value& item, ByteBuffer& out) override {
    if (item.size() > max_frame_) return too_large("it", item.size());
    Byte* const header = out.prepare(kHeaderBytes);
    *header = kFrameByte;
    put32(header + 1, item.size());
    out.commit(kHeaderBytes);
    out.append(item.head_view());
    return true;
  }

  Result<bool> encode_answer_head(std::uint64_t seq, std::size_t value_bytes,
                                  ByteBuffer& out) override {
    const ByteBuffer head = make_answer_head(seq);
    const std::size_t size = head.size() + value_bytes;
    if (size > max_frame_) return too_large("it", size);
    Byte* const header = out.prepare(kHeaderBytes);
    *header = kFrameByte;
    put32(header + 1, size);
    out.commit(kHeaderBytes);
    out.append(head.view());
    return true;
  }

  // The small task makes no call at all, so that the compiler needs no stack frame for it.
  Status encode_task(TaskId id, const Value& payload, ByteBuffer& out) override {
    const std::size_t size = payload.body.size();
    if (size > small_payload_ || out.writable() < kSmallTask) {
      return encode_any_task(id, payload, out);
    }
    Byte* const begin = out.prepare(kSmallTask);
    Byte* const body = put_task_head(begin, id, payload);
    copy_small(body, payload.body.view().data(), size);
    out.commit(static_cast<std::size_t>(body - begin) + size);
    return {};
  }

  Result<bool> encode_task_head(TaskId id, const Value& payload, ByteBuffer& out) override {
    if (payload.size() + 1 + kMaxScalarBytes > max_frame_) {
      return too_large("payload", payload.size());
    }
    Byte* const begin = out.prepare(kTaskOverhead + sizeof payload.head);
    out.commit(static_cast<std::size_t>(put_task_head(begin, id, payload) - begin));
    return true;
  }

  void decode(ByteView bytes, bool final, Decoded& decoded) override {
    if (!decode_plain_ok(bytes, decoded)) decode_any(bytes, final, decoded);
  }

  bool has_ids() const override { return true; }
  std::size_t overhead() const override { return kTaskOverhead; }

 private:
  [[gnu::noinline]] Status encode_any_task(TaskId id, const Value& payload, ByteBuffer& out) {
    const auto whole = encode_task_head(id, payload, out);
    if (!whole) return fail(whole.error().message);
    out.append(payload.body.view());
    return {};
  }
  tl::unexpected<Error> too_large(std::string_view what, std::size_t size) const {
    return fail(
        fmt::format("{} has {} bytes, more than --max-frame {} allows", what, size, max_frame_));
  }

  /// `[id, "ok", value]` with a small value, complete: what a worker says a million times. False
  /// for everything else; `decoded` may be half filled then.
  bool decode_plain_ok(ByteView bytes, Decoded& decoded) {
    constexpr std::size_t kLeast = 6;        // array(3), id, "ok", a value of one byte
    constexpr std::uint32_t kOk = 0xa26f6b;  // fixstr(2) "ok"
    const Byte* const begin = bytes.data();
    if (bytes.size() < kHeaderBytes + kLeast || *begin != kFrameByte) return false;
    const std::size_t length = load32(begin + 1);
    if (length > bytes.size() - kHeaderBytes || length > max_frame_ || length < kLeast) {
      return false;
    }
    const Byte* at = begin + kHeaderBytes;
    const Byte* const end = at + length;
    if (at[0] != 0x93) return false;
    UpMessage& message = decoded.message;
    switch (at[1]) {
      case 0xcc:
        if (length < kLeast + 1) return false;
        message.id = TaskId{at[2]};
        at += 3;
        break;
      case 0xcd:
        if (length < kLeast + 2) return false;
        message.id = TaskId{load16(at + 2)};
        at += 4;
        break;
      case 0xce:
        if (length < kLeast + 4) return false;
        message.id = TaskId{load32(at + 2)};
        at += 6;
        break;
      default:
        if (at[1] >= 0x80) return false;
        message.id = TaskId{at[1]};
        at += 2;
        break;
    }
    if (load32(at) >> 8 != kOk) return false;
    at += 3;
    // Stored before it is checked: fewer registers, and so none to be saved.
    message.value = {at, static_cast<std::size_t>(end - at)};
    if (kFixedSize[*at] != message.value.size() && !is_short_text(at, message.value.size())) {
      return false;
    }
    decoded.found = Found::Message;
    const std::size_t mark = bytes.size() > kHeaderBytes + length && *end == kEndMark ? 1 : 0;
    decoded.size = kHeaderBytes + length + mark;
    // One by one: assigning a fresh UpMessage becomes `rep stos`, slower than all the rest.
    message.kind = UpKind::Ok;
    message.has_id = true;
    message.text = {};
    message.number = 0;
    message.so = {};
    message.se = {};
    return true;
  }

  void decode_any(ByteView bytes, bool final, Decoded& decoded);
  void decode_frame(ByteView bytes, bool final, Decoded& decoded);
  void decode_stray(ByteView bytes, bool final, Decoded& decoded);

  std::size_t max_frame_;
  std::size_t small_payload_;  ///< largest body that the fast path takes
};

void broken_frame(Decoded& decoded, std::string why) {
  decoded.found = Found::Broken;
  decoded.size = 0;
  decoded.error = std::move(why);
}

void MsgpackCodec::decode_any(ByteView bytes, bool final, Decoded& decoded) {
  if (bytes.empty()) {
    decoded.found = Found::NeedMore;
    decoded.size = 1;
    return;
  }
  if (bytes.front() == kEndMark) {
    decoded.found = Found::Skip;
    decoded.size = 1;
    while (decoded.size < bytes.size() && bytes[decoded.size] == kEndMark) ++decoded.size;
    return;
  }
  if (bytes.front() != kFrameByte) return decode_stray(bytes, final, decoded);
  const Guess guess = guess_start(bytes, max_frame_);
  switch (guess.start) {
    case FrameStart::Frame: return decode_frame(bytes, final, decoded);
    case FrameStart::TooLong:
      return broken_frame(decoded, fmt::format("frame of {} bytes, more than --max-frame {}",
                                               load32(bytes.data() + 1), max_frame_));
    case FrameStart::Undecided:
      if (final) return decode_stray(bytes, final, decoded);
      decoded.found = Found::NeedMore;
      decoded.size = guess.wanted;
      return;
    case FrameStart::No: return decode_stray(bytes, final, decoded);
  }
}

void MsgpackCodec::decode_frame(ByteView bytes, bool final, Decoded& decoded) {
  const std::size_t length = load32(bytes.data() + 1);
  decoded.size = kHeaderBytes + length;
  if (bytes.size() < decoded.size) {
    if (final) {
      return broken_frame(decoded, fmt::format("ended inside a frame ({} of {} bytes)",
                                               bytes.size(), decoded.size));
    }
    decoded.found = Found::NeedMore;
    return;
  }
  if (!parse_message(bytes.subspan(kHeaderBytes, length), decoded.message, decoded.error)) {
    decoded.found = Found::Broken;
    decoded.size = 0;
    return;
  }
  decoded.found = Found::Message;
  if (bytes.size() > decoded.size && bytes[decoded.size] == kEndMark) ++decoded.size;
}

/// The front of `bytes` is no frame start: finds the next place that is one, or could be.
void MsgpackCodec::decode_stray(ByteView bytes, bool final, Decoded& decoded) {
  decoded.found = Found::Stray;
  decoded.size = bytes.size();
  for (std::size_t at = 1; at < bytes.size(); ++at) {
    const void* const next = std::memchr(bytes.data() + at, kFrameByte, bytes.size() - at);
    if (next == nullptr) return;
    at = static_cast<std::size_t>(static_cast<const Byte*>(next) - bytes.data());
    const FrameStart start = guess_start(bytes.subspan(at), max_frame_).start;
    if (start == FrameStart::No || (start == FrameStart::Undecided && final)) continue;
    decoded.size = at;
    return;
  }
}

}  // namespace

std::unique_ptr<Codec> make_msgpack_codec(std::size_t max_frame) {
  return std::make_unique<MsgpackCodec>(max_frame);
}

}  // namespace spread::wire
