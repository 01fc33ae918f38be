// The options that only pipe has, or that mean something of their own there. A part of
// option_table.cc, and of nothing else.
#pragma once

#include "spread/options/option_table.h"
#include "spread/options/setters.h"

namespace spread::cli {

// clang-format off
inline constexpr OptionSpec kPipeRows[] = {
    {"-a,--arg-file", "FILE", kPipe, Group::Input,
     "read FILE instead of standard input (-)",
     nullptr, set_arg_file, Offer::File},
    {"--pipepart", "", kPipe, Group::Input,
     "let each job read its part of the file of -a, which then does not pass through spread",
     nullptr, set_by_ranges},
    {"--block", "SIZE", kPipe, Group::Input,
     "most bytes of a block; with --pipepart also -N: so many blocks for every slot",
     [](const Options&) -> std::string { return "1M; with --pipepart -10"; }, set_block},
    {"--recend", "STR", kPipe, Group::Input,
     "what a record ends with; \\n, \\t, \\0 and so on as in C",
     [](const Options&) -> std::string { return "\\n"; }, set_record_end},
    {"--recstart", "STR", kPipe, Group::Input,
     "what a record begins with; with --recend, both stand between two records",
     nullptr, set_record_start},
    {"--regexp", "", kPipe, Group::Input,
     "the values of --recstart and --recend are regular expressions of Perl",
     nullptr, set_record_patterns},
    {"--rrs,--remove-rec-sep", "", kPipe, Group::Input,
     "leave out what stands between records",
     nullptr, set_remove_separators},
    {"-N,--max-replace-args", "N", kPipe, Group::Input,
     "N records are a block, whatever their size",
     nullptr, set_block_records},
    {"-L,--max-lines", "N", kPipe, Group::Input,
     "a record is N lines",
     nullptr, set_record_lines},
    {"--header", "N|:", kPipe, Group::Input,
     "the first N lines (: is one) go in front of every block",
     nullptr, set_header_lines},
    {"--round-robin,--rr,--roundrobin", "", kPipe, Group::Input,
     "one long-lived COMMAND in each slot is given block after block; what each prints comes at the "
     "end, one after the other",
     nullptr, set_round_robin},
};
// clang-format on

}  // namespace spread::cli
