#include "spread/cli/flags.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "spread/base/quote.h"
#include "spread/cli/spelling.h"
#include "spread/cli/take_apart.h"
#include "spread/cli/tokens.h"
#include "spread/cli/xargs_line.h"
#include "spread/help/help_text.h"
#include "spread/options/option_table.h"
#include "spread/options/setters.h"
#include "spread/options/subcommands.h"

namespace spread::cli {
namespace {

using StringList = std::vector<std::string>;

tl::unexpected<Error> usage_error(std::string_view message, std::string_view subcommand) {
  return fail(fmt::format("{} (try 'spread {}{}--help')", message, subcommand,
                          subcommand.empty() ? "" : " "));
}

std::string did_you_mean(std::string_view guess) {
  return guess.empty() ? "" : fmt::format(", did you mean '{}'?", guess);
}

/// Where a subcommand is unknown and near to none, it is most likely a command for map.
tl::unexpected<Error> unknown_subcommand(std::string_view name, bool maybe_command) {
  std::vector<std::string_view> names{"help", "version"};
  for (const SubcommandText& text : subcommands()) names.push_back(text.name);
  const std::string_view guess = closest(name, names);
  std::string hint = did_you_mean(guess);
  if (hint.empty() && maybe_command) hint = "; 'spread map COMMAND' runs a command for each item";
  return usage_error(fmt::format("unknown subcommand {}{}", show_text(name), hint), "");
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
  if (name == "-u" && (text.bit & (kSends | kAll)) != 0) return "-u is for map; use --unordered";
  // Of pipe's kin, map is nearer than run.
  const OptionSpec* of_map = text.bit == kPipe ? find_option(name, kMap) : nullptr;
  if (const OptionSpec* other = of_map != nullptr ? of_map : find_option(name, kNotXargs)) {
    return fmt::format("{} is for {}, not for {}", name,
                       of_map != nullptr ? "map" : owner_of(*other), text.name);
  }
  if ((text.bit & (kMap | kPipe)) != 0) {
    if (std::string instead = hint_for_foreign_option(word); !instead.empty()) return instead;
  }
  // What is meant by its whole name only comes last: --retry is nearer to --retries.
  std::vector<std::string_view> names, written_out;
  for (const OptionSpec& spec : option_table()) {
    if ((spec.subcommands & text.bit) == 0) continue;
    for (const std::string_view known : spec.all_names()) {
      if (known.size() > 2) (is_written_out(known) ? written_out : names).push_back(known);
    }
  }
  std::string_view guess = closest(name, names);
  if (guess.empty()) guess = closest(name, written_out);
  return fmt::format("unknown option {}{}", show_text(name), did_you_mean(guess));
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
    draft.options.subcommand = Subcommand::HistoryShow;
  } else if (words[0] == "reset") {
    draft.options.subcommand = Subcommand::HistoryReset;
  } else {
    return fail(fmt::format("expected show or reset, not {}", show_text(words[0])));
  }
  words.erase(words.begin());
  draft.options.history_words = std::move(words);
  return {};
}

/// `journal` has one, too.
Status place_journal_words(StringList words, Draft& draft) {
  if (words.empty()) return fail("journal what? expected repair IN OUT");
  if (words[0] != "repair")
    return fail(fmt::format("expected repair, not {}", show_text(words[0])));
  words.erase(words.begin());
  draft.options.journal_words = std::move(words);
  return {};
}

Status place_words(StringList free_words, StringList tail, Subcommands bit, Draft& draft) {
  if (bit == kHosts && !free_words.empty()) {
    return fail(fmt::format("unexpected word {}: hosts are named with -S, a worker follows --",
                            show_text(free_words[0])));
  }
  Result<Positionals> positionals = parse_positionals(std::move(free_words), std::move(tail), bit);
  if (!positionals) return tl::unexpected<Error>(positionals.error());
  if ((bit & (kSends | kMap)) == 0 && !positionals->groups.empty()) {
    return fail(
        bit == kPipe
            ? "::: and :::: give items, and pipe (map --pipe, map --pipepart) has none: it cuts "
              "standard input, or the files of -a, into blocks"
            : "::: and :::: are for run and map");
  }
  if ((bit & kDirectory) != 0) {
    const StringList& named = positionals->command;
    if (named.size() != 1 || named.front().empty()) return fail("expected one run directory");
    draft.options.directory.name = named.front();
    return {};
  }
  if (bit == kHistory) return place_history_words(std::move(positionals->command), draft);
  if (bit == kJournal) return place_journal_words(std::move(positionals->command), draft);
  if (bit == kResults) {
    draft.options.journal_words = std::move(positionals->command);
    return {};
  }
  if (bit == kSweep) {
    draft.options.sweep.specs = std::move(positionals->command);
    return {};
  }
  if (bit == kPool && draft.options.subcommand != Subcommand::PoolStart) {
    const StringList& more = positionals->command;
    return more.empty() ? Status() : fail("unexpected word " + show_text(more.front()));
  }
  draft.options.job.command.words = std::move(positionals->command);
  for (const std::string& word : draft.options.job.command.words) {
    const std::string option = word.substr(0, word.find('='));
    if (!word.starts_with("--") || find_option(option, bit) == nullptr) continue;
    draft.options.option_behind = option;
    break;
  }
  draft.options.items.input.groups = std::move(positionals->groups);
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
  const bool among = (subcommand.bit & (kHistory | kSweep | kDirectory | kResults | kJournal)) != 0;
  const Words positionals = among ? Words::AmongOptions : Words::EndOptions;
  Result<Tokens> tokens = tokenize({words.begin(), separator}, subcommand.bit, positionals);
  if (!tokens) return tl::unexpected<Error>(tokens.error());
  for (const Token& token : tokens->options) {
    if (token.spec->primary_name() == "-h") text = brief_help(subcommand);
    if (token.spec->primary_name() == "--help") text = subcommand_help(subcommand);
    if (token.spec->primary_name() == "-V") text = version_text();
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

/// The program is called so by a link, say.
bool is_xargs(std::string_view path) { return path.substr(path.rfind('/') + 1) == "xargs"; }

/// GNU parallel has options for what are subcommands here: `map --pipe ...` is `pipe ...`, and
/// `map --nonall ...` is `all ...`. The option is taken out of `words`.
const SubcommandText& take_mode(const SubcommandText& named, StringList& words) {
  if (named.bit != kMap) return named;
  for (const std::size_t i : places_of_options(words, kMap | kPipe, Words::EndOptions)) {
    const std::string& word = words[i];
    if (word == "--pipepart" || word == "--pipe-part") return *find_subcommand("pipe");
    const bool pipe = word == "--pipe" || word == "--spreadstdin";
    if (!pipe && word != "--nonall") continue;
    words.erase(words.begin() + static_cast<std::ptrdiff_t>(i));
    return *find_subcommand(pipe ? "pipe" : "all");
  }
  return named;
}

/// The option that a word begins with: `--jobs=3`, `-j3`, `-kj3`.
const OptionSpec* option_in(const std::string& word, Subcommands subcommands) {
  const std::string name = word.substr(0, word.find('='));
  const OptionSpec* spec = meaning_of(name, subcommands).spec;
  const bool is_short = name.size() > 2 && name[1] != '-';
  return spec == nullptr && is_short ? find_option(name.substr(0, 2), subcommands) : spec;
}

Result<ParsedCommandLine> parse_subcommand(const SubcommandText& named, StringList words) {
  const SubcommandText& subcommand = take_mode(named, words);
  if (named.bit == kMap && subcommand.bit == kAll) {
    // There it is the number of hosts at a time, here that of processes on each.
    for (const std::size_t i : places_of_options(words, kAll, Words::EndOptions)) {
      const OptionSpec* spec = option_in(words[i], kAll);
      if (spec == nullptr || spec->primary_name() != "-j") continue;
      return usage_error("-j with --nonall: all hosts at a time is what happens anyway", "all");
    }
  }
  Draft draft;
  draft.options = defaults_of(subcommand_of(subcommand.bit));
  ParsedCommandLine parsed;
  if (subcommand.bit == kPool) {
    if (Status taken = take_pool_words(words, draft); !taken) {
      return usage_error(taken.error().message, subcommand.name);
    }
  }
  if (Status status = read_words(words, subcommand, draft, parsed.text); !status) {
    return usage_error(status.error().message, subcommand.name);
  }
  parsed.options = std::move(draft.options);
  return parsed;
}

Result<ParsedCommandLine> parse_help(const StringList& words) {
  if (words.empty() || words[0] == "help") return ParsedCommandLine{{}, program_help()};
  const SubcommandText* subcommand = find_subcommand(words[0]);
  if (subcommand == nullptr) return unknown_subcommand(words[0], false);
  return ParsedCommandLine{{}, subcommand_help(*subcommand)};
}

/// `--man [SUBCOMMAND]`
Result<ParsedCommandLine> parse_man(const StringList& words) {
  if (words.size() == 1) return ParsedCommandLine{{}, man_page()};
  const SubcommandText* subcommand = find_subcommand(words[1]);
  if (subcommand == nullptr) return unknown_subcommand(words[1], false);
  return ParsedCommandLine{{}, man_page(*subcommand)};
}

/// The subcommand that options in front of a subcommand are meant for: the one that follows them,
/// else map if it has the first of them, else the first subcommand that has it.
std::string_view owner_of(const OptionSpec& spec, const StringList& words) {
  const std::size_t last = places_of_options(words, kAny, Words::EndOptions).back();
  // Behind the last option, or behind its value.
  for (std::size_t i = last + 1; i < std::min(words.size(), last + 3); ++i) {
    if (const SubcommandText* named = find_subcommand(words[i])) return named->name;
  }
  return option_in(words[0], kMap) != nullptr ? "map" : owner_of(spec);
}

tl::unexpected<Error> misplaced_option(const StringList& words) {
  const std::string& word = words[0];
  if (const OptionSpec* spec = option_in(word, kAny)) {
    const std::string_view owner = owner_of(*spec, words);
    return usage_error(
        fmt::format("no subcommand before {}: 'spread {} {} ...'{}", show_text(word), owner,
                    shell_quote(word), owner == "map" ? " runs a command for each item" : ""),
        "");
  }
  constexpr std::string_view kOwn[] = {"--help", "--version", "--completion", "--man"};
  return usage_error(
      fmt::format("unknown option {}{}", show_text(word), did_you_mean(closest(word, kOwn))), "");
}

/// The options that stand before, or instead of, a subcommand.
Result<ParsedCommandLine> parse_program_option(const StringList& words) {
  const std::string& word = words[0];
  const OptionSpec* meant = meaning_of(word, kHistory).spec;
  const std::string_view own = meant == nullptr ? "" : meant->primary_name();
  if (own == "-h") return ParsedCommandLine{{}, brief_program_help()};
  if (own == "--help") return ParsedCommandLine{{}, program_help()};
  if (own == "-V") return ParsedCommandLine{{}, version_text()};
  // For packagers; the build writes their files with them.
  if (word == "--man") return parse_man(words);
  if (word == "--completion") {
    const std::string shell = words.size() == 2 ? words[1] : "";
    if (shell == "bash") return ParsedCommandLine{{}, bash_completion()};
    if (shell == "zsh") return ParsedCommandLine{{}, zsh_completion()};
    if (shell == "fish") return ParsedCommandLine{{}, fish_completion()};
    return usage_error("--completion: expected bash, zsh or fish", "");
  }
  return misplaced_option(words);
}

}  // namespace

Result<ParsedCommandLine> parse_command_line(int argc, const char* const* argv) {
  StringList words(argv + std::min(argc, 1), argv + argc);
  if (argc > 0 && is_xargs(argv[0])) return parse_xargs_line("xargs", std::move(words));
  if (words.empty()) return usage_error("no subcommand is given", "");
  if (is_option(words[0])) return parse_program_option(words);
  const std::string name = words[0];
  words.erase(words.begin());
  if (name == "help") return parse_help(words);
  if (name == "version") return ParsedCommandLine{{}, version_text()};
  if (name == "xargs") return parse_xargs_line("spread xargs", std::move(words));
  const SubcommandText* subcommand = find_subcommand(name);
  if (subcommand == nullptr) return unknown_subcommand(name, true);
  return parse_subcommand(*subcommand, words);
}

}  // namespace spread::cli
