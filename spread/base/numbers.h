// Numbers: text of options into numbers, and numbers into text.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <system_error>

#include "spread/api/result.h"
#include "spread/api/time.h"
#include "spread/base/buffers.h"

namespace spread {

// Text of options into numbers. All of them read the whole text or fail, know no locale, accept no
// sign, blank, exponent, hexadecimal, inf or nan, and their errors name the text and what is
// expected; the caller puts the option's name in front.

/// Error::number where the text was understood, and stands for more than can be held.
inline constexpr int kTooLarge = static_cast<int>(std::errc::result_out_of_range);

/// Decimal digits: "8".
Result<std::uint64_t> parse_count(std::string_view text);

/// Bytes, with the suffixes of GNU parallel: K M G T P E are powers of 1024, k m g t p e powers of
/// 1000; an `i` makes it 1024 in any case, a final `B` is ignored: "64K", "1.5M", "10GiB". A part
/// of a byte is rounded to the nearest one.
Result<std::uint64_t> parse_size(std::string_view text);

/// Seconds, or numbers with the units ms s m h d, added up: "1.5", "30s", "10m", "1d3.5h", "20ms".
/// Rounded to the nearest nanosecond; at most 292 years.
Result<Duration> parse_duration(std::string_view text);

/// How many slots a host gets: "8", "150%" of its CPUs, "+2" or "-1" beside them, "0" = no limit.
/// The value of `map -j`, and the text of the file that -j may name.
struct SlotCount {
  enum class Kind : std::uint8_t { Count, Percent, Offset, Unlimited };
  Kind kind = Kind::Count;
  double number = 0;  ///< above 0 for Count (at most 65536) and Percent; whole but for Percent
};
Result<SlotCount> parse_slot_count(std::string_view text);
/// What is before the first white space: a count may stand in a file with a newline behind it.
inline std::string_view first_word(std::string_view text) {
  return text.substr(0, text.find_first_of(" \t\r\n"));
}

/// "50%" or "12.5%", as the number before the sign; may exceed 100.
Result<double> parse_percent(std::string_view text);

// Numbers into text.

/// In decimal.
void append_unsigned(std::uint64_t value, ByteBuffer& out);

/// Likewise.
template <std::integral T>
void append_number(T value, ByteBuffer& out) {
  if (value >= 0 && value < 10) return out.push_back(static_cast<Byte>('0' + value));
  if (value > 0) return append_unsigned(static_cast<std::uint64_t>(value), out);
  out.push_back('-');
  // Of the least number, too: in unsigned arithmetic its negative is right.
  append_unsigned(0 - static_cast<std::uint64_t>(value), out);
}

/// As printf's %*.*f: with `decimals` (1 to 6) digits behind the point, and spaces in front up to
/// `width` (at most 20). Times are what it is for: a number of 1e12 or more, or that is none, is
/// written with all its digits by the standard library.
void append_decimals(double value, int decimals, std::size_t width, ByteBuffer& out);

}  // namespace spread
