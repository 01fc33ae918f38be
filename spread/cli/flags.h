// spread/cli: argv in, the options of one subcommand out. The one place that knows CLI11
// (tokens.cc). Start here, then take_apart.h.
#pragma once

#include <string>

#include "spread/api/result.h"
#include "spread/options/options.h"

namespace spread::cli {

/// What argv asks for: a run with `options`, or, where `text` is not empty, that text on stdout
/// and nothing else (--help, --version, --man, --completion). Where `status` is not 0, `text` is
/// what is wrong, whole, for stderr (xargs has its own form for that), and the exit status is this.
struct ParsedCommandLine {
  Options options;
  std::string text;
  int status = 0;
};

/// Reads the whole command line. Everything that can be known to be wrong from argv alone is an
/// error here, before anything is opened or started: one line that names the option, ending in the
/// --help to try. Numbers and words are checked; whether files exist, and what stands in --worker,
/// -S, --launch and --prep-json, is for those who read them. The one look at the disk is whether
/// --tails names a directory.
///
/// The first bare `--` ends the options, and so does the first word that is no option: as with
/// xargs, ssh and GNU parallel everything from there on is the worker, so `run w -v` never eats
/// its -v. Both at once (`run w -- x`) is an error, since one of the two must be a slip. `:::` and
/// `::::` end the worker's words; what follows is the input.
Result<ParsedCommandLine> parse_command_line(int argc, const char* const* argv);

}  // namespace spread::cli
