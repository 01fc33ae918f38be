#include "spread/value.h"

#include <bit>
#include <cstring>

namespace spread {
inline namespace v1 {
namespace {

template <class T>
void append_big_endian(std::string& out, T number) {
  for (int shift = static_cast<int>(sizeof number) * 8 - 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(number >> shift));
  }
}

template <class T>
void append(std::string& out, unsigned lead, T number) {
  out.push_back(static_cast<char>(lead));
  append_big_endian(out, number);
}

/// A head with its size in one, two or four bytes; `lead8` 0: there is none with one.
void append_head(std::string& out, std::size_t n, unsigned lead8, unsigned lead16,
                 const char* what) {
  if (n > UINT32_MAX) throw ValueError(std::string(what) + " of 4 GiB or more cannot be sent");
  if (n <= UINT8_MAX && lead8 != 0) {
    append(out, lead8, static_cast<std::uint8_t>(n));
  } else if (n <= UINT16_MAX) {
    append(out, lead16, static_cast<std::uint16_t>(n));
  } else {
    append(out, lead16 + 1, static_cast<std::uint32_t>(n));
  }
}

}  // namespace

void Encoder::null() { out_.push_back('\xc0'); }
void Encoder::boolean(bool value) { out_.push_back(value ? '\xc3' : '\xc2'); }

void Encoder::natural(std::uint64_t n) {
  if (n < 0x80) return out_.push_back(static_cast<char>(n));
  if (n <= UINT8_MAX) return append(out_, 0xcc, static_cast<std::uint8_t>(n));
  if (n <= UINT16_MAX) return append(out_, 0xcd, static_cast<std::uint16_t>(n));
  if (n <= UINT32_MAX) return append(out_, 0xce, static_cast<std::uint32_t>(n));
  append(out_, 0xcf, n);
}

void Encoder::integer(std::int64_t n) {
  if (n >= 0) return natural(static_cast<std::uint64_t>(n));
  if (n >= -32) return out_.push_back(static_cast<char>(n));
  if (n >= INT8_MIN) return append(out_, 0xd0, static_cast<std::uint8_t>(n));
  if (n >= INT16_MIN) return append(out_, 0xd1, static_cast<std::uint16_t>(n));
  if (n >= INT32_MIN) return append(out_, 0xd2, static_cast<std::uint32_t>(n));
  append(out_, 0xd3, static_cast<std::uint64_t>(n));
}

void Encoder::real(double value) { append(out_, 0xcb, std::bit_cast<std::uint64_t>(value)); }

void Encoder::text(std::string_view text) {
  if (text.size() < 32) {
    out_.push_back(static_cast<char>(0xa0 | text.size()));
  } else {
    append_head(out_, text.size(), 0xd9, 0xda, "text");
  }
  out_.append(text);
}

void Encoder::bytes(std::string_view bytes) {
  append_head(out_, bytes.size(), 0xc4, 0xc5, "bytes");
  out_.append(bytes);
}

void Encoder::list(std::size_t elements) {
  if (elements < 16) return out_.push_back(static_cast<char>(0x90 | elements));
  append_head(out_, elements, 0, 0xdc, "a list");
}

void Encoder::map(std::size_t pairs) {
  if (pairs < 16) return out_.push_back(static_cast<char>(0x80 | pairs));
  append_head(out_, pairs, 0, 0xde, "a map");
}

void Encoder::encoded(std::string_view msgpack) { out_.append(msgpack); }

namespace {

/// What the first byte of a value says of it.
struct Head {
  enum class Kind : std::uint8_t {
    null,
    boolean,
    natural,
    negative,
    real32,
    real64,
    text,
    bytes,
    extension,
    list,
    map
  };
  Kind kind = Kind::null;
  std::uint64_t number = 0;  ///< the number's bits; of the others bytes, elements or pairs
  std::size_t size = 0;      ///< bytes of the head, without those of text, bytes and extension

  /// Bytes of the value that are no values of their own.
  bool has_body() const {
    return kind == Kind::text || kind == Kind::bytes || kind == Kind::extension;
  }
};
using Kind = Head::Kind;

[[noreturn]] void throw_cut_off() { throw ValueError("the value is cut off"); }

std::uint64_t load(std::string_view bytes, std::size_t at, std::size_t size) {
  if (bytes.size() < at + size) throw_cut_off();
  std::uint64_t number = 0;
  for (std::size_t i = at; i < at + size; ++i) {
    number = number << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return number;
}

/// Of a signed number of `size` bytes, with the sign in all of the upper ones.
Head signed_head(std::string_view bytes, std::size_t size) {
  const unsigned unused = static_cast<unsigned>(64 - 8 * size);
  const auto number = static_cast<std::int64_t>(load(bytes, 1, size) << unused) >> unused;
  return {number < 0 ? Kind::negative : Kind::natural, static_cast<std::uint64_t>(number),
          1 + size};
}

Head head_of(std::string_view bytes) {
  if (bytes.empty()) throw_cut_off();
  const unsigned lead = static_cast<unsigned char>(bytes.front());
  const auto sized = [&](Kind kind, std::size_t size) {
    return Head{kind, load(bytes, 1, size), 1 + size};
  };
  if (lead < 0x80) return {Kind::natural, lead, 1};
  if (lead < 0x90) return {Kind::map, lead & 15, 1};
  if (lead < 0xa0) return {Kind::list, lead & 15, 1};
  if (lead < 0xc0) return {Kind::text, lead & 31, 1};
  if (lead >= 0xe0)
    return {Kind::negative, static_cast<std::uint64_t>(std::int64_t{lead} - 256), 1};
  switch (lead) {
    case 0xc0: return {Kind::null, 0, 1};
    case 0xc2:
    case 0xc3: return {Kind::boolean, lead & 1, 1};
    case 0xc4:
    case 0xc5:
    case 0xc6: return sized(Kind::bytes, 1u << (lead - 0xc4));
    case 0xc7:
    case 0xc8:
    case 0xc9: {
      // Behind the length one byte of type.
      Head head = sized(Kind::extension, 1u << (lead - 0xc7));
      ++head.size;
      return head;
    }
    case 0xca: return sized(Kind::real32, 4);
    case 0xcb: return sized(Kind::real64, 8);
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf: return sized(Kind::natural, 1u << (lead - 0xcc));
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3: return signed_head(bytes, 1u << (lead - 0xd0));
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8: return {Kind::extension, std::uint64_t{1} << (lead - 0xd4), 2};
    case 0xd9:
    case 0xda:
    case 0xdb: return sized(Kind::text, 1u << (lead - 0xd9));
    case 0xdc:
    case 0xdd: return sized(Kind::list, 2u << (lead - 0xdc));
    case 0xde:
    case 0xdf: return sized(Kind::map, 2u << (lead - 0xde));
    default: throw ValueError("the byte C1 begins no value");
  }
}

const char* name_of_kind(Kind kind) {
  switch (kind) {
    case Kind::null: return "null";
    case Kind::boolean: return "a boolean";
    case Kind::natural:
    case Kind::negative: return "an integer";
    case Kind::real32:
    case Kind::real64: return "a float";
    case Kind::text: return "text";
    case Kind::bytes: return "bytes";
    case Kind::extension: return "an extension";
    case Kind::list: return "a list";
    case Kind::map: return "a map";
  }
  return "";
}

[[noreturn]] void throw_other(const char* expected, const Head& head) {
  throw ValueError(std::string("expected ") + expected + ", got " + name_of_kind(head.kind));
}

double real_of(const Head& head) {
  if (head.kind == Kind::real64) return std::bit_cast<double>(head.number);
  return std::bit_cast<float>(static_cast<std::uint32_t>(head.number));
}

/// Where the value ends that `bytes` begin with. Not recursive: how deep it nests is the sender's.
std::size_t size_of(std::string_view bytes) {
  std::size_t at = 0;
  for (std::uint64_t wanted = 1; wanted > 0; --wanted) {
    const Head head = head_of(bytes.substr(at));
    at += head.size;
    if (at > bytes.size()) throw_cut_off();
    if (head.has_body()) {
      if (bytes.size() - at < head.number) throw_cut_off();
      at += head.number;
    }
    if (head.kind == Kind::list) wanted += head.number;
    if (head.kind == Kind::map) wanted += 2 * head.number;
    // Each takes a byte at least.
    if (wanted - 1 > bytes.size() - at) throw_cut_off();
  }
  return at;
}

}  // namespace

bool Decoder::take_null() {
  if (head_of(rest_).kind != Kind::null) return false;
  rest_.remove_prefix(1);
  return true;
}

bool Decoder::boolean() {
  const Head head = head_of(rest_);
  if (head.kind != Kind::boolean) throw_other("a boolean", head);
  rest_.remove_prefix(head.size);
  return head.number != 0;
}

double Decoder::real() {
  const Head head = head_of(rest_);
  double number = 0;
  switch (head.kind) {
    case Kind::natural: number = static_cast<double>(head.number); break;
    case Kind::negative:
      number = static_cast<double>(static_cast<std::int64_t>(head.number));
      break;
    case Kind::real32:
    case Kind::real64: number = real_of(head); break;
    default: throw_other("a number", head);
  }
  rest_.remove_prefix(head.size);
  return number;
}

std::int64_t Decoder::integer(std::int64_t low, std::uint64_t high) {
  Head head = head_of(rest_);
  const auto bits = [](std::uint64_t n) { return static_cast<std::int64_t>(n); };
  std::string shown;
  if (head.kind == Kind::real32 || head.kind == Kind::real64) {
    // JSON and Lua have one kind of number: 3.0 is an integer.
    const double real = real_of(head);
    shown = std::to_string(real);
    if (real >= 0 && real < 0x1p64 &&
        static_cast<double>(static_cast<std::uint64_t>(real)) == real) {
      head.kind = Kind::natural;
      head.number = static_cast<std::uint64_t>(real);
    } else if (real < 0 && real >= -0x1p63 &&
               static_cast<double>(static_cast<std::int64_t>(real)) == real) {
      head.kind = Kind::negative;
      head.number = static_cast<std::uint64_t>(static_cast<std::int64_t>(real));
    } else {
      throw ValueError("expected an integer, got " + shown);
    }
  }
  if (head.kind != Kind::natural && head.kind != Kind::negative) throw_other("an integer", head);
  const bool fits = head.kind == Kind::natural ? head.number <= high : bits(head.number) >= low;
  if (!fits) {
    throw ValueError((head.kind == Kind::natural ? std::to_string(head.number)
                                                 : std::to_string(bits(head.number))) +
                     " does not fit: expected an integer from " + std::to_string(low) + " to " +
                     std::to_string(high));
  }
  rest_.remove_prefix(head.size);
  return bits(head.number);
}

std::string_view Decoder::text() {
  const Head head = head_of(rest_);
  if (head.kind != Kind::text && head.kind != Kind::bytes) throw_other("text", head);
  if (rest_.size() - head.size < head.number) throw_cut_off();
  const std::string_view text = rest_.substr(head.size, head.number);
  rest_.remove_prefix(head.size + head.number);
  return text;
}

std::size_t Decoder::list() {
  const Head head = head_of(rest_);
  if (head.kind != Kind::list) throw_other("a list", head);
  rest_.remove_prefix(head.size);
  if (head.number > rest_.size()) throw_cut_off();
  return head.number;
}

std::size_t Decoder::map() {
  const Head head = head_of(rest_);
  if (head.kind != Kind::map) throw_other("a map", head);
  rest_.remove_prefix(head.size);
  if (2 * head.number > rest_.size()) throw_cut_off();
  return head.number;
}

std::string_view Decoder::encoded() {
  const std::string_view value = rest_.substr(0, size_of(rest_));
  rest_.remove_prefix(value.size());
  return value;
}

void Decoder::end() const {
  if (!rest_.empty()) throw ValueError("behind the value there are more bytes");
}

namespace pool_detail {

void throw_at(const char* part, std::size_t index, const ValueError& error) {
  throw ValueError(std::string(part) + ' ' + std::to_string(index) + ": " + error.what());
}

}  // namespace pool_detail

Value::Value() : bytes_(1, '\xc0') {}

Value Value::from_msgpack(std::string msgpack) {
  if (size_of(msgpack) != msgpack.size()) throw ValueError("behind the value there are more bytes");
  return Value(std::move(msgpack));
}

bool Value::is_null() const { return bytes_ == "\xc0"; }

}  // namespace v1
}  // namespace spread
