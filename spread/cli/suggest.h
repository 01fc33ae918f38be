#pragma once

#include <span>
#include <string_view>

namespace spread::cli {

/// The candidate that `word` was probably meant to be: the only one that begins with it, or with
/// all of it but the last letter; or the first that is closest, within one edit for short words and
/// two for longer ones (an edit inserts, removes, changes or swaps characters). Empty if there is
/// none.
std::string_view closest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace spread::cli
