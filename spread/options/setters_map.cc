#include "spread/options/setters.h"

#include <filesystem>
#include <limits>
#include <utility>

#include "spread/base/characters.h"
#include "spread/base/numbers.h"
#include "spread/options/option_table.h"
#include "spread/options/values.h"

namespace spread::cli {
namespace {

constexpr std::uint64_t kSizeMax = std::numeric_limits<std::size_t>::max();

ArgumentOptions& arguments(Draft& draft) { return draft.options.items.arguments; }

Status store_fill(Draft& draft, ArgumentOptions::Fill fill, bool evenly) {
  arguments(draft).fill = fill;
  return store_flag(arguments(draft).fill_evenly, evenly);
}

Status store_output(Draft& draft, JobOptions::Output output) {
  draft.options.job.output = output;
  return {};
}

/// In capitals, too, as GNU parallel has it.
bool has_ending(std::string_view name, std::string_view ending) {
  if (name.size() < ending.size()) return false;
  name.remove_prefix(name.size() - ending.size());
  return lower_case(name) == ending;
}

/// A file to be read later; a folder of that name is none.
bool names_file(std::string_view value) {
  std::error_code ignored;
  const std::filesystem::file_status status = std::filesystem::status(std::string(value), ignored);
  return std::filesystem::exists(status) && !std::filesystem::is_directory(status);
}

void store_slots(HostOptions& hosts, const SlotCount& slots) {
  using Kind = SlotCount::Kind;
  switch (slots.kind) {
    case Kind::Count: hosts.slots = slots.number; return;
    case Kind::Percent:
      hosts.slots = slots.number;
      hosts.slots_percent = true;
      return;
    case Kind::Offset: hosts.slots_offset = static_cast<int>(slots.number); return;
    case Kind::Unlimited: hosts.slots_unlimited = true; return;
  }
}

}  // namespace

// ---------------------------------------------------------------- slots and load

Status set_run_jobs(Draft& draft, std::string_view value) {
  draft.options.hosts.slots_file.clear();
  draft.options.hosts.slots.reset();
  draft.options.hosts.slots_percent = false;
  const Status number = set_jobs(draft, value);
  if (number || !names_file(value)) return number;
  draft.options.hosts.slots_file = value;
  return {};
}

Status set_map_jobs(Draft& draft, std::string_view value) {
  HostOptions& hosts = draft.options.hosts;
  hosts.slots.reset();
  hosts.slots_percent = false;
  hosts.slots_offset = 0;
  hosts.slots_unlimited = false;
  hosts.slots_file.clear();
  if (const Result<SlotCount> slots = parse_slot_count(value)) {
    store_slots(hosts, *slots);
    return {};
  }
  if (!names_file(value)) {
    return fail(
        fmt::format("expected a number of slots up to 65536, N%, +N, -N, 0 for no limit, or a "
                    "file that holds one, not {}",
                    show_text(value)));
  }
  hosts.slots_file = value;
  return {};
}
Status set_delay(Draft& draft, std::string_view value) {
  return store_span(draft.options.starts.delay, value);
}
Status set_load(Draft& draft, std::string_view value) {
  const Result<Load> load = parse_load(value);
  if (!load) return tl::unexpected<Error>(load.error());
  draft.options.starts.load_max = StartOptions::Load{load->value, load->percent};
  return {};
}
Status set_free_memory(Draft& draft, std::string_view value) {
  return store(draft.options.starts.free_memory, parse_bytes(value, 1, UINT64_MAX));
}
Status set_nice(Draft& draft, std::string_view value) {
  return store(draft.options.job.nice, parse_niceness(value));
}

Status set_memory_limit(Draft& draft, std::string_view value) {
  return store(draft.options.job.limits.memory, parse_bytes(value, 1, UINT64_MAX));
}
Status set_cpu_limit(Draft& draft, std::string_view value) {
  return store(draft.options.job.limits.cpu, parse_positive_duration(value));
}

// ---------------------------------------------------------------- items in

Status set_link(Draft& draft, std::string_view) { return store_flag(arguments(draft).link, true); }
Status set_column_separator(Draft& draft, std::string_view value) {
  return store_name(arguments(draft).column_separator, value, "a regular expression");
}
Status set_csv(Draft& draft, std::string_view) { return store_flag(arguments(draft).csv, true); }
Status set_header(Draft& draft, std::string_view value) {
  constexpr Choice<bool> kChoices[] = {{":", true}};
  return choose(arguments(draft).header, value, kChoices);
}
Status set_trim(Draft& draft, std::string_view value) {
  using Trim = ArgumentOptions::Trim;
  constexpr Choice<std::optional<Trim>> kChoices[] = {{"n", Trim::No},
                                                      {"l", Trim::Left},
                                                      {"r", Trim::Right},
                                                      {"lr", Trim::Both},
                                                      {"rl", Trim::Both}};
  return choose(arguments(draft).trim, value, kChoices);
}
Status set_items_max(Draft& draft, std::string_view value) {
  return store(arguments(draft).items_max, parse_number(value, 1, UINT64_MAX));
}
Status set_items_exact(Draft& draft, std::string_view value) {
  return store(arguments(draft).items_exact, parse_number(value, 0, UINT64_MAX));
}
Status set_lines(Draft& draft, std::string_view value) {
  return store(arguments(draft).lines, parse_number(value, 1, UINT64_MAX));
}
Status set_fill_context(Draft& draft, std::string_view) {
  return store_fill(draft, ArgumentOptions::Fill::Context, true);
}
Status set_fill_evenly(Draft& draft, std::string_view) {
  return store_fill(draft, ArgumentOptions::Fill::Joined, true);
}
Status set_fill(Draft& draft, std::string_view) {
  return store_fill(draft, ArgumentOptions::Fill::Joined, false);
}
Status set_bytes_max(Draft& draft, std::string_view value) {
  return store(arguments(draft).bytes_max, parse_bytes(value, 1, kSizeMax));
}
Status set_exit_if_long(Draft& draft, std::string_view) {
  return store_flag(arguments(draft).exit_if_long, true);
}

// ---------------------------------------------------------------- the command

Status set_replacement(Draft& draft, std::string_view value) {
  return store_name(draft.options.items.replacement, value, "a word that stands for the item");
}
Status set_shell(Draft& draft, std::string_view) {
  draft.options.job.mode = JobOptions::Mode::Shell;
  return {};
}
Status set_exec(Draft& draft, std::string_view) {
  draft.options.job.mode = JobOptions::Mode::Exec;
  return {};
}
Status set_shell_path(Draft& draft, std::string_view value) {
  return store_name(draft.options.job.shell, value, "the path of a shell");
}
Status set_allow_paste(Draft& draft, std::string_view) {
  return store_flag(draft.options.items.allow_paste, true);
}
Status set_literal_braces(Draft& draft, std::string_view) {
  return store_flag(draft.options.job.literal_braces, true);
}
Status set_item_to_stdin(Draft& draft, std::string_view) {
  return store_flag(draft.options.items.to_stdin, true);
}

// ---------------------------------------------------------------- output

Status set_grouped(Draft& draft, std::string_view) {
  return store_output(draft, JobOptions::Output::Grouped);
}
Status set_line_buffered(Draft& draft, std::string_view) {
  return store_output(draft, JobOptions::Output::LineBuffered);
}
Status set_ungrouped(Draft& draft, std::string_view) {
  return store_output(draft, JobOptions::Output::Ungrouped);
}
Status set_tag(Draft& draft, std::string_view) {
  draft.options.job.tag = "{}";
  return {};
}
Status set_block_tag(Draft& draft, std::string_view) {
  draft.options.job.tag = "{#}";
  return {};
}
Status set_skip_blank(Draft& draft, std::string_view) {
  return store_flag(arguments(draft).skip_blank, true);
}
/// With the escapes of GNU parallel: no shell makes a TAB of one.
Status set_tag_text(Draft& draft, std::string_view value) {
  constexpr std::pair<char, char> kEscapes[] = {{'t', '\t'}, {'n', '\n'}, {'r', '\r'}};
  std::string text;
  for (std::size_t i = 0; i < value.size(); ++i) {
    text += value[i];
    if (value[i] != '\\' || i + 1 == value.size()) continue;
    for (const auto& [letter, meant] : kEscapes) {
      if (value[i + 1] != letter) continue;
      text.back() = meant;
      ++i;
      break;
    }
  }
  return store_name(draft.options.job.tag, text, "text for the start of each line");
}
Status set_results(Draft& draft, std::string_view value) {
  using Table = JobOptions::Table;
  constexpr std::pair<std::string_view, Table> kEndings[] = {
      {".csv", Table::Csv}, {".tsv", Table::Tsv}, {".json", Table::Json}};
  for (const auto& [ending, table] : kEndings) {
    if (!has_ending(value, ending)) continue;
    draft.options.job.table = table;
    draft.options.job.results_directory.clear();
    return store_name(draft.options.job.results_table, value, "a file");
  }
  draft.options.job.table = Table::None;
  return store_name(draft.options.job.results_directory, value, "a directory");
}
Status set_map_out(Draft& draft, std::string_view value) {
  constexpr Choice<bool> kFormats[] = {{"text", false}, {"records", true}};
  return choose(draft.options.job.records, value, kFormats);
}

// ---------------------------------------------------------------- failures

Status set_end_sequence(Draft& draft, std::string_view value) {
  return store(draft.options.job.end_sequence, parse_end_sequence(value));
}
Status set_exit_status(Draft& draft, std::string_view value) {
  constexpr Choice<bool> kKinds[] = {{"parallel", false}, {"xargs", true}};
  return choose(draft.options.job.xargs_status, value, kKinds);
}

// ---------------------------------------------------------------- progress and records

Status set_print_commands(Draft& draft, std::string_view) {
  return store_flag(draft.options.job.print_commands, true);
}
Status set_map_joblog(Draft& draft, std::string_view value) {
  const bool append = value.substr(0, 1) == "+";
  draft.options.report.joblog_append = append;
  return store(draft.options.report.joblog,
               parse_output_file(value.substr(append ? 1 : 0), "a file"));
}
Status set_retry_failed(Draft& draft, std::string_view) {
  return store_flag(draft.options.items.resume.retry_failed, true);
}

}  // namespace spread::cli
