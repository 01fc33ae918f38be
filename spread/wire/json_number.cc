// The numbers of JsonReader, and the objects that stand for bytes.

#include <charconv>
#include <cstdlib>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "spread/base/characters.h"
#include "spread/base/json_string.h"
#include "spread/wire/json.h"
#include "spread/wire/msgpack.h"

namespace spread::wire {
namespace {

const char* skip_digits(const char* at, const char* end) {
  while (at < end && is_digit(*at)) ++at;
  return at;
}

/// What a message shows of a number that may be a megabyte long.
std::string_view shorten(std::string_view digits) { return digits.substr(0, 40); }

}  // namespace

bool JsonReader::read_number() {
  const char* const start = at_;
  const bool negative = take('-');
  if (at_ == end_ || !is_digit(*at_)) return read_non_finite(start, negative);
  const char* const digits = at_;
  at_ = skip_digits(at_, end_);
  if (*digits == '0' && at_ - digits > 1) return failed("a number with a leading zero", start);
  bool integer = true;
  if (take('.')) {
    integer = false;
    const char* const fraction = at_;
    at_ = skip_digits(at_, end_);
    if (at_ == fraction) return failed("a number without digits behind its point", start);
  }
  if (at_ < end_ && (*at_ == 'e' || *at_ == 'E')) {
    integer = false;
    ++at_;
    if (!take('-')) take('+');
    const char* const exponent = at_;
    at_ = skip_digits(at_, end_);
    if (at_ == exponent) return failed("a number without digits in its exponent", start);
  }
  return integer ? read_integer(digits, negative) : read_float(start);
}

bool JsonReader::read_integer(const char* digits, bool negative) {
  std::uint64_t n = 0;
  const char* const start = digits - (negative ? 1 : 0);
  bool fits = true;
  if (at_ - digits <= 19) {  // cannot overflow
    for (const char* at = digits; at < at_; ++at) n = n * 10 + static_cast<unsigned>(*at - '0');
  } else {
    fits = std::from_chars(digits, at_, n).ec == std::errc();
  }
  constexpr std::uint64_t kLeast = std::uint64_t{1} << 63;
  if (!fits || (negative && n > kLeast)) {
    out_of_range_ = true;
    return failed(fmt::format("the integer {} is outside [-2^63, 2^64)",
                              shorten({start, static_cast<std::size_t>(at_ - start)})),
                  start);
  }
  if (!negative) {
    to_ = put_unsigned(to_, n);
  } else if (n == 0) {
    to_ = put_float64(to_, -0.0);
  } else {
    to_ = put_signed(to_, static_cast<std::int64_t>(~n + 1));
  }
  return true;
}

bool JsonReader::read_float(const char* start) {
  double x = 0;
  const auto [stop, error] = std::from_chars(start, at_, x);
  if (error == std::errc::result_out_of_range) {
    // from_chars does not say on which side. The copy is for the zero byte that strtod wants; the
    // program never leaves the "C" locale.
    x = std::strtod(std::string(start, at_).c_str(), nullptr);
    if (x > 1 || x < -1) {
      out_of_range_ = true;
      return failed(fmt::format("the number {} is too large for a double",
                                shorten({start, static_cast<std::size_t>(at_ - start)})),
                    start);
    }
  }
  to_ = put_float64(to_, x);
  return true;
}

bool JsonReader::read_non_finite(const char* start, bool negative) {
  const std::string_view rest(at_, static_cast<std::size_t>(end_ - at_));
  if (!negative && rest.starts_with("NaN")) {
    at_ += 3;
    to_ = put_float64(to_, std::numeric_limits<double>::quiet_NaN());
    return true;
  }
  if (rest.starts_with("Infinity")) {
    at_ += 8;
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    to_ = put_float64(to_, negative ? -kInfinity : kInfinity);
    return true;
  }
  return failed("expected a value", start);
}

/// {"$bin":"base64"} and {"$ext":[type,"base64"]}, if the object at at_ is exactly that; otherwise
/// false, with nothing changed.
bool JsonReader::read_tagged() {
  const char* const start = at_;
  ++at_;
  skip_space();
  const std::string_view rest(at_, static_cast<std::size_t>(end_ - at_));
  const bool is_ext = rest.starts_with("\"$ext\"");
  if (is_ext || rest.starts_with("\"$bin\"")) {
    at_ += 6;
    skip_space();
    if (take(':') && read_tagged_bytes(is_ext)) {
      next_count_ += is_ext ? 2 : 1;
      return true;
    }
  }
  at_ = start;
  return false;
}

/// A string in which nothing but '/' is escaped (PHP does that, and it is a letter of base64).
bool JsonReader::take_base64(std::string_view& text, std::string& unescaped) {
  if (!take('"')) return false;
  const char* const start = at_;
  at_ = find_special(at_, end_);
  text = {start, static_cast<std::size_t>(at_ - start)};
  while (next_is('\\')) {
    if (end_ - at_ < 2 || at_[1] != '/') return false;
    unescaped.append(text);
    const char* const slash = at_ + 1;
    at_ = find_special(slash, end_);
    text = {slash, static_cast<std::size_t>(at_ - slash)};
  }
  if (!unescaped.empty()) text = unescaped.append(text);
  return take('"');
}

bool JsonReader::read_tagged_bytes(bool is_ext) {
  std::int8_t type = 0;
  skip_space();
  if (is_ext) {
    if (!take('[')) return false;
    skip_space();
    const char* const digits = at_ + (next_is('-') ? 1 : 0);
    const auto [stop, error] = std::from_chars(at_, end_, type);
    if (error != std::errc() || (*digits == '0' && stop - digits > 1)) return false;
    at_ = stop;
    skip_space();
    if (!take(',')) return false;
    skip_space();
  }
  std::string unescaped;
  std::string_view text;
  if (!take_base64(text, unescaped)) return false;
  skip_space();
  if (is_ext && !take(']')) return false;
  skip_space();
  if (!take('}')) return false;

  // Decoded behind the longest header, then moved: a header's length depends on what is decoded.
  Byte* const room = to_ + 6;
  const auto size = decode_base64(text, room);
  if (!size) return false;
  to_ = is_ext ? put_ext_header(to_, type, *size) : put_bin_header(to_, *size);
  std::memmove(to_, room, *size);
  to_ += *size;
  return true;
}

}  // namespace spread::wire
