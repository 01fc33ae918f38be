#include "spread/core/slot_set.h"

#include <utility>

#include "spread/base/assert.h"

namespace spread {

void SlotSet::resize(std::size_t numbers) {
  if (levels_ > 0 && numbers <= begin_[1] * 64) return;
  SlotSet larger;
  // By half as much again: slots are added one by one.
  std::size_t words = (numbers + numbers / 2 + 63) / 64;
  if (numbers <= 64) words = 1;
  while (true) {
    SPREAD_ASSERT(larger.levels_ < kLevelsMax);
    larger.begin_[larger.levels_ + 1] = larger.begin_[larger.levels_] + words;
    ++larger.levels_;
    if (words <= 1) break;
    words = (words + 63) / 64;
  }
  larger.words_.resize(larger.begin_[larger.levels_]);
  for (std::uint32_t member = next(0); member != kNone; member = next(member + 1)) {
    larger.insert(member);
  }
  *this = std::move(larger);
}

void SlotSet::insert_above(std::uint32_t word) {
  for (std::size_t level = 1; level < levels_; ++level, word /= 64) {
    words_[begin_[level] + word / 64] |= bit(word);
  }
}

void SlotSet::erase_above(std::uint32_t word) {
  for (std::size_t level = 1; level < levels_; ++level, word /= 64) {
    std::uint64_t& above = words_[begin_[level] + word / 64];
    above &= ~bit(word);
    if (above != 0) return;
  }
}

std::uint32_t SlotSet::next_word(std::uint32_t word) const {
  std::uint32_t number = word;
  for (std::size_t level = 1; level < levels_; ++level) {
    if (number / 64 >= begin_[level + 1] - begin_[level]) return kNone;
    const std::uint64_t bits = words_[begin_[level] + number / 64] & from(number);
    if (bits == 0) {
      number = number / 64 + 1;
      continue;
    }
    number = number / 64 * 64 + first(bits);
    for (; level > 0; --level) {
      number = number * 64 + first(words_[begin_[level - 1] + number]);
    }
    return number;
  }
  return kNone;
}

}  // namespace spread
