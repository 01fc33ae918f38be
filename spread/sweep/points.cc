#include "spread/sweep/points.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <boost/random/sobol.hpp>

#include "spread/base/assert.h"

namespace spread {
namespace {

double scaled(const Parameter& parameter, double x) {
  return parameter.low + (parameter.high - parameter.low) * x;
}

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

/// One value in each of as many equal parts of 0 to 1 as there are values, in random order.
void draw_strata(std::vector<double>& column, RandomStream& stream) {
  const auto count = static_cast<double>(column.size());
  for (std::size_t i = 0; i < column.size(); ++i) {
    column[i] = (static_cast<double>(i) + stream.uniform()) / count;
  }
  for (std::size_t i = column.size(); i-- > 1;) {
    const auto other = static_cast<std::size_t>(stream.uniform() * static_cast<double>(i + 1));
    std::swap(column[i], column[std::min(other, i)]);
  }
}

std::vector<double> draw_column(const Parameter& parameter, std::uint64_t count,
                                RandomStream& stream) {
  std::vector<double> column(count);
  switch (parameter.kind) {
    case SampleKind::Uniform:
      for (double& x : column) x = scaled(parameter, stream.uniform());
      break;
    case SampleKind::Normal:
      for (double& x : column) x = parameter.low + parameter.high * stream.normal();
      break;
    case SampleKind::LatinHypercube:
      draw_strata(column, stream);
      for (double& x : column) x = scaled(parameter, x);
      break;
    default:
      // A column's numbers are the places of its values.
      std::iota(column.begin(), column.end(), 0.0);
  }
  return column;
}

}  // namespace

std::unique_ptr<PointSource> make_sobol(std::vector<Parameter> dimensions) {
  return std::make_unique<SobolPoints>(std::move(dimensions));
}

std::unique_ptr<PointSource> make_halton(std::vector<Parameter> dimensions) {
  return std::make_unique<HaltonPoints>(std::move(dimensions));
}

HeldSample::HeldSample(std::span<const Parameter> parameters, std::uint64_t count,
                       RandomStream& stream)
    : order_(count) {
  SPREAD_ASSERT(count <= kValuesMax);
  for (const Parameter& parameter : parameters) {
    columns_.push_back(draw_column(parameter, count, stream));
  }
  std::iota(order_.begin(), order_.end(), 0u);
  const Parameter& first = parameters.front();
  const auto key = [&](std::uint32_t row) {
    return first.kind == SampleKind::Column ? *first.values[row].number : columns_.front()[row];
  };
  std::stable_sort(order_.begin(), order_.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return key(a) < key(b); });
}

void HeldSample::next(std::span<double> point) {
  const std::uint32_t row = order_[next_++];
  for (std::size_t i = 0; i < columns_.size(); ++i) point[i] = columns_[i][row];
}

}  // namespace spread
