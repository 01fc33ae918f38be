#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>

namespace spread::world {

/// What a seed decides.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : random_(seed) {}
  std::uint64_t between(std::uint64_t low, std::uint64_t high) {
    return low + random_() % (high - low + 1);
  }
  bool one_in(unsigned n) { return between(1, n) == 1; }
  template <typename T>
  T of(std::initializer_list<T> list) {
    return *(list.begin() + between(0, list.size() - 1));
  }
  /// Small ones as often as large ones.
  std::uint64_t by_size(std::uint64_t low, std::uint64_t high) {
    const double from = std::log2(static_cast<double>(low)),
                 to = std::log2(static_cast<double>(high));
    const double place = static_cast<double>(between(0, 1000)) / 1000;
    return static_cast<std::uint64_t>(std::exp2(from + (to - from) * place));
  }

 private:
  std::mt19937_64 random_;
};

/// Letters, so that no wire has to escape any.
inline std::string text(Draw& draw, std::size_t index, std::size_t size) {
  std::string text = std::to_string(index) + ":";
  while (text.size() < size) text += static_cast<char>('a' + draw.between(0, 25));
  return text;
}

}  // namespace spread::world
