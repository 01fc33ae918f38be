#pragma once

#include <string>
#include <vector>

#include "spread/cli/flags.h"

namespace spread::cli {

/// `spread xargs WORDS...`, and WORDS of a program that is called xargs: POSIX's and GNU's options
/// as getopt_long(3) reads them, and the options of spread whose rows are for xargs. `name` is what
/// messages begin with. An Error ends the program with status 1, as in xargs.
Result<ParsedCommandLine> parse_xargs_line(std::string name, std::vector<std::string> words);

}  // namespace spread::cli
