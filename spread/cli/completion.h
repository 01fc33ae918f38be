#pragma once

#include <string>

namespace spread::cli {

/// A script for bash's programmable completion, from the option table. It works without the
/// bash-completion package and uses its command completion where that is loaded.
std::string bash_completion();

}  // namespace spread::cli
