// The values of numpy.linspace and numpy.geomspace, each by its index: none is held.
#pragma once

#include <cmath>
#include <cstdint>

namespace spread {

/// Value `i` of `count` from `low` to `high`, which are the first and the last.
inline double linear_value(double low, double high, std::uint64_t count, std::uint64_t i) {
  if (count == 1) return low;
  if (i == count - 1) return high;
  const auto parts = static_cast<double>(count - 1);
  const double step = (high - low) / parts;
  const auto at = static_cast<double>(i);
  // numpy does it so where a step is too small to be told from 0.
  return step == 0 ? at / parts * (high - low) + low : at * step + low;
}

/// The same with equal ratios; both have one sign and are not 0.
inline double geometric_value(double low, double high, std::uint64_t count, std::uint64_t i) {
  if (i == 0) return low;
  if (i == count - 1) return high;
  const double sign = low < 0 ? -1 : 1;
  const double exponent = linear_value(std::log10(sign * low), std::log10(sign * high), count, i);
  return sign * std::pow(10.0, exponent);
}

/// With the distances of geometric_value() in reverse. Computed, the ends would be off by what the
/// sum is rounded.
inline double reverse_geometric_value(double low, double high, std::uint64_t count,
                                      std::uint64_t i) {
  if (i == count - 1) return high;
  if (i == 0) return low;
  return (high + low) - geometric_value(low, high, count, count - 1 - i);
}

}  // namespace spread
