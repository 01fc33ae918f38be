#pragma once

#include <string>
#include <string_view>

#include "spread/api/result.h"

namespace spread {

/// Tells `error` on stderr, in a line that is safe for a terminal and begins with `speaker`;
/// returns kOwnError.
int complain(const Error& error, std::string_view speaker = "spread");
/// Puts `text`, which is whole, on stderr; returns `status`.
int complain_in_words(const std::string& text, int status);
/// As complain(), of what is no reason to end.
void warn(std::string_view message, std::string_view speaker = "spread");

}  // namespace spread
