// The random numbers of numpy.random.RandomState, bit for bit.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <random>

namespace spread {

/// One stream of draws; each begins where the one before has ended.
class RandomStream {
 public:
  explicit RandomStream(std::uint32_t seed) : generator_(seed) {}

  /// In [0, 1), 53 bits.
  double uniform() {
    const auto high = static_cast<std::uint32_t>(generator_()) >> 5;
    const auto low = static_cast<std::uint32_t>(generator_()) >> 6;
    return (high * 67108864.0 + low) / 9007199254740992.0;
  }

  /// Of the standard normal distribution, by Marsaglia's polar method: two at a time, of which one
  /// is kept for the next call. In what order numpy does which of it is a part of the result.
  double normal() {
    if (kept_) {
      const double kept = *kept_;
      kept_.reset();
      return kept;
    }
    double x = 0, y = 0, square = 0;
    do {
      x = 2.0 * uniform() - 1.0;
      y = 2.0 * uniform() - 1.0;
      square = x * x + y * y;
    } while (square >= 1.0 || square == 0.0);
    const double factor = std::sqrt(-2.0 * std::log(square) / square);
    kept_ = factor * x;
    return factor * y;
  }

 private:
  std::mt19937 generator_;
  std::optional<double> kept_;
};

}  // namespace spread
