#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace spread {

/// `text` with every occurrence of a name replaced by its value, in one pass: what a value brings
/// in is not looked at again, and other words in braces stay.
inline std::string replace_placeholders(
    std::string_view text,
    std::initializer_list<std::pair<std::string_view, std::string_view>> values) {
  std::string replaced;
  while (!text.empty()) {
    const std::size_t brace = text.find('{');
    replaced += text.substr(0, brace);
    if (brace == std::string_view::npos) break;
    text.remove_prefix(brace);
    std::size_t taken = 1;
    std::string_view value = text.substr(0, 1);
    for (const auto& [name, replacement] : values) {
      if (text.substr(0, name.size()) != name) continue;
      taken = name.size();
      value = replacement;
      break;
    }
    replaced += value;
    text.remove_prefix(taken);
  }
  return replaced;
}

}  // namespace spread
