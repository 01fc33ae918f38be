#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "spread/api/result.h"
#include "spread/launch/launch_plan.h"

namespace spread {

/// Slots on one host at most: a mistyped -j must not fill the process table.
inline constexpr std::uint32_t kSlotsPerHostMax = 65536;

/// One entry of -S or --slf, in GNU parallel's syntax: `[N/][SSH-COMMAND ]HOST`. HOST is what ssh
/// takes (`node`, `user@node`, `ssh://user@node:port`) or `:`, this machine. Words before the last
/// are the command to log in with, cut as a shell does (`4/ssh -p 2222 node`); an empty count keeps
/// its slash apart from a path (`//opt/bin/ssh node`). Unlike GNU parallel, N is the number of
/// slots and not of CPUs that -j is a percentage of; host groups (@...) and ranges ([1-9]) are
/// refused; a name that begins with `-` too, as a program would read it as an option.
Result<HostSpec> parse_host(std::string_view text);

/// The argument of -S: entries with commas between; `\,` is a comma inside an entry.
Result<std::vector<HostSpec>> parse_host_list(std::string_view text);

/// The text of a --slf file: each line is what -S takes; blank lines and lines that begin with `#`
/// are skipped. Errors name `file` and the line.
Result<std::vector<HostSpec>> parse_host_file(std::string_view text, std::string_view file);

/// The argument of --worker, or one line of an --args-file: words quoted as for a shell (nothing is
/// expanded: see shell_split), or, if it begins with `[`, a JSON array of strings and numbers, each
/// of which is the word that it is written as (1.50 stays that). true and false are refused: each
/// program spells them differently. A program that is really called `[` is written '['.
Result<ArgumentList> parse_argument_list(std::string_view text);

/// The text of an --args-file: one list a line; blank lines and lines that begin with `#` are
/// skipped. Errors name `file` and the line.
Result<std::vector<ArgumentList>> parse_args_file(std::string_view text, std::string_view file);

}  // namespace spread
