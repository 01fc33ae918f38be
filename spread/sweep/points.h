// The rows of sweeps whose parameters are drawn together: points of a sequence, or a sample that is
// held.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "spread/api/result.h"
#include "spread/sweep/random_stream.h"
#include "spread/sweep/spec.h"

namespace spread {

/// Points, one after the other.
class PointSource {
 public:
  virtual ~PointSource() = default;
  /// One number for each parameter. Not asked more often than there are points.
  virtual void next(std::span<double> point) = 0;
};

/// Of Sobol's sequence from its first point on, which is all `low`; `dimensions` are parameters
/// with a range. At most kSequenceDimensionsMax.
std::unique_ptr<PointSource> make_sobol(std::vector<Parameter> dimensions);
/// Of Halton's, likewise.
std::unique_ptr<PointSource> make_halton(std::vector<Parameter> dimensions);
inline constexpr std::size_t kSequenceDimensionsMax = 3667;

/// `count` samples of parameters of the designs Random or LatinHypercube, drawn one parameter after
/// the other, and sorted by the first one. All of them are held.
class HeldSample final : public PointSource {
 public:
  static constexpr std::uint64_t kValuesMax = std::uint64_t{1} << 26;

  HeldSample(std::span<const Parameter> parameters, std::uint64_t count, RandomStream& stream);
  void next(std::span<double> point) override;

 private:
  std::vector<std::vector<double>> columns_;
  std::vector<std::uint32_t> order_;
  std::size_t next_ = 0;
};

}  // namespace spread
