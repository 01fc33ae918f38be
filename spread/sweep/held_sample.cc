#include "spread/sweep/held_sample.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "spread/base/assert.h"

namespace spread {

HeldSample::HeldSample(std::vector<Parameter> parameters, std::uint64_t count, RandomStream& stream)
    : parameters_(std::move(parameters)),
      stream_(&stream),
      count_(static_cast<std::size_t>(count)) {
  SPREAD_ASSERT(count <= kValuesMax);
}

bool HeldSample::prepare() {
  if (unshuffled_ > 1) {
    shuffle_piece();
  } else if (columns_.size() < parameters_.size() || columns_.back().size() < count_) {
    draw_piece();
  } else if (order_.size() < count_) {
    sort_block();
  } else {
    return true;
  }
  return false;
}

void HeldSample::draw_piece() {
  if (columns_.empty() || columns_.back().size() == count_) {
    columns_.emplace_back().reserve(count_);
  }
  std::vector<double>& column = columns_.back();
  const Parameter& parameter = parameters_[columns_.size() - 1];
  const std::size_t end = std::min(column.size() + kPiece, count_);
  while (column.size() < end) column.push_back(draw(parameter, column.size()));
  if (parameter.kind == SampleKind::LatinHypercube && end == count_) unshuffled_ = count_;
}

double HeldSample::draw(const Parameter& parameter, std::size_t row) {
  switch (parameter.kind) {
    case SampleKind::Uniform: return scaled(parameter, stream_->uniform());
    case SampleKind::Normal: return parameter.low + parameter.high * stream_->normal();
    case SampleKind::LatinHypercube:
      // One in each of as many equal parts as there are values.
      return scaled(parameter,
                    (static_cast<double>(row) + stream_->uniform()) / static_cast<double>(count_));
    default:
      // A column's numbers are the places of its values.
      return static_cast<double>(row);
  }
}

void HeldSample::shuffle_piece() {
  std::vector<double>& column = columns_.back();
  for (std::size_t left = kPiece; left > 0 && unshuffled_ > 1; --left) {
    const std::size_t last = unshuffled_ - 1;
    const auto other =
        static_cast<std::size_t>(stream_->uniform() * static_cast<double>(unshuffled_));
    std::swap(column[last], column[std::min(other, last)]);
    unshuffled_ = last;
  }
}

void HeldSample::sort_block() {
  const Block block{order_.size(), std::min(order_.size() + kPiece, count_)};
  order_.reserve(count_);
  while (order_.size() < block.end) order_.push_back(static_cast<std::uint32_t>(order_.size()));
  std::sort(order_.begin() + static_cast<std::ptrdiff_t>(block.next), order_.end(),
            [this](std::uint32_t a, std::uint32_t b) { return is_before(a, b); });
  blocks_.push_back(block);
  std::push_heap(blocks_.begin(), blocks_.end(),
                 [this](const Block& a, const Block& b) { return begins_after(a, b); });
}

double HeldSample::key(std::uint32_t row) const {
  const Parameter& first = parameters_.front();
  return first.kind == SampleKind::Column ? *first.values[row].number : columns_.front()[row];
}

/// Of equal ones, the one that was drawn first.
bool HeldSample::is_before(std::uint32_t a, std::uint32_t b) const {
  const double x = key(a), y = key(b);
  if (x < y || y < x) return x < y;
  return std::pair(std::isnan(x), a) < std::pair(std::isnan(y), b);
}

bool HeldSample::begins_after(const Block& a, const Block& b) const {
  return is_before(order_[b.next], order_[a.next]);
}

void HeldSample::next(std::span<double> point) {
  const auto later = [this](const Block& a, const Block& b) { return begins_after(a, b); };
  std::pop_heap(blocks_.begin(), blocks_.end(), later);
  Block& block = blocks_.back();
  const std::uint32_t row = order_[block.next++];
  if (block.next == block.end) {
    blocks_.pop_back();
  } else {
    std::push_heap(blocks_.begin(), blocks_.end(), later);
  }
  for (std::size_t i = 0; i < columns_.size(); ++i) point[i] = columns_[i][row];
}

}  // namespace spread
