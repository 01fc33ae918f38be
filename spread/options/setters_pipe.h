#pragma once

#include <string_view>

#include "spread/api/result.h"

namespace spread::cli {

struct Draft;

// As setters.h, for the options that only pipe has or takes in its own way.

Status set_by_ranges(Draft& draft, std::string_view value);
Status set_block(Draft& draft, std::string_view value);
Status set_record_end(Draft& draft, std::string_view value);
Status set_record_start(Draft& draft, std::string_view value);
Status set_record_patterns(Draft& draft, std::string_view value);
Status set_remove_separators(Draft& draft, std::string_view value);
Status set_block_records(Draft& draft, std::string_view value);
Status set_record_lines(Draft& draft, std::string_view value);
Status set_header_lines(Draft& draft, std::string_view value);
Status set_round_robin(Draft& draft, std::string_view value);

/// What pipe's options must be together, and what follows from them.
Status complete_pipe(Draft& draft);

}  // namespace spread::cli
