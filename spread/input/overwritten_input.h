#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spread/api/environment.h"
#include "spread/api/shared_options.h"
#include "spread/api/result.h"

namespace spread {

/// What tasks or items are read from: names of files, "-" for standard input; nothing where all of
/// them are words.
std::vector<std::string> input_names(const InputOptions& input);

/// An Error if a file that is to be written is one of those that are to be read: it would be empty,
/// or never end. `written` are options and what they name, which may be nothing. Asked before
/// anything is opened.
Status check_overwritten_input(
    const std::vector<std::string>& inputs,
    const std::vector<std::pair<std::string_view, std::string_view>>& written, Streams streams);

}  // namespace spread
