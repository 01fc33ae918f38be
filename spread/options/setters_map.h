#pragma once

#include <string_view>

#include "spread/api/result.h"

namespace spread::cli {

struct Draft;

// As setters.h, for the options that only map has or takes in its own way.

/// -j of run: as that of map, but without +N, -N and 0.
Status set_run_jobs(Draft& draft, std::string_view value);
Status set_map_jobs(Draft& draft, std::string_view value);
Status set_delay(Draft& draft, std::string_view value);
Status set_load(Draft& draft, std::string_view value);
Status set_free_memory(Draft& draft, std::string_view value);
Status set_nice(Draft& draft, std::string_view value);
Status set_memory_limit(Draft& draft, std::string_view value);
Status set_cpu_limit(Draft& draft, std::string_view value);

Status set_link(Draft& draft, std::string_view value);
Status set_column_separator(Draft& draft, std::string_view value);
Status set_csv(Draft& draft, std::string_view value);
Status set_header(Draft& draft, std::string_view value);
Status set_trim(Draft& draft, std::string_view value);
Status set_items_max(Draft& draft, std::string_view value);
Status set_items_exact(Draft& draft, std::string_view value);
Status set_lines(Draft& draft, std::string_view value);
Status set_fill_context(Draft& draft, std::string_view value);
Status set_fill_evenly(Draft& draft, std::string_view value);
Status set_fill(Draft& draft, std::string_view value);
Status set_exit_if_long(Draft& draft, std::string_view value);
Status set_bytes_max(Draft& draft, std::string_view value);

Status set_replacement(Draft& draft, std::string_view value);
Status set_shell(Draft& draft, std::string_view value);
Status set_exec(Draft& draft, std::string_view value);
Status set_shell_path(Draft& draft, std::string_view value);
Status set_allow_paste(Draft& draft, std::string_view value);
Status set_literal_braces(Draft& draft, std::string_view value);
Status set_item_to_stdin(Draft& draft, std::string_view value);

Status set_grouped(Draft& draft, std::string_view value);
Status set_line_buffered(Draft& draft, std::string_view value);
Status set_ungrouped(Draft& draft, std::string_view value);
Status set_tag(Draft& draft, std::string_view value);
Status set_tag_text(Draft& draft, std::string_view value);
Status set_skip_blank(Draft& draft, std::string_view value);
Status set_results(Draft& draft, std::string_view value);
Status set_map_out(Draft& draft, std::string_view value);

Status set_end_sequence(Draft& draft, std::string_view value);
Status set_exit_status(Draft& draft, std::string_view value);

Status set_print_commands(Draft& draft, std::string_view value);
Status set_map_joblog(Draft& draft, std::string_view value);
Status set_resume(Draft& draft, std::string_view value);
Status set_resume_failed(Draft& draft, std::string_view value);
Status set_retry_failed(Draft& draft, std::string_view value);

}  // namespace spread::cli
