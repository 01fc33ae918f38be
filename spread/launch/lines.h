#pragma once

#include <cstddef>
#include <string_view>

#include <fmt/format.h>

#include "spread/api/result.h"

namespace spread {

inline std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

/// Calls `parse(line) -> Status` for every line of a list file but blank ones and those that begin
/// with `#`. The line comes without its newline, a CR before it (files from Windows), and leading
/// blanks; trailing blanks may be quoted and stay. An error gets `FILE:LINE: ` in front.
template <typename Parse>
Status for_each_entry(std::string_view text, std::string_view file, Parse parse) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    const std::size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos || line[begin] == '#') continue;
    if (Status status = parse(line.substr(begin)); !status) {
      return fail(fmt::format("{}:{}: {}", file, number, status.error().message));
    }
  }
  return {};
}

}  // namespace spread
