#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "spread/sweep/points.h"

namespace spread {

/// `count` samples of parameters of the designs Random or LatinHypercube, drawn one parameter after
/// the other, and sorted by the first one; a NaN is behind all numbers. All of them are held. Both
/// is done in pieces: blocks of rows are sorted each for itself, and merged as they are asked for.
class HeldSample final : public PointSource {
 public:
  static constexpr std::uint64_t kValuesMax = std::uint64_t{1} << 26;
  /// Of values that one call of prepare() draws, or rows that it sorts: a few milliseconds.
  static constexpr std::size_t kPiece = std::size_t{1} << 16;

  /// `stream` must outlive it.
  HeldSample(std::vector<Parameter> parameters, std::uint64_t count, RandomStream& stream);
  bool prepare() override;
  void next(std::span<double> point) override;

 private:
  /// Of rows that are sorted: places in order_.
  struct Block {
    std::size_t next = 0, end = 0;
  };
  void draw_piece();
  void shuffle_piece();
  double draw(const Parameter& parameter, std::size_t row);
  void sort_block();
  double key(std::uint32_t row) const;
  bool is_before(std::uint32_t a, std::uint32_t b) const;
  bool begins_after(const Block& a, const Block& b) const;

  std::vector<Parameter> parameters_;
  RandomStream* stream_;
  std::size_t count_;
  std::vector<std::vector<double>> columns_;  ///< the last one perhaps in part
  std::size_t unshuffled_ = 0;                ///< of it, values at the front
  std::vector<std::uint32_t> order_;
  std::vector<Block> blocks_;  ///< a heap: the one with the next row is in front
};

}  // namespace spread
