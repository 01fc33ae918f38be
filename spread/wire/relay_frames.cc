#include "spread/wire/relay_frames.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "spread/base/assert.h"
#include "spread/base/quote.h"
#include "spread/wire/msgpack.h"
#include "spread/wire/value_writer.h"

namespace spread::wire {
namespace {

/// What stands behind the word.
enum class FrameShape : std::uint8_t { Nothing, Map, Bytes, Bools, PidAndHost, Number, End };

struct Row {
  RelayKind kind;
  std::string_view word;
  RelaySide from;
  bool of_worker;
  FrameShape shape;
};

constexpr std::array<Row, 18> kRows = {{
    {RelayKind::Begin, "relay", RelaySide::Master, false, FrameShape::Nothing},
    {RelayKind::Start, "start", RelaySide::Master, true, FrameShape::Map},
    {RelayKind::In, "in", RelaySide::Master, true, FrameShape::Bytes},
    {RelayKind::Close, "close", RelaySide::Master, true, FrameShape::Nothing},
    {RelayKind::Term, "term", RelaySide::Master, true, FrameShape::Nothing},
    {RelayKind::Kill, "kill", RelaySide::Master, true, FrameShape::Nothing},
    {RelayKind::Stop, "stop", RelaySide::Master, true, FrameShape::Nothing},
    {RelayKind::Cont, "cont", RelaySide::Master, true, FrameShape::Nothing},
    {RelayKind::Read, "read", RelaySide::Master, true, FrameShape::Bools},
    {RelayKind::Up, "up", RelaySide::Relay, true, FrameShape::PidAndHost},
    {RelayKind::Out, "out", RelaySide::Relay, true, FrameShape::Bytes},
    {RelayKind::Err, "err", RelaySide::Relay, true, FrameShape::Bytes},
    {RelayKind::End, "end", RelaySide::Relay, true, FrameShape::Nothing},
    {RelayKind::Took, "took", RelaySide::Relay, true, FrameShape::Number},
    {RelayKind::Deaf, "deaf", RelaySide::Relay, true, FrameShape::Nothing},
    {RelayKind::Down, "down", RelaySide::Relay, true, FrameShape::End},
    {RelayKind::Beat, "beat", RelaySide::Relay, false, FrameShape::Nothing},
    {RelayKind::Bye, "bye", RelaySide::Relay, false, FrameShape::Nothing},
}};

const Row& row_of(RelayKind kind) { return kRows[static_cast<std::size_t>(kind)]; }

std::size_t elements_of(FrameShape shape) {
  switch (shape) {
    case FrameShape::Nothing: return 2;
    case FrameShape::Map:
    case FrameShape::Bytes:
    case FrameShape::Number: return 3;
    case FrameShape::Bools:
    case FrameShape::PidAndHost: return 4;
    case FrameShape::End: break;
  }
  return 5;
}

/// A name that env(1) and any shell understand.
bool is_variable(std::string_view name) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  const auto may_follow = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); };
  return !name.empty() && is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(), may_follow);
}

/// Values one behind the other, of which each step says whether there was such a one.
class Reader {
 public:
  explicit Reader(ByteView bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  Token token() { return next_token(at_, end_); }
  bool text(std::string_view& text) {
    const Token found = token();
    text = as_text(found.bytes);
    return found.is_text();
  }
  bool number(std::uint64_t& number, std::uint64_t max) {
    const Token found = token();
    number = found.number;
    return found.type == TokenType::Unsigned && number <= max;
  }
  bool boolean(bool& value) {
    const Token found = token();
    value = found.number != 0;
    return found.type == TokenType::Bool;
  }
  bool map(ByteView& map) {
    const Byte* const begin = at_;
    const Token header = token();
    if (header.type != TokenType::Map) return false;
    std::string_view name, value;
    for (std::uint64_t i = 0; i < header.number; ++i) {
      if (!text(name) || !text(value) || !is_variable(name)) return false;
      if (value.find('\0') != std::string_view::npos) return false;
    }
    map = {begin, at_};
    return true;
  }
  bool at_end() const { return at_ == end_; }

 private:
  const Byte* at_;
  const Byte* end_;
};

bool read_rest(Reader& reader, FrameShape shape, RelayFrame& frame) {
  std::string_view bytes;
  std::uint64_t exit_status = 0, signal = 0;
  switch (shape) {
    case FrameShape::Nothing: return true;
    case FrameShape::Map: return reader.map(frame.bytes);
    case FrameShape::Bytes:
      if (!reader.text(bytes) || bytes.size() > kRelayPieceMax) return false;
      frame.bytes = as_bytes(bytes);
      return true;
    case FrameShape::Bools:
      return reader.boolean(frame.reads_out) && reader.boolean(frame.reads_err);
    case FrameShape::PidAndHost:
      return reader.number(frame.number, INT32_MAX) && reader.text(frame.text);
    case FrameShape::Number: return reader.number(frame.number, kRelayUnderwayMax);
    case FrameShape::End: break;
  }
  if (!reader.number(exit_status, UINT8_MAX) || !reader.number(signal, UINT8_MAX)) return false;
  frame.exit_status = static_cast<std::uint8_t>(exit_status);
  frame.signal = static_cast<std::uint8_t>(signal);
  return reader.text(frame.text);
}

/// Empty: it is one.
std::string read_value(ByteView value, RelaySide from, RelayFrame& frame) {
  Reader reader(value);
  const Token array = reader.token();
  if (array.type != TokenType::Array || array.number < 2) return "is no array of two or more";
  const Token k = reader.token();
  std::string_view word;
  if (!reader.text(word)) return "has no word";
  for (const Row& row : kRows) {
    if (row.word != word || row.from != from) continue;
    frame = {};
    frame.kind = row.kind;
    const bool named = k.type == TokenType::Unsigned && k.number <= UINT32_MAX;
    if (row.of_worker ? !named : k.type != TokenType::Nil) return "has no number of a worker";
    if (row.of_worker) frame.k = static_cast<std::uint32_t>(k.number);
    const bool whole = array.number == elements_of(row.shape) &&
                       read_rest(reader, row.shape, frame) && reader.at_end();
    return whole ? "" : fmt::format("\"{}\" is not as it should be", word);
  }
  return show_text(word) + " is none of its words";
}

std::size_t size_of(const RelayFrame& frame) { return 64 + frame.bytes.size() + frame.text.size(); }

}  // namespace

RelayFound find_relay_frame(ByteView bytes, RelaySide from, RelayFrame& frame) {
  using What = RelayFound::What;
  if (!bytes.empty() && bytes[0] != kRelayFrameByte) {
    return {What::Broken, 0, fmt::format("the byte {:02X} begins no frame", bytes[0])};
  }
  if (bytes.size() < kRelayHeaderBytes) return {What::NeedMore, kRelayHeaderBytes};
  const std::size_t length = load32(bytes.data() + 1);
  if (length > kRelayFrameMax) {
    return {What::Broken, 0, fmt::format("a frame of {} bytes is too long", length)};
  }
  const std::size_t size = kRelayHeaderBytes + length;
  if (bytes.size() < size) return {What::NeedMore, size};
  const std::string wrong = read_value(bytes.subspan(kRelayHeaderBytes, length), from, frame);
  if (!wrong.empty()) return {What::Broken, 0, "a frame " + wrong};
  return {What::Frame, size};
}

void append_relay_head(RelayKind kind, std::uint32_t k, std::size_t bytes, ByteBuffer& out) {
  SPREAD_ASSERT(bytes <= kRelayPieceMax);
  const Row& row = row_of(kind);
  Byte* const begin = out.prepare(kRelayHeaderBytes + 3 * kMaxScalarBytes + row.word.size());
  begin[0] = kRelayFrameByte;
  Byte* to = put_array_header(begin + kRelayHeaderBytes, 3);
  to = put_unsigned(to, k);
  to = put_str_header(to, row.word.size());
  for (const char c : row.word) *to++ = static_cast<Byte>(c);
  to = put_bin_header(to, bytes);
  const auto head = static_cast<std::size_t>(to - begin);
  put32(begin + 1, head - kRelayHeaderBytes + bytes);
  out.commit(head);
}

void append_relay_frame(const RelayFrame& frame, ByteBuffer& out) {
  const Row& row = row_of(frame.kind);
  if (row.shape == FrameShape::Bytes) {
    append_relay_head(frame.kind, frame.k, frame.bytes.size(), out);
    return out.append(frame.bytes);
  }
  ByteBuffer value;
  value.prepare(size_of(frame));
  ValueWriter writer(value);
  writer.array(elements_of(row.shape));
  if (row.of_worker) {
    writer.number(frame.k);
  } else {
    writer.nil();
  }
  writer.text(row.word);
  switch (row.shape) {
    case FrameShape::Nothing:
    case FrameShape::Bytes: break;
    case FrameShape::Map: writer.encoded(frame.bytes); break;
    case FrameShape::Bools:
      for (const bool each : {frame.reads_out, frame.reads_err})
        value.push_back(each ? Byte{0xc3} : Byte{0xc2});
      break;
    case FrameShape::PidAndHost:
      writer.number(frame.number);
      writer.text(frame.text);
      break;
    case FrameShape::Number: writer.number(frame.number); break;
    case FrameShape::End:
      writer.number(frame.exit_status);
      writer.number(frame.signal);
      writer.text(frame.text);
  }
  SPREAD_ASSERT(value.size() <= kRelayFrameMax);
  Byte* const header = out.prepare(kRelayHeaderBytes);
  header[0] = kRelayFrameByte;
  put32(header + 1, value.size());
  out.commit(kRelayHeaderBytes);
  out.append(value.view());
}

ByteBuffer relay_environment(const RelayEnvironment& environment) {
  ByteBuffer bytes;
  ValueWriter writer(bytes);
  writer.map(environment.size());
  for (const auto& [name, value] : environment) {
    writer.text(name);
    writer.text(value);
  }
  return bytes;
}

RelayEnvironment environment_of(ByteView map) {
  Reader reader(map);
  RelayEnvironment environment;
  const Token header = reader.token();
  SPREAD_ASSERT(header.type == TokenType::Map);
  for (std::uint64_t i = 0; i < header.number; ++i) {
    std::string_view name, value;
    const bool whole = reader.text(name) && reader.text(value);
    SPREAD_ASSERT(whole);
    environment.emplace_back(name, value);
  }
  return environment;
}

}  // namespace spread::wire
