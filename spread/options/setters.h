// One function for each option: its value into the draft (OptionSpec::set; setters*.cc), and what
// the options of map and pipe must be together (checks_map.cc, setters_pipe.cc).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "spread/api/result.h"
#include "spread/options/option_table.h"

namespace spread::cli {

Status set_jobs(Draft& draft, std::string_view value);
Status set_sshlogin(Draft& draft, std::string_view value);
Status set_slf(Draft& draft, std::string_view value);
Status set_worker(Draft& draft, std::string_view value);
Status set_args_file(Draft& draft, std::string_view value);
Status set_launch(Draft& draft, std::string_view value);
Status set_working_directory(Draft& draft, std::string_view value);
Status set_wire(Draft& draft, std::string_view value);
Status set_relay_wire(Draft& draft, std::string_view value);
Status set_pickle_task(Draft& draft, std::string_view value);
Status set_pickle_bytes(Draft& draft, std::string_view value);
Status set_pickle_remote(Draft& draft, std::string_view value);
Status set_start_all(Draft& draft, std::string_view value);
Status set_check(Draft& draft, std::string_view value);

Status set_in(Draft& draft, std::string_view value);
Status set_null(Draft& draft, std::string_view value);
Status set_delimiter(Draft& draft, std::string_view value);
Status set_arg_file(Draft& draft, std::string_view value);
Status set_prep(Draft& draft, std::string_view value);
Status set_task(Draft& draft, std::string_view value);
Status set_prep_json(Draft& draft, std::string_view value);
Status set_prep_file(Draft& draft, std::string_view value);

Status set_out(Draft& draft, std::string_view value);
Status set_output_file(Draft& draft, std::string_view value);
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
Status set_task_meta(Draft& draft, std::string_view value);
Status set_range(Draft& draft, std::string_view value);
Status set_partition(Draft& draft, std::string_view value);
Status set_shards(Draft& draft, std::string_view value);
Status set_split(Draft& draft, std::string_view value);
Status set_chunk(Draft& draft, std::string_view value);
Status set_common(Draft& draft, std::string_view value);
Status set_reprep(Draft& draft, std::string_view value);
Status set_gang_size(Draft& draft, std::string_view value);
Status set_subpool(Draft& draft, std::string_view value);
Status set_exact(Draft& draft, std::string_view value);
Status set_gather(Draft& draft, std::string_view value);
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
Status set_log(Draft& draft, std::string_view value);
Status set_log_level(Draft& draft, std::string_view value);
Status set_stderr_level(Draft& draft, std::string_view value);
Status set_history(Draft& draft, std::string_view value);
Status set_no_history(Draft& draft, std::string_view value);

Status set_max_tasks(Draft& draft, std::string_view value);
Status set_max_age(Draft& draft, std::string_view value);
Status set_max_rss(Draft& draft, std::string_view value);
Status set_overlap(Draft& draft, std::string_view value);
Status set_window(Draft& draft, std::string_view value);
Status set_window_bytes(Draft& draft, std::string_view value);
Status set_max_frame(Draft& draft, std::string_view value);
Status set_read_ahead(Draft& draft, std::string_view value);
Status set_reorder_memory(Draft& draft, std::string_view value);
Status set_spill_directory(Draft& draft, std::string_view value);
Status set_spill_max(Draft& draft, std::string_view value);
Status set_lost_after(Draft& draft, std::string_view value);
Status set_shutdown_timeout(Draft& draft, std::string_view value);
Status set_kill_grace(Draft& draft, std::string_view value);

// ---------------------------------------------------------------- only map, or in its own way

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
Status set_block_tag(Draft& draft, std::string_view value);
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
Status set_directory(Draft& draft, std::string_view value);
Status set_detach(Draft& draft, std::string_view value);
Status set_directory_timeout(Draft& draft, std::string_view value);
Status set_journal(Draft& draft, std::string_view value);
Status set_results_out(Draft& draft, std::string_view value);
Status set_failed(Draft& draft, std::string_view value);
Status set_follow(Draft& draft, std::string_view value);
/// Of `results`, and of `journal repair`: their files and options together.
Status complete_results(Draft& draft);
Status complete_repair(const Draft& draft);
Status set_durable(Draft& draft, std::string_view value);
Status set_take_over(Draft& draft, std::string_view value);
Status set_force(Draft& draft, std::string_view value);
/// --journal, --resume and their kin together; `-u` and others that cannot be repeated.
Status check_journal(Draft& draft);
Status set_pool(Draft& draft, std::string_view value);
Status set_idle(Draft& draft, std::string_view value);
/// `pool start`, `status` and `stop`: the words in front of its options, which are taken.
Status take_pool_words(std::vector<std::string>& words, Draft& draft);
/// `run --pool NAME`: what belongs to `pool start`.
Status check_pool(const Draft& draft);

/// --dir and --detach: what they set, and what cannot stand beside them.
Status complete_directory(Draft& draft);
Status set_retry_failed(Draft& draft, std::string_view value);

// ---------------------------------------------------------------- only pipe, or in its own way

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

// ---------------------------------------------------------------- what other machines are given

/// CMD: what logs in to hosts without a command of their own.
Status set_ssh(Draft& draft, std::string_view value);
/// NAME,...: variables, or exported functions of bash, that are in spread's environment now.
Status set_environment(Draft& draft, std::string_view value);
Status set_base_file(Draft& draft, std::string_view value);
Status set_transfer_file(Draft& draft, std::string_view value);
/// --transfer: the item.
Status set_transfer(Draft& draft, std::string_view value);
Status set_return_file(Draft& draft, std::string_view value);
/// --trc: --transfer, --return FILE, --cleanup.
Status set_transfer_return_clean(Draft& draft, std::string_view value);
Status set_clean_up(Draft& draft, std::string_view value);

/// The `number` of an Error behind which GNU xargs points to --help.
inline constexpr int kWithHint = EINVAL;

// ---------------------------------------------------------------- sweeps

Status set_sweep(Draft& draft, std::string_view value);
Status set_sweep_samples(Draft& draft, std::string_view value);
Status set_sweep_seed(Draft& draft, std::string_view value);
Status set_sweep_runs(Draft& draft, std::string_view value);
Status set_sweep_where(Draft& draft, std::string_view value);
Status set_until_ok(Draft& draft, std::string_view value);
Status set_max_rounds(Draft& draft, std::string_view value);
Status set_sweep_out(Draft& draft, std::string_view value);
Status set_csv_style(Draft& draft, std::string_view value);
Status set_columns(Draft& draft, std::string_view value);

/// What belongs to --out csv is for nothing else.
Status check_csv(const Draft& draft);
/// As complete(), of the subcommand `sweep`.
Status complete_sweep(const Draft& draft);
/// With --sweep there is no other input; what belongs to it is for nothing else.
Status check_sweep(const Draft& draft);

// ---------------------------------------------------------------- only xargs
// Of those that exclude each other the last one counts, and the draft's warnings say so, as GNU
// xargs does it.

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

/// As complete(), for what only map has; called by it.
Status complete_map(Draft& draft);

/// A record holds the whole output of its job, which spread must read for that: refuses the options
/// that --out records excludes, in map and pipe.
Status check_records(const Draft& draft);

}  // namespace spread::cli
