#include "spread/sweep/points.h"

#include <algorithm>
#include <utility>

#include <boost/random/sobol.hpp>

namespace spread {
namespace {

class SobolPoints final : public PointSource {
 public:
  explicit SobolPoints(std::vector<Parameter> dimensions)
      : dimensions_(std::move(dimensions)), sequence_(dimensions_.size()) {}

  void next(std::span<double> point) override {
    // Boost leaves out the first point, which is 0 in each dimension: without it no front part of
    // the sequence is even.
    const bool first = std::exchange(first_, false);
    for (std::size_t i = 0; i < dimensions_.size(); ++i) {
      // Exact for the first 2^53 points: a point has no more bits than its number.
      const double x = first ? 0 : static_cast<double>(sequence_()) * 0x1.0p-64;
      point[i] = scaled(dimensions_[i], x);
    }
  }

 private:
  std::vector<Parameter> dimensions_;
  boost::random::sobol sequence_;
  bool first_ = true;
};

/// The first `count` prime numbers.
std::vector<std::uint32_t> first_primes(std::size_t count) {
  std::vector<std::uint32_t> primes;
  for (std::uint32_t n = 2; primes.size() < count; ++n) {
    const auto divides = [n](std::uint32_t prime) { return n % prime == 0; };
    const auto small = std::find_if(primes.begin(), primes.end(),
                                    [n](std::uint32_t prime) { return prime * prime > n; });
    if (std::none_of(primes.begin(), small, divides)) primes.push_back(n);
  }
  return primes;
}

class HaltonPoints final : public PointSource {
 public:
  explicit HaltonPoints(std::vector<Parameter> dimensions)
      : dimensions_(std::move(dimensions)), bases_(first_primes(dimensions_.size())) {}

  void next(std::span<double> point) override {
    for (std::size_t i = 0; i < dimensions_.size(); ++i) {
      point[i] = scaled(dimensions_[i], digits_reversed(number_, bases_[i]));
    }
    ++number_;
  }

 private:
  /// The digits of `n` behind the point, in reverse. Added up as SciPy does, so that they are
  /// rounded alike.
  static double digits_reversed(std::uint64_t n, std::uint32_t base) {
    double sum = 0;
    for (double place = 1.0 / base; n > 0 && 1.0 - place < 1.0; place /= base, n /= base) {
      sum += static_cast<double>(n % base) * place;
    }
    return sum;
  }

  std::vector<Parameter> dimensions_;
  std::vector<std::uint32_t> bases_;
  std::uint64_t number_ = 0;
};

}  // namespace

std::unique_ptr<PointSource> make_sobol(std::vector<Parameter> dimensions) {
  return std::make_unique<SobolPoints>(std::move(dimensions));
}

std::unique_ptr<PointSource> make_halton(std::vector<Parameter> dimensions) {
  return std::make_unique<HaltonPoints>(std::move(dimensions));
}

}  // namespace spread
