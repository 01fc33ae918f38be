#include "spread/wire/pool_frames.h"

#include <array>
#include <optional>

#include <fmt/format.h>

#include "spread/base/assert.h"
#include "spread/base/quote.h"
#include "spread/wire/codec.h"
#include "spread/wire/msgpack.h"
#include "spread/wire/value_writer.h"

namespace spread::wire {
namespace {

constexpr Byte kFrameByte = 0xc6;
constexpr std::array<std::string_view, 3> kCalls = {"run", "status", "stop"};

struct NumberKey {
  std::string_view key;
  std::uint64_t PoolFacts::*field;
};
constexpr std::array<NumberKey, 8> kNumbers = {{{"pid", &PoolFacts::pid},
                                                {"slots", &PoolFacts::slots},
                                                {"workers", &PoolFacts::workers},
                                                {"runs", &PoolFacts::runs},
                                                {"tasks", &PoolFacts::tasks},
                                                {"done", &PoolFacts::done},
                                                {"seconds", &PoolFacts::seconds},
                                                {"idle", &PoolFacts::idle_max}}};
struct TextKey {
  std::string_view key;
  std::string PoolFacts::*field;
};
constexpr std::array<TextKey, 3> kTexts = {{{"version", &PoolFacts::version},
                                            {"command", &PoolFacts::command},
                                            {"refused", &PoolFacts::refused}}};

void append_header(std::size_t size, ByteBuffer& out) {
  Byte* const header = out.prepare(kPoolHeaderBytes);
  header[0] = kFrameByte;
  put32(header + 1, size);
  out.commit(kPoolHeaderBytes);
}

void append_frame(const ByteBuffer& value, ByteBuffer& out) {
  append_header(value.size(), out);
  out.append(value.view());
}

/// [nil, word, and one element more.
ValueWriter begin(std::string_view word, std::size_t elements, ByteBuffer& value) {
  ValueWriter writer(value);
  writer.array(elements);
  writer.nil();
  writer.text(word);
  return writer;
}

/// The elements of [nil, word, ...] behind the word.
class Rest {
 public:
  explicit Rest(ByteView body) : at_(body.data()), end_(at_ + body.size()) {}
  bool open(std::string_view& word) {
    const Token array = token(), nil = token(), text = token();
    word = as_text(text.bytes);
    return array.type == TokenType::Array && array.number >= 2 && nil.type == TokenType::Nil &&
           text.is_text();
  }
  Token token() { return next_token(at_, end_); }

 private:
  const Byte* at_;
  const Byte* end_;
};

void set(PoolFacts& facts, std::string_view key, const Token& value) {
  for (const NumberKey& each : kNumbers) {
    if (each.key == key && value.type == TokenType::Unsigned) facts.*each.field = value.number;
  }
  for (const TextKey& each : kTexts) {
    if (each.key == key && value.is_text()) facts.*each.field = as_text(value.bytes);
  }
  if (key == "stopping") facts.stopping = value.number != 0;
  if (key == "down") facts.down = value.number != 0;
}

}  // namespace

std::string_view name_of(PoolCall call) { return kCalls[static_cast<std::size_t>(call)]; }

void append_pool_call(PoolCall call, ByteBuffer& out) {
  ByteBuffer value;
  begin("pool", 3, value).text(name_of(call));
  append_frame(value, out);
}

Result<PoolCall> parse_pool_call(ByteView body) {
  Rest rest(body);
  std::string_view word;
  const bool pool = rest.open(word) && word == "pool";
  const Token call = pool ? rest.token() : Token();
  if (!call.is_text()) return fail("its first frame is no call of a pool");
  for (std::size_t i = 0; i < kCalls.size(); ++i) {
    if (kCalls[i] == as_text(call.bytes)) return static_cast<PoolCall>(i);
  }
  return fail(
      fmt::format("it calls {}, which this pool does not know", show_text(as_text(call.bytes))));
}

void append_pool_facts(const PoolFacts& facts, ByteBuffer& out) {
  MapWriter map;
  for (const NumberKey& each : kNumbers) map.add(each.key, facts.*each.field);
  for (const TextKey& each : kTexts) map.add(each.key, facts.*each.field);
  map.add("stopping", std::uint64_t{facts.stopping ? 1u : 0u});
  map.add("down", std::uint64_t{facts.down ? 1u : 0u});
  ByteBuffer value;
  begin("pool", 3, value).encoded(map.view());
  append_frame(value, out);
}

Result<PoolFacts> parse_pool_facts(ByteView body) {
  Rest rest(body);
  std::string_view word;
  const bool pool = rest.open(word) && word == "pool";
  const Token map = pool ? rest.token() : Token();
  if (map.type != TokenType::Map) return fail("what answers there is no pool");
  PoolFacts facts;
  for (std::uint64_t i = 0; i < map.number; ++i) {
    const Token key = rest.token();
    if (!key.is_text()) return fail("what answers there is no pool");
    Token value = rest.token();
    if (value.type == TokenType::None || value.type >= TokenType::Array) {
      return fail("what answers there is no pool that this spread understands");
    }
    set(facts, as_text(key.bytes), value);
  }
  return facts;
}

void append_pool_errors(std::string_view text, OutputQueue& out) {
  ByteBuffer value;
  begin("stderr", 3, value).text(text);
  append_frame(value, out.tail());
}

void append_pool_tail(std::string_view text, ByteBuffer& out) {
  SPREAD_ASSERT(text.size() < kPoolFrameMax / 2);
  ByteBuffer value;
  begin("tail", 3, value).text(text);
  append_frame(value, out);
}

void append_pool_bye(ByteBuffer& out) {
  ByteBuffer value;
  begin("bye", 2, value);
  append_frame(value, out);
}

bool parse_pool_tail(ByteView body, std::string_view& text) {
  Rest rest(body);
  std::string_view word;
  if (!rest.open(word) || word != "tail") return false;
  const Token token = rest.token();
  text = as_text(token.bytes);
  return token.is_text();
}

std::size_t pool_frame_size(ByteView header) {
  if (header.size() < kPoolHeaderBytes || header[0] != kFrameByte) return 0;
  const std::size_t size = load32(header.data() + 1);
  return size <= kPoolFrameMax ? size : 0;
}

}  // namespace spread::wire
