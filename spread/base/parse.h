// Text of options into numbers. All of them read the whole text or fail, know no locale, accept no
// sign, blank, exponent, hexadecimal, inf or nan, and their errors name the text and what is
// expected; the caller puts the option's name in front.
#pragma once

#include <cstdint>
#include <string_view>
#include <system_error>

#include "spread/api/result.h"
#include "spread/api/time.h"

namespace spread {

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

}  // namespace spread
