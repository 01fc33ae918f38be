#include "spread/jobs/job_commands.h"

#include <algorithm>

#include <fmt/format.h>

#include "spread/base/quote.h"
#include "spread/io/system.h"

namespace spread {
namespace {

// Of what a process is given beside its arguments: the variables that spread adds, the auxiliary
// vector.
constexpr std::size_t kSpareBytes = 4096;
// As xargs: longer lines gain nothing, and a job should be a small part of the work.
constexpr std::size_t kLineBytesDefault = 128 * 1024;

ShellRules shell_rules(const JobOptions& job, Environment environment) {
  ShellRules rules;
  rules.named = job.shell;
  const char* const shell = environment.get("SPREAD_SHELL");
  if (job.shell.empty() && shell != nullptr && *shell != '\0') {
    rules.named = shell;
    rules.named_by = "SPREAD_SHELL";
  }
  rules.on_path = [path = environment.search_path()](const std::string& name) {
    return program_path(name, path).has_value();
  };
  rules.is_function = [environment](const std::string& name) {
    return environment.get("BASH_FUNC_" + name + "%%") != nullptr;
  };
  return rules;
}

std::size_t steps_up(std::string_view path) {
  std::size_t count = 0;
  for (std::size_t at = 0; at <= path.size(); ++at) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    count += path.substr(at, end - at) == ".." ? 1 : 0;
    at = end;
  }
  return count;
}

bool has_placeholder(const std::string& text) { return text.find('{') != std::string::npos; }

std::vector<TextTemplate> parse_all(const std::vector<std::string>& texts,
                                    const PlaceholderSyntax& syntax) {
  std::vector<TextTemplate> parsed;
  for (const std::string& text : texts) {
    // --transfer means the item, whatever -I says.
    parsed.push_back(TextTemplate::parse(text == "{}" ? syntax.replacement() : text, syntax));
  }
  return parsed;
}

}  // namespace

Result<JobCommands> JobCommands::create(const JobSetup& setup) {
  JobCommands commands(setup);
  SPREAD_TRY(commands.set_names({}));
  return commands;
}

std::string JobCommands::shell_note() const {
  const CommandTemplate::Mode mode = command_->mode();
  const ShellRules rules = shell_rules(setup_->job, setup_->environment);
  const std::string named = rules.named.empty() ? "" : " (" + rules.named_by + ")";
  if (mode == CommandTemplate::Mode::CommandLine) {
    return named.empty()
               ? "each item is a command line for /bin/sh, or for bash where only that has "
                 "what it says"
               : "each item is a command line for " + rules.named + named;
  }
  const ShellChoice shell = command_->shell({});
  if (shell.path.empty()) return {};
  if (mode == CommandTemplate::Mode::Exec) return "bash runs " + shell.why;
  return "the shell of the script is " + shell.path + named +
         (shell.why.empty() ? "" : ", for " + shell.why);
}

std::string JobCommands::bash_reason(std::string_view payload) const {
  return command_->shell(payload).why;
}

Status JobCommands::set_names(const std::vector<std::string>& names) {
  const JobOptions& job = setup_->job;
  const ItemOptions& items = setup_->items;
  names_ = names;
  TemplateOptions how;
  if (!items.replacement.empty()) how.replacement = items.replacement;
  how.names = names;
  how.has_item = setup_->has_items();
  how.append = !items.to_stdin && setup_->has_items();
  how.repeat_context = items.arguments.fill == ArgumentOptions::Fill::Context;
  how.exec_always = job.mode == JobOptions::Mode::Exec;
  how.shell_always = job.mode == JobOptions::Mode::Shell;
  how.allow_paste = items.allow_paste;
  how.literal_braces = job.literal_braces;
  how.names_follow = items.arguments.header && names.empty();
  how.shell = shell_rules(job, setup_->environment);
  const std::size_t all = argument_space(setup_->environment);
  how.arguments_bytes_max = all > kSpareBytes ? all - kSpareBytes : all;
  arguments_bytes_max_ = how.arguments_bytes_max;
  auto command = CommandTemplate::create(setup_->job.command.words, how);
  if (!command) return tl::unexpected(command.error());
  command_ = std::move(*command);
  auto syntax = PlaceholderSyntax::create(how.replacement, names);
  if (!syntax) return tl::unexpected(syntax.error());
  SPREAD_TRY(check_braces(how, *syntax));
  // --tag is {}, whatever -I says.
  tag_ = TextTemplate::parse(job.tag == "{}" ? syntax->replacement() : job.tag, *syntax);
  directory_ = TextTemplate::parse(setup_->job.command.directory, *syntax);
  std::string results = job.results_directory;
  if (!results.empty() && !has_placeholder(results)) results += "/{#}";
  results_ = TextTemplate::parse(results, *syntax);
  transfer_files_ = parse_all(items.transfer_files, *syntax);
  return_files_ = parse_all(items.return_files, *syntax);
  return items.resume.retry_failed ? check_items_known() : Status();
}

/// Of --retry-failed: {} would be the whole command. In --tag it may be that.
Status JobCommands::check_items_known() const {
  const auto check = [](std::string_view option, const TextTemplate& text) -> Status {
    if (!text.has_item()) return {};
    return fail(
        fmt::format("{} names a place by the item, and the joblog does not have the item; "
                    "--resume-failed has it, with the line of before",
                    option));
  };
  SPREAD_TRY(check("--wd", directory_));
  for (const TextTemplate& text : transfer_files_) SPREAD_TRY(check("--transferfile", text));
  for (const TextTemplate& text : return_files_) SPREAD_TRY(check("--return", text));
  return check("--results", results_);
}

// Those of the command have been looked at with it.
Status JobCommands::check_braces(const TemplateOptions& how, const PlaceholderSyntax& syntax) {
  const JobOptions& job = setup_->job;
  const ItemOptions& items = setup_->items;
  const BraceRules rules{how.exec_always || how.literal_braces, how.has_item, how.names_follow,
                         how.names};
  unknown_columns_ = command_->unknown_columns();
  const auto check = [&](std::string_view option, const std::string& text) -> Status {
    const auto braces = find_foreign_braces(text, syntax, rules, unknown_columns_);
    if (!braces) return {};
    Status refused = refuse_braces(*braces, "--literal-braces");
    return fail(fmt::format("{}: {}", option, refused.error().message));
  };
  SPREAD_TRY(check("--tagstring", job.tag));
  SPREAD_TRY(check("--wd", setup_->job.command.directory));
  SPREAD_TRY(check("--results", job.results_directory));
  for (const std::string& text : items.transfer_files) SPREAD_TRY(check("--transferfile", text));
  for (const std::string& text : items.return_files) SPREAD_TRY(check("--return", text));
  return {};
}

std::string JobCommands::warning() const {
  if (unknown_columns_.empty()) return {};
  std::string text;
  for (const std::string& name : unknown_columns_) {
    if (text.find(name) == std::string::npos) text += (text.empty() ? "" : ", ") + name;
  }
  std::string columns;
  for (const std::string& name : names_) columns += (columns.empty() ? "" : ", ") + name;
  return fmt::format("no column is called {}, which stays as it is; the columns are {}",
                     printable(text), printable(columns));
}

std::string JobCommands::text_of(const TextTemplate& text, std::string_view payload,
                                 const TaskContext& context) const {
  std::vector<std::string_view> values;
  split_values(payload, values);
  std::string out;
  text.append_to(out, values, context);
  return out;
}

std::string JobCommands::text(std::string_view payload, const TaskContext& context) const {
  std::string command = command_->text(payload, context);
  if (!setup_->items.to_stdin) return command;
  // Without its item one job would look like another to --resume.
  std::string item;
  append_item(item, payload);
  if (command_->mode() != CommandTemplate::Mode::Exec) {
    const std::string shell = command_->shell(payload).path;
    const std::string words[] = {shell, "-c", command};
    if (shell == kPlainShell) command = shell_join(words);
  }
  return "printf '%s\\n' " + shell_quote(item) + " | " + command;
}

std::string JobCommands::tag(std::string_view payload, const TaskContext& context) const {
  if (setup_->job.tag.empty()) return {};
  return text_of(tag_, payload, context) + '\t';
}

std::string JobCommands::directory(std::string_view payload, const TaskContext& context) const {
  if (!directory_.has_placeholder()) return setup_->job.command.directory;
  return text_of(directory_, payload, context);
}

std::string JobCommands::fixed_directory() const {
  return directory_.has_placeholder() ? "" : setup_->job.command.directory;
}

std::string JobCommands::results_folder(std::string_view payload,
                                        const TaskContext& context) const {
  return text_of(results_, payload, context);
}

Result<std::vector<FilePlace>> JobCommands::places_of(const std::vector<TextTemplate>& names,
                                                      std::string_view payload,
                                                      const TaskContext& context) const {
  std::vector<FilePlace> places;
  std::vector<std::string_view> values;
  split_values(payload, values);
  for (const TextTemplate& name : names) {
    // `{}` of a job with several items names several files.
    const std::size_t times = name.has_all_values() ? values.size() : 1;
    for (std::size_t i = 0; i < times; ++i) {
      std::string text;
      name.append_to(text, values, context, i);
      auto place = file_place(text);
      if (!place) return tl::unexpected(place.error());
      places.push_back(std::move(*place));
    }
  }
  return places;
}

Result<std::vector<FilePlace>> JobCommands::transfer_files(std::string_view payload,
                                                           const TaskContext& context) const {
  return places_of(transfer_files_, payload, context);
}

Result<std::vector<FilePlace>> JobCommands::return_files(std::string_view payload,
                                                         const TaskContext& context) const {
  return places_of(return_files_, payload, context);
}

Status JobCommands::check_results_folder(std::string_view folder) const {
  if (!results_by_item() || steps_up(folder) <= steps_up(setup_->job.results_directory)) {
    return {};
  }
  return fail(fmt::format("--results: the item leads up by '..': {}", show_text(folder)));
}

bool JobCommands::mentions_item_variable() const {
  const std::vector<std::string>& words = setup_->job.command.words;
  return std::any_of(words.begin(), words.end(), [](const std::string& word) {
    return word.find("SPREAD_ITEM") != std::string::npos;
  });
}

bool JobCommands::fit_together(const Arguments& arguments, std::size_t variable_bytes) const {
  return arguments.kernel_bytes() + variable_bytes <= arguments_bytes_max_;
}

std::size_t JobCommands::bytes_of(std::string_view payload, Count count) const {
  Arguments arguments;
  // What the kernel would not take has a length, too.
  static_cast<void>(command_->render(payload, {}, arguments));
  if (count == Count::Kernel) return arguments.kernel_bytes();
  std::size_t bytes = arguments.bytes().size();
  // Of a shell's -c, only the script is the user's.
  if (command_->mode() != CommandTemplate::Mode::Exec) {
    for (std::size_t i = 0; i < std::min<std::size_t>(arguments.size(), 2); ++i) {
      bytes -= arguments[i].size() + 1;
    }
  }
  return bytes;
}

// Found by trying, so that it is right for every kind of template.
//
// -s means what is written on the line, as in xargs and GNU parallel; the kernel counts a pointer a
// word more. A line of which even empty items, each 9 bytes instead of 1, would be within the
// kernel's limit is counted as the user does, a longer one as the kernel does: it gets fewer items
// than -s permits, but can be started.
ArgumentSourceOptions::Line JobCommands::line_costs(bool filled) const {
  constexpr std::size_t kProbe = 100, kWorstRatio = 1 + sizeof(char*);
  const std::size_t space = argument_space(setup_->environment);
  const std::size_t kernel = space - std::min(space / 2, kSpareBytes);
  const std::optional<std::size_t> asked = setup_->items.arguments.bytes_max;
  const Count count = asked && *asked <= kernel / kWorstRatio ? Count::Text : Count::Kernel;
  const std::string empty(1, '\0');
  const std::string probe = std::string(kProbe, 'x') + '\0';
  const std::size_t none = bytes_of({}, count);
  const std::size_t one = bytes_of(empty, count);
  ArgumentSourceOptions::Line line;
  line.base_bytes = std::min(none, one);
  line.value_copies = std::max<std::size_t>(1, (bytes_of(probe, count) - one) / kProbe);
  const std::size_t two = bytes_of(empty + empty, count);
  line.value_extra_bytes =
      std::max({two - std::min(two, one), one - std::min(one, none), std::size_t{1}});
  line.max_bytes = std::min(asked.value_or(filled ? kLineBytesDefault : kernel), kernel);
  return line;
}

}  // namespace spread
