#include "spread/base/numbers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "spread/base/assert.h"
#include "spread/base/characters.h"
#include "spread/base/quote.h"

namespace spread {
namespace {

constexpr std::string_view kCountExpected = "a whole number such as 8";
constexpr std::string_view kSizeExpected = "a number of bytes such as 65536, 64K or 1.5M";
constexpr std::string_view kDurationExpected = "a time such as 1.5, 30s, 10m, 2h or 1d3.5h";
constexpr std::string_view kSlotsExpected = "a number of slots such as 8, 150%, +1, -1 or 0";
constexpr std::uint64_t kSlotsMax = 65536;
constexpr std::string_view kPercentExpected = "a percentage such as 50%";

tl::unexpected<Error> expected(std::string_view what, std::string_view text) {
  return fail(fmt::format("{}: expected {}", show_text(text), what));
}

tl::unexpected<Error> too_large(std::string_view text) {
  return tl::unexpected<Error>(Error{fmt::format("{} is too large", show_text(text)), kTooLarge});
}

/// Takes "12", "12.5" or ".5" from the front of `rest`. from_chars alone would also take "inf" and
/// "-1".
std::optional<double> take_decimal(std::string_view& rest) {
  const bool starts = !rest.empty() && (is_digit(rest[0]) ||
                                        (rest.size() > 1 && rest[0] == '.' && is_digit(rest[1])));
  if (!starts) return std::nullopt;
  double value = 0;
  const auto [end, error] =
      std::from_chars(rest.data(), rest.data() + rest.size(), value, std::chars_format::fixed);
  if (error == std::errc::result_out_of_range) {
    // Too large or too close to zero; the standard leaves `value` alone in both cases.
    value = rest[0] == '0' || rest[0] == '.' ? 0 : std::numeric_limits<double>::infinity();
  }
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return value;
}

/// The multiplier that a suffix such as "K", "kB" or "MiB" stands for; none if it is not one.
std::optional<std::uint64_t> size_unit(std::string_view suffix) {
  if (!suffix.empty() && suffix.back() == 'B') suffix.remove_suffix(1);
  if (suffix.empty()) return 1;
  const bool binary = suffix.size() == 2 && suffix[1] == 'i';
  if (suffix.size() != 1 && !binary) return std::nullopt;
  constexpr std::string_view kLarge = "KMGTPE", kSmall = "kmgtpe";
  std::size_t power = kLarge.find(suffix[0]);
  std::uint64_t base = 1024;
  if (power == std::string_view::npos) {
    power = kSmall.find(suffix[0]);
    if (power == std::string_view::npos) return std::nullopt;
    if (!binary) base = 1000;
  }
  std::uint64_t unit = base;
  for (; power > 0; --power) unit *= base;
  return unit;
}

/// Seconds in the unit at the front of `rest`, which is taken off; none if there is no unit.
std::optional<double> take_time_unit(std::string_view& rest) {
  struct Unit {
    std::string_view name;
    double seconds;
  };
  // "ms" before "m": the first that fits is taken.
  constexpr Unit kUnits[] = {{"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
  for (const Unit& unit : kUnits) {
    if (rest.substr(0, unit.name.size()) != unit.name) continue;
    rest.remove_prefix(unit.name.size());
    return unit.seconds;
  }
  return std::nullopt;
}

}  // namespace

Result<std::uint64_t> parse_count(std::string_view text) {
  std::uint64_t value = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (text.empty() || end != last || error == std::errc::invalid_argument) {
    return expected(kCountExpected, text);
  }
  if (error != std::errc()) return too_large(text);
  return value;
}

Result<std::uint64_t> parse_size(std::string_view text) {
  std::string_view rest = text;
  const std::optional<double> number = take_decimal(rest);
  const std::optional<std::uint64_t> unit = number ? size_unit(rest) : std::nullopt;
  if (!unit) return expected(kSizeExpected, text);
  const std::string_view digits = text.substr(0, text.size() - rest.size());
  if (digits.find('.') == std::string_view::npos) {
    // Apart from the case below, so that all 64 bits of a whole number are kept.
    const Result<std::uint64_t> whole = parse_count(digits);
    if (!whole || *whole > std::numeric_limits<std::uint64_t>::max() / *unit)
      return too_large(text);
    return *whole * *unit;
  }
  if (*unit == 1) return expected(kSizeExpected, text);
  const double bytes = std::round(*number * static_cast<double>(*unit));
  if (!(bytes < 0x1p64)) return too_large(text);
  return static_cast<std::uint64_t>(bytes);
}

Result<Duration> parse_duration(std::string_view text) {
  double seconds = 0;
  std::string_view rest = text;
  do {
    const bool first = rest.size() == text.size();
    const std::optional<double> number = take_decimal(rest);
    if (!number) return expected(kDurationExpected, text);
    std::optional<double> unit = take_time_unit(rest);
    // A bare number is seconds when it is all there is: "1m30" is too easily misread.
    if (!unit && first && rest.empty()) unit = 1;
    if (!unit) return expected(kDurationExpected, text);
    seconds += *number * *unit;
  } while (!rest.empty());
  const Duration duration = from_seconds(seconds);
  if (duration == kNoLimit) return too_large(text);
  return duration;
}

Result<SlotCount> parse_slot_count(std::string_view text) {
  using Kind = SlotCount::Kind;
  if (!text.empty() && text.back() == '%') {
    const Result<double> percent = parse_percent(text);
    if (!percent || !(*percent > 0)) return expected(kSlotsExpected, text);
    if (*percent > 100.0 * kSlotsMax) return too_large(text);
    return SlotCount{Kind::Percent, *percent};
  }
  const bool offset = !text.empty() && (text[0] == '+' || text[0] == '-');
  const Result<std::uint64_t> count = parse_count(offset ? text.substr(1) : text);
  if (!count) return expected(kSlotsExpected, text);
  if (*count > kSlotsMax) return too_large(text);
  const double number = static_cast<double>(*count);
  if (offset) return SlotCount{Kind::Offset, text[0] == '-' ? -number : number};
  if (*count == 0) return SlotCount{Kind::Unlimited, 0};
  return SlotCount{Kind::Count, number};
}

Result<double> parse_percent(std::string_view text) {
  std::string_view rest = text;
  const std::optional<double> number = take_decimal(rest);
  if (!number || rest != "%") return expected(kPercentExpected, text);
  if (!std::isfinite(*number)) return too_large(text);
  return *number;
}

namespace {

constexpr double kPowers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
constexpr std::size_t kTextMax = 400;  // the largest double has 309 digits

// "00" to "99", so that a division makes two digits.
constexpr std::array<char, 200> make_pairs() {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}
constexpr std::array<char, 200> kPairs = make_pairs();

void put_pair(char* to, std::uint64_t value) { std::memcpy(to, &kPairs[2 * value], 2); }

/// Where the digits begin that now end at `end`.
char* put_digits_before(char* end, std::uint64_t value) {
  for (; value >= 100; value /= 100) put_pair(end -= 2, value % 100);
  if (value >= 10) {
    put_pair(end -= 2, value);
  } else {
    *--end = static_cast<char>('0' + value);
  }
  return end;
}

}  // namespace

void append_unsigned(std::uint64_t value, ByteBuffer& out) {
  constexpr std::size_t kDigitsMax = 20;
  char text[kDigitsMax];
  char* const end = text + kDigitsMax;
  const char* const begin = put_digits_before(end, value);
  out.append(std::string_view(begin, static_cast<std::size_t>(end - begin)));
}

void append_decimals(double value, int decimals, std::size_t width, ByteBuffer& out) {
  SPREAD_ASSERT(decimals >= 1);
  SPREAD_ASSERT(decimals <= 6);
  SPREAD_ASSERT(width <= 20);
  char* const begin = reinterpret_cast<char*>(out.prepare(kTextMax));
  const double scaled = value * kPowers[decimals];
  constexpr double kExact = 1e15;
  if (!(scaled >= 0 && scaled < kExact)) {
    const int size =
        std::snprintf(begin, kTextMax, "%*.*f", static_cast<int>(width), decimals, value);
    return out.commit(static_cast<std::size_t>(size));
  }
  const auto rounded = static_cast<std::uint64_t>(scaled + 0.5);
  char text[24];
  char* next = text + sizeof text;
  std::uint64_t rest = rounded;
  int left = decimals;
  for (; left >= 2; left -= 2, rest /= 100) put_pair(next -= 2, rest % 100);
  if (left == 1) {
    *--next = static_cast<char>('0' + rest % 10);
    rest /= 10;
  }
  *--next = '.';
  next = put_digits_before(next, rest);
  const auto size = static_cast<std::size_t>(text + sizeof text - next);
  const std::size_t spaces = width > size ? width - size : 0;
  std::fill_n(begin, spaces, ' ');
  std::copy_n(next, size, begin + spaces);
  out.commit(spaces + size);
}

}  // namespace spread
