#pragma once

#include <string_view>

#include "spread/api/result.h"

namespace spread::cli {

struct Draft;

// One function for each option: its value into the draft. See OptionSpec::set.

Status set_jobs(Draft& draft, std::string_view value);
Status set_sshlogin(Draft& draft, std::string_view value);
Status set_slf(Draft& draft, std::string_view value);
Status set_worker(Draft& draft, std::string_view value);
Status set_args_file(Draft& draft, std::string_view value);
Status set_launch(Draft& draft, std::string_view value);
Status set_working_directory(Draft& draft, std::string_view value);
Status set_wire(Draft& draft, std::string_view value);
Status set_start_all(Draft& draft, std::string_view value);
Status set_check(Draft& draft, std::string_view value);

Status set_in(Draft& draft, std::string_view value);
Status set_null(Draft& draft, std::string_view value);
Status set_delimiter(Draft& draft, std::string_view value);
Status set_arg_file(Draft& draft, std::string_view value);
Status set_prep(Draft& draft, std::string_view value);
Status set_prep_json(Draft& draft, std::string_view value);
Status set_prep_file(Draft& draft, std::string_view value);

Status set_out(Draft& draft, std::string_view value);
Status set_out0(Draft& draft, std::string_view value);
Status set_keep_order(Draft& draft, std::string_view value);
Status set_unordered(Draft& draft, std::string_view value);
Status set_tails(Draft& draft, std::string_view value);
Status set_show_output(Draft& draft, std::string_view value);

Status set_timeout(Draft& draft, std::string_view value);
Status set_retries(Draft& draft, std::string_view value);
Status set_ok_statuses(Draft& draft, std::string_view value);
Status set_crash_retries(Draft& draft, std::string_view value);
Status set_start_retries(Draft& draft, std::string_view value);
Status set_bench(Draft& draft, std::string_view value);
Status set_max_busy(Draft& draft, std::string_view value);
Status set_halt(Draft& draft, std::string_view value);
Status set_strict(Draft& draft, std::string_view value);

Status set_bar(Draft& draft, std::string_view value);
Status set_eta(Draft& draft, std::string_view value);
Status set_progress(Draft& draft, std::string_view value);
Status set_no_bar(Draft& draft, std::string_view value);
Status set_summary(Draft& draft, std::string_view value);
Status set_traces(Draft& draft, std::string_view value);
Status set_explain(Draft& draft, std::string_view value);
Status set_dry_run(Draft& draft, std::string_view value);
Status set_joblog(Draft& draft, std::string_view value);
Status set_events(Draft& draft, std::string_view value);
Status set_history(Draft& draft, std::string_view value);
Status set_no_history(Draft& draft, std::string_view value);

Status set_window(Draft& draft, std::string_view value);
Status set_window_bytes(Draft& draft, std::string_view value);
Status set_max_frame(Draft& draft, std::string_view value);
Status set_read_ahead(Draft& draft, std::string_view value);
Status set_reorder_memory(Draft& draft, std::string_view value);
Status set_spill_directory(Draft& draft, std::string_view value);
Status set_spill_max(Draft& draft, std::string_view value);
Status set_shutdown_timeout(Draft& draft, std::string_view value);
Status set_kill_grace(Draft& draft, std::string_view value);

}  // namespace spread::cli
