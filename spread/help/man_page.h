#pragma once

#include <string>

#include "spread/options/subcommands.h"

namespace spread::cli {

// The manual pages in the format of man(7), from the option table and the subcommands' texts, as
// --help is: they cannot lag behind the options.

/// spread(1): what the subcommands have in common, and where each is told.
std::string man_page();
/// spread-run(1) and so on: one subcommand in full.
std::string man_page(const SubcommandText& subcommand);

}  // namespace spread::cli
