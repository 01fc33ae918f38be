#pragma once

#include <cerrno>
#include <string_view>

#include "spread/api/result.h"

namespace spread::cli {

struct Draft;

/// The `number` of an Error behind which GNU xargs points to --help.
inline constexpr int kWithHint = EINVAL;

// As setters.h, for the options of xargs. Of those that exclude each other the last one counts, and
// the draft's warnings say so, as GNU xargs does it.

Status set_xargs_null(Draft& draft, std::string_view value);
Status set_xargs_file(Draft& draft, std::string_view value);
Status set_xargs_delimiter(Draft& draft, std::string_view value);
Status set_xargs_end_mark(Draft& draft, std::string_view value);
Status set_xargs_replacement(Draft& draft, std::string_view value);
Status set_xargs_lines(Draft& draft, std::string_view value);
Status set_xargs_lines_old(Draft& draft, std::string_view value);
Status set_xargs_items(Draft& draft, std::string_view value);
Status set_xargs_terminal(Draft& draft, std::string_view value);
Status set_xargs_processes(Draft& draft, std::string_view value);
Status set_xargs_ask(Draft& draft, std::string_view value);
Status set_xargs_slot_variable(Draft& draft, std::string_view value);
Status set_xargs_not_empty(Draft& draft, std::string_view value);
Status set_xargs_bytes(Draft& draft, std::string_view value);
Status set_xargs_limits(Draft& draft, std::string_view value);
Status set_xargs_verbose(Draft& draft, std::string_view value);
Status set_xargs_exit(Draft& draft, std::string_view value);

}  // namespace spread::cli
