#include "spread/wire/pickle_writer.h"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "spread/base/characters.h"
#include "spread/wire/msgpack.h"
#include "spread/wire/pickle_machine.h"
#include "spread/wire/pickle_value.h"

namespace spread::wire {
namespace {

enum class Place : std::uint8_t { Value, Key };

// Lengths have four bytes in protocol 2, and are read as signed.
constexpr std::size_t kStringMax = INT32_MAX;
// As characters of latin1 in UTF-8, some take two.
constexpr std::size_t kLatin1Max = kStringMax / 2;

class PickleWriter {
 public:
  PickleWriter(PickleBytes style, ByteBuffer& out) : style_(style), out_(out) {}

  bool write(const Byte*& at, const Byte* end, Place place, std::size_t depth);
  void write_code(PickleCode code) { out_.push_back(static_cast<Byte>(code)); }
  void write_protocol() {
    write_code(PickleCode::Proto);
    write_little(2, 1);
  }
  void write_unsigned(std::uint64_t number);
  const std::string& error() const { return error_; }

 private:
  bool failed(std::string why) {
    error_ = std::move(why);
    return false;
  }
  bool write_array(std::uint64_t count, const Byte*& at, const Byte* end, Place place,
                   std::size_t depth);
  bool write_map(std::uint64_t count, const Byte*& at, const Byte* end, Place place,
                 std::size_t depth);
  void write_signed(std::int64_t number);
  void write_little(std::uint64_t number, std::size_t bytes);
  void write_float(double number);
  void write_string(ByteView bytes);
  void write_unicode(ByteView bytes);
  bool write_bytes(ByteView bytes);
  bool write_ext(const Token& token);
  bool fits(ByteView bytes, std::size_t most);
  void splice(ByteView pickle);

  PickleBytes style_;
  ByteBuffer& out_;
  std::string error_;
};

void PickleWriter::write_little(std::uint64_t number, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) out_.push_back(static_cast<Byte>(number >> (8 * i)));
}

void PickleWriter::write_unsigned(std::uint64_t number) {
  if (number <= 0xff) {
    write_code(PickleCode::BinInt1);
    write_little(number, 1);
  } else if (number <= 0xffff) {
    write_code(PickleCode::BinInt2);
    write_little(number, 2);
  } else if (number <= INT32_MAX) {
    write_code(PickleCode::BinInt);
    write_little(number, 4);
  } else {
    // As few bytes as hold it and a sign.
    const auto bytes = static_cast<std::size_t>(std::bit_width(number) / 8 + 1);
    write_code(PickleCode::Long1);
    write_little(bytes, 1);
    write_little(number, std::min<std::size_t>(bytes, 8));
    if (bytes == 9) out_.push_back(0);
  }
}

void PickleWriter::write_signed(std::int64_t number) {
  if (number >= INT32_MIN) {
    write_code(PickleCode::BinInt);
    return write_little(static_cast<std::uint64_t>(number), 4);
  }
  const auto bits = static_cast<std::uint64_t>(number);
  const auto bytes = static_cast<std::size_t>(std::bit_width(~bits) / 8 + 1);
  write_code(PickleCode::Long1);
  write_little(bytes, 1);
  write_little(bits, bytes);
}

void PickleWriter::write_float(double number) {
  write_code(PickleCode::BinFloat);
  put64(out_.prepare(8), std::bit_cast<std::uint64_t>(number));
  out_.commit(8);
}

/// A str of Python 2, which Python 3 reads if it is ASCII.
void PickleWriter::write_string(ByteView bytes) {
  if (bytes.size() <= 0xff) {
    write_code(PickleCode::ShortBinString);
    write_little(bytes.size(), 1);
  } else {
    write_code(PickleCode::BinString);
    write_little(bytes.size(), 4);
  }
  out_.append(bytes);
}

void PickleWriter::write_unicode(ByteView bytes) {
  write_code(PickleCode::BinUnicode);
  write_little(bytes.size(), 4);
  out_.append(bytes);
}

/// For Python 3 as Python 3 writes them itself in protocol 2.
bool PickleWriter::write_bytes(ByteView bytes) {
  const bool latin1 = style_ == PickleBytes::Python3;
  if (!fits(bytes, latin1 ? kLatin1Max : kStringMax)) return false;
  if (!latin1) return write_string(bytes), true;
  if (bytes.empty()) return out_.append(std::string_view("c__builtin__\nbytes\n)R")), true;
  ByteBuffer text;
  for (const Byte byte : bytes) text.commit(encode_utf8(byte, text.prepare(4)));
  out_.append(std::string_view("c_codecs\nencode\n"));
  write_unicode(text.view());
  write_unicode(as_bytes("latin1"));
  write_code(PickleCode::Tuple2);
  write_code(PickleCode::Reduce);
  return true;
}

bool PickleWriter::write(const Byte*& at, const Byte* end, Place place, std::size_t depth) {
  const Token token = next_token(at, end);
  switch (token.type) {
    case TokenType::None: return failed("is cut off");
    case TokenType::Nil: write_code(PickleCode::None); break;
    case TokenType::Bool:
      write_code(token.number != 0 ? PickleCode::NewTrue : PickleCode::NewFalse);
      break;
    case TokenType::Unsigned: write_unsigned(token.number); break;
    case TokenType::Negative: write_signed(token.negative()); break;
    case TokenType::Float32:
    case TokenType::Float64: write_float(token.real); break;
    case TokenType::Str:
      if (!fits(token.bytes, kStringMax)) return false;
      if (is_ascii(token.bytes)) {
        write_string(token.bytes);
      } else if (is_utf8(token.bytes)) {
        write_unicode(token.bytes);
      } else {
        return write_bytes(token.bytes);
      }
      break;
    case TokenType::Bin: return write_bytes(token.bytes);
    case TokenType::Ext: return write_ext(token);
    case TokenType::Array:
    case TokenType::Map:
      if (depth == kMaxDepth) return failed(fmt::format("is nested deeper than {}", kMaxDepth));
      return token.type == TokenType::Map ? write_map(token.number, at, end, place, depth + 1)
                                          : write_array(token.number, at, end, place, depth + 1);
  }
  return true;
}

bool PickleWriter::fits(ByteView bytes, std::size_t most) {
  if (bytes.size() <= most) return true;
  return failed(fmt::format("has a string of {} bytes, of which a pickle of protocol 2 takes {}",
                            bytes.size(), most));
}

/// As a key it has to be one that can be hashed.
bool PickleWriter::write_array(std::uint64_t count, const Byte*& at, const Byte* end, Place place,
                               std::size_t depth) {
  const bool tuple = place == Place::Key;
  if (count == 0) {
    write_code(tuple ? PickleCode::EmptyTuple : PickleCode::EmptyList);
    return true;
  }
  if (!tuple) write_code(PickleCode::EmptyList);
  write_code(PickleCode::Mark);
  for (; count > 0; --count) {
    if (!write(at, end, place, depth)) return false;
  }
  write_code(tuple ? PickleCode::Tuple : PickleCode::Appends);
  return true;
}

bool PickleWriter::write_map(std::uint64_t count, const Byte*& at, const Byte* end, Place place,
                             std::size_t depth) {
  if (place == Place::Key) return failed("has a map in a key, which no dict of Python can have");
  write_code(PickleCode::EmptyDict);
  if (count == 0) return true;
  write_code(PickleCode::Mark);
  for (; count > 0; --count) {
    if (!write(at, end, Place::Key, depth) || !write(at, end, Place::Value, depth)) return false;
  }
  write_code(PickleCode::SetItems);
  return true;
}

bool PickleWriter::write_ext(const Token& token) {
  const std::int64_t type = token.negative();
  if (type != kPickleExt) {
    return failed(fmt::format("has an ext of type {}, which is nothing in Python", type));
  }
  PickleMachine machine(PickleMachine::kBytesMax);
  switch (machine.advance(token.bytes)) {
    case PickleMachine::Step::NeedMore:
      return failed(fmt::format("has an ext of type {} with half a pickle in it", type));
    case PickleMachine::Step::Broken:
      return failed(
          fmt::format("has an ext of type {} with no pickle in it: {}", type, machine.error()));
    case PickleMachine::Step::Complete: break;
  }
  if (machine.size() != token.bytes.size()) {
    return failed(fmt::format("has an ext of type {} with bytes behind its pickle", type));
  }
  splice(token.bytes);
  return true;
}

/// The opcodes of a whole pickle, so that they push its value in the middle of another one. What
/// is counted is not right there: frames, and the number of what is remembered. Behind it names are
/// again those of protocol 2, which Python 3 translates.
void PickleWriter::splice(ByteView pickle) {
  std::vector<bool> remembered;
  std::size_t count = 0;
  const auto remember = [&](std::size_t index) {
    if (index >= remembered.size()) remembered.resize(index + 1);
    if (!remembered[index]) ++count;
    remembered[index] = true;
  };
  for (std::size_t at = 0; at < pickle.size();) {
    const PickleOp op = pickle_op_at(pickle, at);
    at = op.end;
    switch (op.code) {
      case PickleCode::Frame:
      case PickleCode::Stop: continue;
      case PickleCode::Memoize: {
        write_code(PickleCode::LongBinPut);
        write_little(count, 4);
        remember(count);
        continue;
      }
      case PickleCode::BinPut:
      case PickleCode::LongBinPut: remember(load_little(op.argument)); break;
      case PickleCode::Put: remember(std::stoul(std::string(as_text(op.argument)))); break;
      default: break;
    }
    out_.append(pickle.subspan(op.at, op.end - op.at));
  }
  write_protocol();
}

Status finish(bool written, const std::string& error, ByteBuffer& pickle, ByteBuffer& out) {
  if (!written) return fail(error);
  pickle.push_back(static_cast<Byte>(PickleCode::Stop));
  out.append(pickle.view());
  return {};
}

}  // namespace

Status msgpack_to_pickle(ByteView value, PickleBytes bytes, ByteBuffer& out) {
  const Byte* at = value.data();
  const Byte* const end = at + value.size();
  ByteBuffer pickle;
  PickleWriter writer(bytes, pickle);
  writer.write_protocol();
  const bool written = writer.write(at, end, Place::Value, 0);
  if (written && at != end) return fail("has bytes left over behind it");
  const Byte* again = value.data();
  if (const Token token = next_token(again, end); written && token.type == TokenType::Ext) {
    out.append(token.bytes);  // a whole pickle, as it is
    return {};
  }
  return finish(written, writer.error(), pickle, out);
}

Status pair_to_pickle(TaskId id, ByteView value, PickleBytes bytes, ByteBuffer& out) {
  const Byte* at = value.data();
  const Byte* const end = at + value.size();
  ByteBuffer pickle;
  PickleWriter writer(bytes, pickle);
  writer.write_protocol();
  writer.write_unsigned(number(id));
  const bool written = writer.write(at, end, Place::Value, 0);
  if (written && at != end) return fail("has bytes left over behind it");
  writer.write_code(PickleCode::Tuple2);
  return finish(written, writer.error(), pickle, out);
}

}  // namespace spread::wire
