#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/result.h"

namespace spread {

/// Words that are to be executed without a shell, and of which one means something to a shell
/// only: an operator or a redirection, an assignment or a builtin in front. To a program they would
/// be arguments, silently. The Error says how to write it.
Status check_words(const std::vector<std::string>& words,
                   const std::function<bool(const std::string&)>& on_path);

/// What a shell does itself, or begins a construct with: `cd`, `if`, `:`.
bool is_word_of_shells(std::string_view word);

}  // namespace spread
