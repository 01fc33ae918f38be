#include "spread/base/number_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "spread/base/assert.h"

namespace spread {
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
