#include "spread/base/number_text.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>

#include "spread/base/assert.h"

namespace spread {
namespace {

constexpr double kPowers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
constexpr std::size_t kTextMax = 400;  // the largest double has 309 digits

}  // namespace

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
  const auto rounded = static_cast<std::uint64_t>(std::nearbyint(scaled));
  char text[24];
  char* next = text + sizeof text;
  std::uint64_t rest = rounded;
  for (int i = 0; i < decimals; ++i, rest /= 10) *--next = static_cast<char>('0' + rest % 10);
  *--next = '.';
  do {
    *--next = static_cast<char>('0' + rest % 10);
    rest /= 10;
  } while (rest > 0);
  const auto size = static_cast<std::size_t>(text + sizeof text - next);
  const std::size_t spaces = width > size ? width - size : 0;
  std::fill_n(begin, spaces, ' ');
  std::copy_n(next, size, begin + spaces);
  out.commit(spaces + size);
}

}  // namespace spread
