/// Classes of characters as ASCII has them, whatever the locale says.
#pragma once

namespace spread {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace spread
