#include "spread/cli/flags.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "spread/base/quote.h"
#include "spread/cli/arrange.h"
#include "spread/cli/checks.h"
#include "spread/cli/completion.h"
#include "spread/cli/elsewhere.h"
#include "spread/cli/help_text.h"
#include "spread/cli/man_page.h"
#include "spread/cli/option_table.h"
#include "spread/cli/subcommands.h"
#include "spread/cli/suggest.h"
#include "spread/cli/tokens.h"

namespace spread::cli {
namespace {

using StringList = std::vector<std::string>;

tl::unexpected<Error> usage_error(std::string_view message, std::string_view subcommand) {
  return fail(fmt::format("{} (try 'spread {}{}--help')", message, subcommand,
                          subcommand.empty() ? "" : " "));
}

tl::unexpected<Error> unknown_subcommand(std::string_view name) {
  std::vector<std::string_view> names{"help"};
  for (const SubcommandText& text : subcommands()) names.push_back(text.name);
  const std::string_view guess = closest(name, names);
  return usage_error(fmt::format("unknown subcommand {}{}", show_text(name),
                                 guess.empty() ? "" : fmt::format(", did you mean '{}'?", guess)),
                     "");
}

/// The first subcommand that has it.
std::string_view owner_of(const OptionSpec& spec) {
  for (const SubcommandText& owner : subcommands()) {
    if ((owner.bit & spec.subcommands) != 0) return owner.name;
  }
  return {};
}

std::string unknown_option(std::string_view word, const SubcommandText& text) {
  const std::string_view name = word.substr(0, word.find('='));
  if (name.size() == 2 && word.size() > 2 && find_option(name, text.bit) != nullptr) {
    return fmt::format("{} takes no value ({})", name, word);
  }
  if (name == "-u" && (text.bit & (kRun | kAll)) != 0) return "-u is for map; use --unordered";
  // Of pipe's kin, map is nearer than run.
  const OptionSpec* of_map = text.bit == kPipe ? find_option(name, kMap) : nullptr;
  if (const OptionSpec* other = of_map != nullptr ? of_map : find_option(name, kAny)) {
    return fmt::format("{} is for {}, not for {}", name,
                       of_map != nullptr ? "map" : owner_of(*other), text.name);
  }
  if ((text.bit & (kMap | kPipe)) != 0) {
    const std::string_view instead = elsewhere(word);
    const std::string_view shown = word.starts_with("--") ? name : word.substr(0, 2);
    if (!instead.empty()) return fmt::format("{} is not here: {}", shown, instead);
  }
  std::vector<std::string_view> names;
  for (const OptionSpec& spec : option_table()) {
    if ((spec.subcommands & text.bit) == 0) continue;
    for (const std::string_view known : spec.all_names()) {
      if (known.size() > 2) names.push_back(known);
    }
  }
  const std::string_view guess = closest(name, names);
  return fmt::format("unknown option {}{}", show_text(name),
                     guess.empty() ? "" : fmt::format(", did you mean '{}'?", guess));
}

bool is_option(const std::string& word) { return word.size() > 1 && word[0] == '-'; }

Status apply_options(const std::vector<Token>& tokens, Draft& draft) {
  for (const Token& token : tokens) {
    const std::string_view name = token.spec->primary_name();
    draft.given.push_back(name);
    if (token.spec->set == nullptr) continue;
    if (Status status = token.spec->set(draft, token.value); !status) {
      return fail(fmt::format("{}: {}", name, status.error().message));
    }
  }
  return {};
}

/// `history` has a word of its own before the hosts.
Status place_history_words(StringList words, Draft& draft) {
  if (words.empty()) return fail("history what? expected show or reset");
  if (words[0] == "show") {
    draft.options.command = Command::HistoryShow;
  } else if (words[0] == "reset") {
    draft.options.command = Command::HistoryReset;
  } else {
    return fail(fmt::format("expected show or reset, not {}", show_text(words[0])));
  }
  words.erase(words.begin());
  draft.options.history_words = std::move(words);
  return {};
}

Status place_words(StringList free_words, StringList tail, Subcommands bit, Draft& draft) {
  if (bit == kHosts && !free_words.empty()) {
    return fail(fmt::format("unexpected word {}: hosts are named with -S, a worker follows --",
                            show_text(free_words[0])));
  }
  Result<Arrangement> arranged = arrange(std::move(free_words), std::move(tail), bit);
  if (!arranged) return tl::unexpected<Error>(arranged.error());
  if ((bit & (kRun | kMap)) == 0 && !arranged->groups.empty()) {
    return fail("::: and :::: are for run and map");
  }
  if (bit == kHistory) return place_history_words(std::move(arranged->command), draft);
  draft.options.hosts.command = std::move(arranged->command);
  draft.options.input.groups = std::move(arranged->groups);
  return {};
}

/// Of `-k=3` CLI11 takes the flag and leaves `-=3`: the user is told the word that they wrote.
std::string_view as_written(std::string_view left, const StringList& words) {
  if (left.substr(0, 2) != "-=") return left;
  const auto whole = std::find_if(words.begin(), words.end(), [&](std::string_view word) {
    return word.size() > left.size() &&
           word.substr(word.size() - left.size() + 1) == left.substr(1);
  });
  return whole == words.end() ? left : std::string_view(*whole);
}

/// The subcommand's words, into `draft`; or --help and --version, into `text`.
Status read_words(const StringList& words, const SubcommandText& subcommand, Draft& draft,
                  std::string& text) {
  const auto separator = std::find_if(words.begin(), words.end(), [&](const std::string& word) {
    return is_separator(word, subcommand.bit);
  });
  const Words positionals = subcommand.bit == kHistory ? Words::AmongOptions : Words::EndOptions;
  Result<Tokens> tokens = tokenize({words.begin(), separator}, subcommand.bit, positionals);
  if (!tokens) return tl::unexpected<Error>(tokens.error());
  for (const Token& token : tokens->options) {
    if (token.spec->primary_name() == "-h") text = subcommand_help(subcommand);
    if (token.spec->primary_name() == "--version") text = version_text();
    if (!text.empty()) return {};
  }
  for (const std::string& word : tokens->rest) {
    if (is_option(word)) return fail(unknown_option(as_written(word, words), subcommand));
    if (positionals == Words::EndOptions) break;
  }
  SPREAD_TRY(apply_options(tokens->options, draft));
  SPREAD_TRY(place_words(std::move(tokens->rest), {separator, words.end()}, subcommand.bit, draft));
  return complete(draft);
}

/// GNU parallel's --pipe and --pipepart: `map --pipe ...` is `pipe ...`. Only among the options,
/// which end at the first word that is none.
bool asks_for_pipe(const StringList& words) {
  for (const std::string& word : words) {
    if (word == "--pipe" || word == "--pipepart") return true;
    if (word == "--" || is_separator(word, kMap)) return false;
  }
  return false;
}

Result<ParsedCommandLine> parse_subcommand(const SubcommandText& named,
                                           const StringList& all_words) {
  const bool as_pipe = named.bit == kMap && asks_for_pipe(all_words);
  const SubcommandText& subcommand = as_pipe ? *find_subcommand("pipe") : named;
  StringList words = all_words;
  if (as_pipe) std::erase(words, "--pipe");
  Draft draft;
  draft.options = defaults_of(command_of(subcommand.bit));
  ParsedCommandLine parsed;
  if (Status status = read_words(words, subcommand, draft, parsed.text); !status) {
    return usage_error(status.error().message, subcommand.name);
  }
  parsed.options = std::move(draft.options);
  return parsed;
}

Result<ParsedCommandLine> parse_help(const StringList& words) {
  if (words.empty()) return ParsedCommandLine{{}, program_help()};
  const SubcommandText* subcommand = find_subcommand(words[0]);
  if (subcommand == nullptr) return unknown_subcommand(words[0]);
  return ParsedCommandLine{{}, subcommand_help(*subcommand)};
}

/// `--man [SUBCOMMAND]`
Result<ParsedCommandLine> parse_man(const StringList& words) {
  if (words.size() == 1) return ParsedCommandLine{{}, man_page()};
  const SubcommandText* subcommand = find_subcommand(words[1]);
  if (subcommand == nullptr) return unknown_subcommand(words[1]);
  return ParsedCommandLine{{}, man_page(*subcommand)};
}

/// The options that stand before, or instead of, a subcommand.
Result<ParsedCommandLine> parse_program_option(const StringList& words) {
  const std::string& word = words[0];
  if (word == "--help" || word == "-h") return ParsedCommandLine{{}, program_help()};
  if (word == "--version") return ParsedCommandLine{{}, version_text()};
  // For packagers; the build writes their files with them.
  if (word == "--man") return parse_man(words);
  if (word == "--completion") {
    if (words.size() == 2 && words[1] == "bash") return ParsedCommandLine{{}, bash_completion()};
    return usage_error("--completion: expected bash", "");
  }
  const std::string name = word.substr(0, word.find('='));
  const OptionSpec* spec = find_option(name, kAny);
  if (spec == nullptr) spec = find_option(name.substr(0, 2), kAny);
  if (spec != nullptr) {
    return usage_error(fmt::format("{} must follow a subcommand, as in 'spread {} {} ...'",
                                   show_text(word), owner_of(*spec), word),
                       "");
  }
  return usage_error(fmt::format("unknown option {}", show_text(word)), "");
}

}  // namespace

Result<ParsedCommandLine> parse_command_line(int argc, const char* const* argv) {
  StringList words(argv + std::min(argc, 1), argv + argc);
  if (words.empty()) return usage_error("no subcommand is given", "");
  if (is_option(words[0])) return parse_program_option(words);
  const std::string name = words[0];
  words.erase(words.begin());
  if (name == "help") return parse_help(words);
  const SubcommandText* subcommand = find_subcommand(name);
  if (subcommand == nullptr) return unknown_subcommand(name);
  return parse_subcommand(*subcommand, words);
}

}  // namespace spread::cli
