#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace spread {

/// A set of places in the order of preference: one bit each, so that the scheduler finds the next
/// slot that wants something without looking at the thousand others.
class SlotSet {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  void resize(std::size_t places) { words_.resize((places + 63) / 64); }
  void clear() { words_.assign(words_.size(), 0); }
  void insert(std::uint32_t place) { words_[place / 64] |= bit(place); }
  void erase(std::uint32_t place) { words_[place / 64] &= ~bit(place); }
  bool contains(std::uint32_t place) const { return (words_[place / 64] & bit(place)) != 0; }

  /// The first member at `place` or behind it, or kNone.
  std::uint32_t next(std::uint32_t place) const {
    std::size_t word = place / 64;
    if (word >= words_.size()) return kNone;
    std::uint64_t bits = words_[word] & (~std::uint64_t{0} << (place % 64));
    while (bits == 0) {
      if (++word == words_.size()) return kNone;
      bits = words_[word];
    }
    return static_cast<std::uint32_t>(word * 64) +
           static_cast<std::uint32_t>(std::countr_zero(bits));
  }
  bool empty() const { return next(0) == kNone; }

 private:
  static std::uint64_t bit(std::uint32_t place) { return std::uint64_t{1} << (place % 64); }
  std::vector<std::uint64_t> words_;
};

}  // namespace spread
