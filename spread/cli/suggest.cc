#include "spread/cli/suggest.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace spread::cli {
namespace {

/// Optimal string alignment: Levenshtein's distance with swaps of neighbours.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        now[j] = std::min(now[j], before[j - 2] + 1);
      }
    }
    std::swap(before, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

}  // namespace

std::string_view closest(std::string_view word, std::span<const std::string_view> candidates) {
  // Longer words are no mistyped names, and the distance costs the product of the lengths.
  if (word.size() < 2 || word.size() > 40) return {};
  // An abbreviation, its last letter perhaps a slip or a habit: --retry for --retries.
  for (const std::string_view stem : {word, word.substr(0, word.size() - 1)}) {
    const auto begins = [&](std::string_view candidate) {
      return candidate.substr(0, stem.size()) == stem;
    };
    if (stem.size() >= 4 && std::count_if(candidates.begin(), candidates.end(), begins) == 1) {
      return *std::find_if(candidates.begin(), candidates.end(), begins);
    }
  }
  std::string_view best;
  std::size_t best_distance = word.size() <= 5 ? 2 : 3;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace spread::cli
