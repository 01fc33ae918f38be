#pragma once

#include <string>

namespace spread::cli {

/// spread(1) in the format of man(7), from the option table and the subcommands' texts.
std::string man_page();

}  // namespace spread::cli
