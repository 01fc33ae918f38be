// Numbers and texts of pickles.

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>

#include "spread/base/characters.h"
#include "spread/wire/pickle_opcodes.h"

namespace spread::wire {
namespace {

bool set_unsigned(std::uint64_t number, Token& token) {
  token.type = TokenType::Unsigned;
  token.number = number;
  return true;
}
bool set_signed(std::int64_t number, Token& token) {
  token.type = number < 0 ? TokenType::Negative : TokenType::Unsigned;
  token.number = static_cast<std::uint64_t>(number);
  return true;
}
bool set_bool(bool value, Token& token) {
  token.type = TokenType::Bool;
  token.number = value ? 1 : 0;
  return true;
}
bool set_float(double number, Token& token) {
  token.type = TokenType::Float64;
  token.real = number;
  return true;
}
/// A str of Python 2: text, or bytes.
bool set_string(ByteView bytes, Token& token) {
  token.type = is_utf8(bytes) ? TokenType::Str : TokenType::Bin;
  token.bytes = bytes;
  return true;
}
/// What is no UTF-8 has half a surrogate pair in it.
bool set_text(ByteView bytes, Token& token) {
  if (!is_utf8(bytes)) return true;
  token.type = TokenType::Str;
  token.bytes = bytes;
  return true;
}
bool set_bytes(ByteView bytes, Token& token) {
  token.type = TokenType::Bin;
  token.bytes = bytes;
  return true;
}

// A number is read wherever it is referred to, so what it may cost has a limit. Python has the
// first one for its integers, too; the others are far beyond what it writes.
constexpr std::size_t kDigitsMax = 4300;
constexpr std::size_t kFloatTextMax = 400;
constexpr std::size_t kLongBytesMax = 16;

/// "-12", and "12L" where that is allowed.
bool read_decimal(std::string_view text, bool may_be_long, Token& token) {
  constexpr std::size_t kSmallMax = 24;
  if (text.size() > kDigitsMax) return false;
  const bool large = text.size() > kSmallMax;
  if (may_be_long && text.ends_with('L')) text.remove_suffix(1);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty()) return false;
  for (const char c : text) {
    if (!is_digit(c)) return false;
  }
  if (large) return true;
  std::uint64_t magnitude = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), magnitude);
  if (error != std::errc()) return true;
  if (!negative) return set_unsigned(magnitude, token);
  if (magnitude > std::uint64_t{1} << 63) return true;
  return set_signed(static_cast<std::int64_t>(0 - magnitude), token);
}

/// Two's complement, little-endian, of any length.
bool read_long(ByteView bytes, Token& token) {
  const bool negative = !bytes.empty() && (bytes.back() & 0x80) != 0;
  if (bytes.size() > kLongBytesMax) return true;
  const Byte fill = negative ? 0xff : 0;
  while (bytes.size() > 8 && bytes.back() == fill) bytes = bytes.first(bytes.size() - 1);
  if (bytes.size() > 8) return true;
  std::uint64_t number = load_little(bytes);
  if (!negative) return set_unsigned(number, token);
  for (std::size_t i = bytes.size(); i < 8; ++i) number |= std::uint64_t{0xff} << (8 * i);
  // Above 2^63 in magnitude: the sign stood in a byte of its own.
  if ((number >> 63) == 0) return true;
  return set_signed(static_cast<std::int64_t>(number), token);
}

bool read_float(std::string_view text, Token& token) {
  double number = 0;
  if (text.size() > kFloatTextMax) return false;
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end != text.data() + text.size()) return false;
  // from_chars does not say on which side: 0 or an infinity, as of Python's float().
  if (error == std::errc::result_out_of_range) {
    return set_float(std::strtod(std::string(text).c_str(), nullptr), token);
  }
  return error == std::errc() && set_float(number, token);
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  const char low = to_lower(c);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}
bool take_hex(std::string_view& text, std::size_t digits, std::uint32_t& number) {
  if (text.size() < digits) return false;
  number = 0;
  for (const char c : text.substr(0, digits)) {
    if (hex_digit(c) < 0) return false;
    number = number << 4 | static_cast<std::uint32_t>(hex_digit(c));
  }
  text.remove_prefix(digits);
  return true;
}

bool is_octal(char c) { return c >= '0' && c <= '7'; }

/// What stands behind a backslash in a string of Python 2.
bool take_escape(std::string_view& text, std::string& out) {
  constexpr std::string_view kNames = "\\'\"abfnrtv", kMeant = "\\'\"\a\b\f\n\r\t\v";
  if (text.empty()) return false;
  const char c = text.front();
  if (const std::size_t at = kNames.find(c); at != std::string_view::npos) {
    out += kMeant[at];
    text.remove_prefix(1);
    return true;
  }
  if (is_octal(c)) {
    unsigned number = 0;
    for (int i = 0; i < 3 && !text.empty() && is_octal(text.front()); ++i) {
      number = number * 8 + static_cast<unsigned>(text.front() - '0');
      text.remove_prefix(1);
    }
    out += static_cast<char>(number);
    return true;
  }
  if (c != 'x') {
    out += '\\';  // of an unknown escape both characters stand for themselves
    return true;
  }
  text.remove_prefix(1);
  std::uint32_t number = 0;
  if (!take_hex(text, 2, number)) return false;
  out += static_cast<char>(number);
  return true;
}

/// A string as repr() of Python 2 writes it, in its quotes.
bool read_quoted(std::string_view text, std::string& out) {
  if (text.size() < 2 || text.front() != text.back()) return false;
  if (text.front() != '\'' && text.front() != '"') return false;
  text = text.substr(1, text.size() - 2);
  while (!text.empty()) {
    const std::size_t plain = std::min(text.find('\\'), text.size());
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    text.remove_prefix(1);
    if (!take_escape(text, out)) return false;
  }
  return true;
}

void add_character(std::uint32_t code_point, std::string& out) {
  Byte bytes[4];
  out += as_text({bytes, encode_utf8(code_point, bytes)});
}

/// Python's raw-unicode-escape: Latin-1, and \uXXXX and \UXXXXXXXX. `whole`: no half of a surrogate
/// pair stands alone.
bool read_raw_unicode(std::string_view text, std::string& out, bool& whole) {
  std::uint32_t high = 0;  // a first half, whose second one has to come next
  whole = true;
  while (!text.empty()) {
    std::uint32_t code = static_cast<Byte>(text.front());
    const char next = text.size() > 1 ? text[1] : '\0';
    const bool escape = code == '\\' && (next == 'u' || next == 'U');
    text.remove_prefix(escape ? 2 : 1);
    if (escape && !take_hex(text, next == 'u' ? 4 : 8, code)) return false;
    if (code > 0x10ffff) return false;
    const bool second = code >= 0xdc00 && code < 0xe000;
    if (second == (high == 0)) whole = false;
    if (second && high != 0)
      add_character(0x10000 + ((high - 0xd800) << 10) + (code - 0xdc00), out);
    high = code >= 0xd800 && code < 0xdc00 ? code : 0;
    if (!second && high == 0) add_character(code, out);
    // Of two backslashes the second one begins no escape.
    if (code == '\\' && !escape && next == '\\') {
      out += '\\';
      text.remove_prefix(1);
    }
  }
  if (high != 0) whole = false;
  return true;
}

}  // namespace

bool read_pickle_scalar(const PickleOp& op, std::string& scratch, Token& token) {
  const ByteView bytes = op.argument;
  token = Token{};
  scratch.clear();
  switch (op.code) {
    case PickleCode::None: token.type = TokenType::Nil; return true;
    case PickleCode::NewTrue: return set_bool(true, token);
    case PickleCode::NewFalse: return set_bool(false, token);
    case PickleCode::BinInt1:
    case PickleCode::BinInt2: return set_unsigned(load_little(bytes), token);
    case PickleCode::BinInt:
      return set_signed(static_cast<std::int32_t>(load_little(bytes)), token);
    case PickleCode::Int:
      if (as_text(bytes) == "00") return set_bool(false, token);
      if (as_text(bytes) == "01") return set_bool(true, token);
      return read_decimal(as_text(bytes), false, token);
    case PickleCode::Long: return read_decimal(as_text(bytes), true, token);
    case PickleCode::Long1:
    case PickleCode::Long4: return read_long(bytes, token);
    case PickleCode::Float: return read_float(as_text(bytes), token);
    case PickleCode::BinFloat: return set_float(std::bit_cast<double>(load64(bytes.data())), token);
    case PickleCode::String:
      return read_quoted(as_text(bytes), scratch) && set_string(as_bytes(scratch), token);
    case PickleCode::BinString:
    case PickleCode::ShortBinString: return set_string(bytes, token);
    case PickleCode::Unicode: {
      bool whole = true;
      if (!read_raw_unicode(as_text(bytes), scratch, whole)) return false;
      return !whole || set_text(as_bytes(scratch), token);
    }
    case PickleCode::ShortBinUnicode:
    case PickleCode::BinUnicode:
    case PickleCode::BinUnicode8: return set_text(bytes, token);
    case PickleCode::ShortBinBytes:
    case PickleCode::BinBytes:
    case PickleCode::BinBytes8:
    case PickleCode::ByteArray8: return set_bytes(bytes, token);
    default: return true;  // a name
  }
}

}  // namespace spread::wire
