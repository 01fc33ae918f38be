#include "spread/wire/json.h"

#include <cstring>

#include <fmt/format.h>

#include "spread/base/characters.h"
#include "spread/base/json_string.h"
#include "spread/wire/msgpack.h"

namespace spread::wire {
namespace {

/// A string in which every byte stands for itself: what most values are.
bool is_plain_string(std::string_view json) {
  if (json.size() < 2 || json.front() != '"' || json.size() > UINT32_MAX) return false;
  const char* const last = json.data() + json.size() - 1;
  return find_special(json.data() + 1, last + 1) == last && *last == '"' && is_utf8(as_bytes(json));
}

}  // namespace

bool JsonReader::failed(std::string_view why, const char* at) {
  error_ = fmt::format("{} at byte {}", why, at - begin_ + 1);
  return false;
}

Status JsonReader::convert(ByteBuffer& out) {
  if (end_ - begin_ > std::ptrdiff_t{UINT32_MAX}) return fail("JSON of more than 4 GiB");
  skip_space();
  const bool scalar = at_ < end_ && *at_ != '[' && *at_ != '{';
  const std::size_t values = scalar ? 1 : count_elements();
  // A string takes its length and a header of at most 5, anything else at most 9. Too much where
  // there are many short numbers, but only what is written to is ever resident.
  Byte* const start =
      out.prepare(static_cast<std::size_t>(end_ - begin_) + values * kMaxScalarBytes);
  to_ = start;
  if (!read_document()) return fail(std::move(error_));
  out.commit(static_cast<std::size_t>(to_ - start));
  return {};
}

/// Fills counts_ and returns how many values (with keys) there can be. Of text that is not JSON it
/// says nothing: the second pass fails at the first byte where the two would not agree.
std::size_t JsonReader::count_elements() {
  // Bytes in the innermost container are {"$ext":[...]}: two more brackets.
  constexpr std::size_t kOfBytes = 2;
  std::array<std::uint32_t, kMaxDepth + 1 + kOfBytes> open{};
  std::size_t depth = 0;
  std::size_t values = 1;
  for (const char* at = at_; at < end_; ++at) {
    switch (*at) {
      case '"': at = end_of_string(at + 1); break;
      case '[':
      case '{':
        if (depth == depth_max_ + kOfBytes) return values;
        open[depth++] = static_cast<std::uint32_t>(counts_.size());
        counts_.push_back(1);
        ++values;
        break;
      case ']':
      case '}':
        if (depth == 0 || --depth == 0) return values;
        break;
      case ',':
        if (depth == 0) return values;
        ++counts_[open[depth - 1]];
        ++values;
        break;
      case ':': ++values; break;
      default: break;
    }
  }
  return values;
}

/// The closing quote of the string whose first character is at `at`, or the last byte.
const char* JsonReader::end_of_string(const char* at) const {
  while (true) {
    at = find_quote_or_backslash(at, end_);
    if (at == end_) return end_ - 1;
    if (*at == '"') return at;
    at += end_ - at > 1 ? 2 : 1;
  }
}

bool JsonReader::read_document() {
  bool more = true;
  while (more) {
    const Step step = read_value();
    if (step == Step::Failed) return false;
    if (step == Step::Done && !close_finished(more)) return false;
  }
  skip_space();
  return at_ == end_ || failed("text behind the value", at_);
}

/// Behind a value: closes what ends here and stands at the next value, if there is `more`.
bool JsonReader::close_finished(bool& more) {
  while (true) {
    more = depth_ > 0;
    if (!more) return true;
    const bool is_map = is_map_[depth_ - 1];
    skip_space();
    if (take(',')) {
      skip_space();
      return !is_map || read_key();
    }
    if (!take(is_map ? '}' : ']')) {
      return failed(is_map ? "expected ',' or '}'" : "expected ',' or ']'", at_);
    }
    --depth_;
  }
}

JsonReader::Step JsonReader::read_value() {
  skip_space();
  bool good = false;
  if (at_ == end_) {
    failed("expected a value", at_);
    return Step::Failed;
  }
  switch (*at_) {
    case '"': good = read_string(); break;
    case '[': return open(false);
    case '{': return open(true);
    case 'n': good = read_literal("null", 0xc0); break;
    case 'f': good = read_literal("false", 0xc2); break;
    case 't': good = read_literal("true", 0xc3); break;
    default: good = read_number(); break;
  }
  return good ? Step::Done : Step::Failed;
}

JsonReader::Step JsonReader::open(bool is_map) {
  // Bytes are no container, so they may stand in the innermost one.
  if (is_map && read_tagged()) return Step::Done;
  if (depth_ == depth_max_) {
    too_deep_ = true;
    failed(fmt::format("nested deeper than {}", kMaxDepth), at_);
    return Step::Failed;
  }
  const std::uint32_t count = counts_[next_count_++];
  ++at_;
  skip_space();
  if (take(is_map ? '}' : ']')) {
    *to_++ = is_map ? 0x80 : 0x90;
    return Step::Done;
  }
  to_ = is_map ? put_map_header(to_, count) : put_array_header(to_, count);
  is_map_[depth_++] = is_map;
  return !is_map || read_key() ? Step::Opened : Step::Failed;
}

bool JsonReader::read_key() {
  if (!next_is('"')) return failed("expected a key in quotes", at_);
  if (!read_string()) return false;
  skip_space();
  return take(':') || failed("expected ':'", at_);
}

bool JsonReader::read_literal(std::string_view word, Byte code) {
  if (std::string_view(at_, static_cast<std::size_t>(end_ - at_)).substr(0, word.size()) != word) {
    return failed("expected a value", at_);
  }
  at_ += word.size();
  *to_++ = code;
  return true;
}

bool JsonReader::read_string() {
  const char* const start = ++at_;
  at_ = find_special(at_, end_);
  if (at_ == end_) return failed("a string without its closing quote", start - 1);
  if (*at_ == '\\') return read_escaped_string(start);
  if (*at_ != '"') return failed("a control character in a string", at_);
  const std::string_view text(start, static_cast<std::size_t>(at_ - start));
  if (const std::size_t good = is_utf8(as_bytes(text)) ? text.size() : utf8_prefix(as_bytes(text));
      good != text.size()) {
    return failed("a string that is not UTF-8", start + good);
  }
  ++at_;
  to_ = put_str_header(to_, text.size());
  std::memcpy(to_, text.data(), text.size());
  to_ += text.size();
  return true;
}

bool JsonReader::read_escaped_string(const char* start) {
  constexpr std::size_t kHeaderRoom = 5;
  Byte* const text = to_ + kHeaderRoom;
  Byte* to = text;
  at_ = start;
  while (true) {
    const char* const special = find_special(at_, end_);
    const auto run = static_cast<std::size_t>(special - at_);
    std::memcpy(to, at_, run);
    to += run;
    at_ = special;
    if (at_ == end_) return failed("a string without its closing quote", start - 1);
    if (*at_ == '"') break;
    if (*at_ != '\\') return failed("a control character in a string", at_);
    if (!read_escape(to)) return false;
  }
  ++at_;
  const auto size = static_cast<std::size_t>(to - text);
  if (!is_utf8({text, size})) return failed("a string that is not UTF-8", start);
  to_ = put_str_header(to_, size);
  std::memmove(to_, text, size);
  to_ += size;
  return true;
}

bool JsonReader::read_escape(Byte*& to) {
  const char* const start = at_;
  if (end_ - at_ < 2) return failed("an escape that is cut off", start);
  const char c = at_[1];
  at_ += 2;
  switch (c) {
    case '"':
    case '\\':
    case '/': *to++ = static_cast<Byte>(c); return true;
    case 'b': *to++ = '\b'; return true;
    case 'f': *to++ = '\f'; return true;
    case 'n': *to++ = '\n'; return true;
    case 'r': *to++ = '\r'; return true;
    case 't': *to++ = '\t'; return true;
    case 'u': break;
    default: return failed("an unknown escape", start);
  }
  constexpr std::uint32_t kReplacement = 0xfffd;
  std::uint32_t unit = 0;
  if (!read_hex4(unit)) return failed("an escape without its four hex digits", start);
  if (unit >= 0xdc00 && unit < 0xe000) {
    unit = kReplacement;
  } else if (unit >= 0xd800 && unit < 0xdc00) {
    const char* const behind = at_;
    std::uint32_t low = 0;
    if (take('\\') && take('u') && read_hex4(low) && low >= 0xdc00 && low < 0xe000) {
      unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    } else {
      at_ = behind;  // what follows stands for itself, and is checked when it is read
      unit = kReplacement;
    }
  }
  to += encode_utf8(unit, to);
  return true;
}

bool JsonReader::read_hex4(std::uint32_t& unit) {
  if (end_ - at_ < 4) return false;
  unit = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = at_[i];
    const char lower = to_lower(c);
    if (is_digit(c)) {
      unit = unit << 4 | static_cast<std::uint32_t>(c - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      unit = unit << 4 | static_cast<std::uint32_t>(lower - 'a' + 10);
    } else {
      return false;
    }
  }
  at_ += 4;
  return true;
}

Status json_to_msgpack(std::string_view json, ByteBuffer& out) {
  if (is_plain_string(json)) {
    const std::string_view text = json.substr(1, json.size() - 2);
    Byte* const to = out.prepare(text.size() + kMaxScalarBytes);
    Byte* const body = put_str_header(to, text.size());
    if (!text.empty()) std::memcpy(body, text.data(), text.size());
    out.commit(static_cast<std::size_t>(body - to) + text.size());
    return {};
  }
  return JsonReader(json).convert(out);
}

}  // namespace spread::wire
