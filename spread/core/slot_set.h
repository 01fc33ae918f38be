#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace spread {

/// A set of small numbers, one bit each, and above them a bit for each word that is not empty, and
/// so on: the next member is found without looking at those that are not there. Up to 64 numbers
/// take one word.
class SlotSet {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  /// The numbers 0 .. `numbers - 1` may be members. Those that are remain.
  void resize(std::size_t numbers);
  void clear() { words_.assign(words_.size(), 0); }
  void insert(std::uint32_t number) {
    std::uint64_t& word = words_[number / 64];
    const bool was_empty = word == 0;
    word |= bit(number);
    if (was_empty && levels_ > 1) insert_above(number / 64);
  }
  void erase(std::uint32_t number) {
    std::uint64_t& word = words_[number / 64];
    word &= ~bit(number);
    if (word == 0 && levels_ > 1) erase_above(number / 64);
  }
  bool contains(std::uint32_t number) const { return (words_[number / 64] & bit(number)) != 0; }

  /// The first member from `number` on, or kNone.
  std::uint32_t next(std::uint32_t number) const {
    if (number / 64 >= begin_[1]) return kNone;  // or there are no levels
    const std::uint64_t bits = words_[number / 64] & from(number);
    if (bits == 0) return levels_ == 1 ? kNone : next_word(number / 64 + 1);
    return number / 64 * 64 + first(bits);
  }
  bool empty() const { return next(0) == kNone; }

 private:
  static constexpr std::size_t kLevelsMax = 6;  // 64^6 numbers
  static std::uint64_t bit(std::uint32_t number) { return std::uint64_t{1} << (number % 64); }
  static std::uint64_t from(std::uint32_t number) { return ~std::uint64_t{0} << (number % 64); }
  static std::uint32_t first(std::uint64_t bits) {
    return static_cast<std::uint32_t>(std::countr_zero(bits));
  }
  /// This word is not empty any more, or is now.
  void insert_above(std::uint32_t word);
  void erase_above(std::uint32_t word);
  /// The first member in the words from this one on.
  std::uint32_t next_word(std::uint32_t word) const;

  std::vector<std::uint64_t> words_;  ///< the members, then the words above them, ...
  std::array<std::size_t, kLevelsMax + 1> begin_{};  ///< of each level, and the end
  std::size_t levels_ = 0;
};

}  // namespace spread
