// The options of xargs. A part of option_table.cc, and of nothing else. In brackets: a value that
// may be left out, and stands in the option's own word.
#pragma once

#include "spread/options/option_table.h"
#include "spread/options/setters.h"

namespace spread::cli {

// clang-format off
inline constexpr OptionSpec kXargsRows[] = {
    {"-0,--null", "", kXargs, Group::Input,
     "items end at NUL bytes; quotes, backslashes and -E mean nothing",
     nullptr, set_xargs_null},
    {"-a,--arg-file", "FILE", kXargs, Group::Input,
     "read FILE; the commands then have spread's standard input",
     nullptr, set_xargs_file, Offer::File},
    {"-d,--delimiter", "CHARACTER", kXargs, Group::Input,
     "items end at CHARACTER, which may be \\n, \\t, \\x41, \\101 and so on; quotes, backslashes and "
     "-E mean nothing",
     nullptr, set_xargs_delimiter},
    {"-E", "END", kXargs, Group::Input,
     "an item END ends the input",
     nullptr, set_xargs_end_mark},
    {"-e,--eof", "[END]", kXargs, Group::Input,
     "the same as -E END; without END there is none",
     nullptr, set_xargs_end_mark},
    {"-r,--no-run-if-empty", "", kXargs, Group::Input,
     "without any item the command is not run; else it runs once",
     nullptr, set_xargs_not_empty},
    {"-I", "R", kXargs, Group::Command,
     "a command for each line, which stands for R in the first arguments",
     nullptr, set_xargs_replacement},
    {"-i,--replace", "[R]", kXargs, Group::Command,
     "the same as -I R; without R it is {}",
     nullptr, set_xargs_replacement},
    {"-L,--max-lines", "N", kXargs, Group::Command,
     "items of at most N lines for each command; a line that ends in a blank goes on in the next",
     nullptr, set_xargs_lines},
    {"-l", "[N]", kXargs, Group::Command,
     "the same as -L N; without N it is one",
     nullptr, set_xargs_lines_old},
    {"-n,--max-args", "N", kXargs, Group::Command,
     "at most N items for each command",
     nullptr, set_xargs_items},
    {"-s,--max-chars", "N", kXargs, Group::Command,
     "at most N bytes for each command line, its NULs among them",
     [](const Options&) -> std::string { return "128 KiB, or what the system has room for"; },
     set_xargs_bytes},
    {"-x,--exit", "", kXargs, Group::Command,
     "end if what -n or -L asks for does not fit",
     nullptr, set_xargs_exit},
    {"-o,--open-tty", "", kXargs, Group::Command,
     "the commands read from /dev/tty",
     nullptr, set_xargs_terminal},
    {"-p,--interactive", "", kXargs, Group::Command,
     "show each command line and run it if the answer begins with y",
     nullptr, set_xargs_ask},
    {"-P,--max-procs", "N", kXargs, Group::Hosts,
     "so many commands at a time; 0: as many as possible. USR1 and USR2: one more, one less. Above "
     "one, what each command prints comes in one piece when it ends",
     [](const Options&) -> std::string { return "1"; }, set_xargs_processes},
    {"--process-slot-var", "VAR", kXargs, Group::Hosts,
     "VAR is, from 0, a number that no two commands have at a time",
     nullptr, set_xargs_slot_variable},
    {"--bar", "", kXargs, Group::Report,
     "a progress bar on stderr, as map has it",
     nullptr, set_bar},
    {"-t,--verbose", "", kXargs, Group::Report,
     "show each command line on standard error",
     nullptr, set_xargs_verbose},
    {"--show-limits", "", kXargs, Group::Report,
     "show how long command lines can be, and go on",
     nullptr, set_xargs_limits},
};
// clang-format on

}  // namespace spread::cli
