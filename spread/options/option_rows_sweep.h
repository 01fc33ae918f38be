// Sweeps: as a subcommand, and as the tasks of run. A part of option_table.cc, and of nothing else.
#pragma once

#include <string>

#include "spread/options/option_table.h"
#include "spread/options/setters.h"

namespace spread::cli {

// clang-format off
inline constexpr OptionSpec kSweepRows[] = {
    {"--sweep", "SPEC|FILE", kSends, Group::Input,
     "tasks are the rows of a sweep, as in 'a=lin:0:1:5 b=list:1,2' (spread sweep --help); repeatable",
     nullptr, set_sweep, Offer::File},
    {"--samples", "N", kSends | kSweep, Group::Input,
     "rows of a sweep whose parameters are drawn",
     nullptr, set_sweep_samples},
    {"--seed", "N", kSends | kSweep, Group::Input,
     "where the random numbers of a sweep begin, 0 to 4294967295",
     [](const Options&) -> std::string { return "0"; }, set_sweep_seed},
    {"--runs", "N", kSends | kSweep, Group::Input,
     "each row of a sweep N times, with its number as _run",
     nullptr, set_sweep_runs},
    {"--where", "EXPR", kSends | kSweep, Group::Input,
     "the rows of a sweep for which EXPR is true, as in 'a < b && a*a + b*b <= 1'",
     nullptr, set_sweep_where},
    {"--until-ok", "N", kSends, Group::Input,
     "draw further samples of a --sweep until N of them have succeeded, and write those results alone",
     nullptr, set_until_ok},
    {"--max-rounds", "N", kSends, Group::Input,
     "how often --until-ok draws, at most",
     [](const Options& defaults) -> std::string { return std::to_string(defaults.sweep.max_rounds); }, set_max_rounds},
    {"--out", "FORMAT", kSweep, Group::Output,
     "json (a line each), msgpack or csv (with a header)",
     [](const Options&) -> std::string { return "json"; }, set_sweep_out, Offer::Words, "json msgpack csv"},
    {"--columns", "NAME,...", kSends, Group::Output,
     "the columns of --out csv, which is then written while the run goes on; repeatable",
     nullptr, set_columns},
    {"--csv-style", "STYLE", kSends | kSweep, Group::Output,
     "fields of --out csv: plain, or savetxt: numbers alone, as numpy.savetxt writes them",
     [](const Options&) -> std::string { return "plain"; }, set_csv_style, Offer::Words, "plain savetxt"},
};
// clang-format on

}  // namespace spread::cli
