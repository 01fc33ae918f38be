// The command line of xargs. GNU's getopt_long(3) reads it, since users of xargs expect exactly its
// rules: options end at the first word that is none, values that may be left out, abbreviations,
// and its messages.
#include "spread/cli/xargs_line.h"

#include <getopt.h>

#include <fmt/format.h>

#include <utility>

#include "spread/help/help_text.h"
#include "spread/options/option_table.h"
#include "spread/options/setters.h"
#include "spread/options/subcommands.h"

namespace spread::cli {
namespace {

/// The rows of xargs as getopt_long() wants them. An option's number is its row's, so that letters
/// and long names meet.
class XargsGetopt {
 public:
  XargsGetopt() {
    const auto rows = option_table();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if ((rows[i].subcommands & kXargs) == 0 || rows[i].set == nullptr) continue;
      for (const std::string_view name : rows[i].all_names()) add(name, rows[i], i);
    }
    letters_ += 'h';  // which GNU xargs has not
    add_long("help", no_argument, kHelp);
    add_long("version", no_argument, kVersion);
    long_.push_back({});
  }

  static constexpr int kHelp = 100000, kVersion = 100001;
  const char* letters() const { return letters_.c_str(); }
  const option* long_options() const { return long_.data(); }
  /// The row of what getopt_long() returned; null for --help, --version and errors.
  const OptionSpec* row(int found) const {
    if (found >= kFirstLong && found < kHelp) return &option_table()[index(found - kFirstLong)];
    for (const auto& [letter, row] : by_letter_) {
      if (letter == found) return &option_table()[row];
    }
    return nullptr;
  }

 private:
  static constexpr int kFirstLong = 1000;
  static std::size_t index(int number) { return static_cast<std::size_t>(number); }

  static int argument_of(const OptionSpec& spec) {
    if (spec.is_flag()) return no_argument;
    const bool optional = spec.metavar.starts_with('[') && spec.metavar.ends_with(']');
    return optional ? optional_argument : required_argument;
  }

  void add(std::string_view name, const OptionSpec& spec, std::size_t row) {
    const int argument = argument_of(spec);
    if (name.starts_with("--")) {
      return add_long(name.substr(2), argument, kFirstLong + static_cast<int>(row));
    }
    letters_ += name[1];
    if (argument != no_argument) letters_ += argument == optional_argument ? "::" : ":";
    by_letter_.emplace_back(name[1], row);
  }

  void add_long(std::string_view name, int argument, int number) {
    // Names are literals, and those of the table are followed by a comma or a NUL.
    names_.push_back(std::make_unique<std::string>(name));
    long_.push_back({names_.back()->c_str(), argument, nullptr, number});
  }

  std::string letters_ = "+";
  std::vector<std::pair<int, std::size_t>> by_letter_;
  std::vector<std::unique_ptr<std::string>> names_;
  std::vector<option> long_;
};

/// What a map is that does as xargs does.
Options xargs_options(std::string name) {
  Options options = defaults_of(Subcommand::Map);
  options.output.ordered = false;
  options.report.progress = ProgressStyle::None;
  options.report.speaker = name;
  options.job.mode = JobOptions::Mode::Exec;
  options.job.xargs_status = true;
  // A signal ends xargs, and not only after what it has begun.
  options.ends.shutdown_timeout = Duration::zero();
  // The source makes whole argument lists: they are what is executed.
  options.job.command.words = {"{}"};
  options.items.xargs = XargsOptions{};
  options.items.xargs->name = std::move(name);
  return options;
}

void complete_xargs(Draft& draft) {
  XargsOptions& xargs = *draft.options.items.xargs;
  JobOptions& job = draft.options.job;
  if (xargs.command.empty()) xargs.command = {"echo"};
  if (!xargs.end_mark.empty() && xargs.delimiter) {
    xargs.warnings.push_back("warning: the -E option has no effect if -0 or -d is used.");
    xargs.end_mark.clear();
  }
  job.print_commands = job.print_commands && !xargs.ask;
  draft.options.hosts.slots_unlimited = xargs.processes == 0;
  if (xargs.processes > 0) draft.options.hosts.slots = static_cast<double>(xargs.processes);
  // With one command at a time, each has spread's own stdout and stderr: nothing can come between.
  if (xargs.processes == 1) job.output = JobOptions::Output::Ungrouped;
}

ParsedCommandLine wrong_usage(const std::string& name, std::string_view message) {
  const std::string hint = fmt::format("Try '{} --help' for more information.\n", name);
  return {{}, message.empty() ? hint : fmt::format("{}: {}\n{}", name, message, hint), 1};
}

}  // namespace

Result<ParsedCommandLine> parse_xargs_line(std::string name, std::vector<std::string> words) {
  std::vector<char*> argv{name.data()};
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const auto argc = static_cast<int>(argv.size() - 1);
  const XargsGetopt spec;
  Draft draft;
  draft.options = xargs_options(name);
  optind = 0;  // getopt's way to begin anew
  for (int found = 0; (found = ::getopt_long(argc, argv.data(), spec.letters(), spec.long_options(),
                                             nullptr)) != -1;) {
    if (found == XargsGetopt::kHelp) {
      return ParsedCommandLine{{}, subcommand_help(*find_subcommand("xargs"))};
    }
    if (found == 'h') return ParsedCommandLine{{}, brief_help(*find_subcommand("xargs"))};
    if (found == XargsGetopt::kVersion) return ParsedCommandLine{{}, "xargs of " + version_text()};
    const OptionSpec* row = spec.row(found);
    // getopt has said what is wrong.
    if (row == nullptr) return wrong_usage(name, "");
    draft.given.push_back(row->primary_name());
    if (const Status set = row->set(draft, optarg == nullptr ? "" : optarg); !set) {
      const auto& [message, number] = set.error();
      if (number == kWithHint) return wrong_usage(name, message);
      return ParsedCommandLine{{}, fmt::format("{}: {}\n", name, message), 1};
    }
  }
  draft.options.items.xargs->command.assign(argv.begin() + optind, argv.end() - 1);
  complete_xargs(draft);
  ParsedCommandLine parsed;
  parsed.options = std::move(draft.options);
  return parsed;
}

}  // namespace spread::cli
