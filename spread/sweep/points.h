// The rows of sweeps whose parameters are drawn together: points of a sequence, or a sample that is
// held (held_sample.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "spread/sweep/random_stream.h"
#include "spread/sweep/spec.h"

namespace spread {

/// Points, one after the other.
class PointSource {
 public:
  virtual ~PointSource() = default;
  /// Does a piece of what there is to do before the first point; true when nothing is left.
  virtual bool prepare() { return true; }
  /// One number for each parameter. Not asked more often than there are points.
  virtual void next(std::span<double> point) = 0;
};

/// From 0 to 1 -> from `low` to `high`.
inline double scaled(const Parameter& parameter, double x) {
  return parameter.low + (parameter.high - parameter.low) * x;
}

/// Of Sobol's sequence from its first point on, which is all `low`; `dimensions` are parameters
/// with a range. At most kSequenceDimensionsMax.
std::unique_ptr<PointSource> make_sobol(std::vector<Parameter> dimensions);
/// Of Halton's, likewise.
std::unique_ptr<PointSource> make_halton(std::vector<Parameter> dimensions);
inline constexpr std::size_t kSequenceDimensionsMax = 3667;

}  // namespace spread
