#include "spread/cli/tokens.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <string_view>
#include <unordered_map>

#include "spread/base/quote.h"

namespace spread::cli {
namespace {

// CLI11 2.1 drops the empty value of `--name=` and takes the next word instead.
constexpr std::string_view kEmptyValue =
    "\x01"
    "empty";

bool is_empty_assignment(std::string_view word) {
  return word.size() > 3 && word.substr(0, 2) == "--" && word.find('=') == word.size() - 1;
}

/// Whether one of `words` may use the option. CLI11 takes 0.15 ms for sixty options, a sixth of a
/// trivial run, and almost nothing for the few that are given.
bool may_be_used(const OptionSpec& spec, const std::vector<std::string>& words) {
  for (const std::string_view name : spec.all_names()) {
    const bool is_long = name.size() > 2;
    for (const std::string_view word : words) {
      if (word.size() < 2 || word[0] != '-') continue;
      if (is_long && word.substr(0, name.size()) == name) return true;
      // Short options may be joined.
      if (!is_long && word[1] != '-' && word.find(name[1]) != std::string_view::npos) return true;
    }
  }
  return false;
}

using SpecOf = std::unordered_map<const CLI::Option*, const OptionSpec*>;

SpecOf register_options(CLI::App& app, Subcommands subcommand,
                        const std::vector<std::string>& words) {
  const CLI::callback_t accept = [](const CLI::results_t&) { return true; };
  SpecOf spec_of;
  for (const OptionSpec& spec : option_table()) {
    if ((spec.subcommands & subcommand) == 0 || !may_be_used(spec, words)) continue;
    CLI::Option* option = nullptr;
    if (spec.is_flag()) {
      option =
          app.add_flag(std::string(spec.names))->disable_flag_override(!spec.value_is_optional());
    } else {
      // One value at a time: CLI11's vectors are greedy, and split words such as [a,b].
      option = app.add_option(std::string(spec.names), accept);
      option->type_size(1)->expected(1)->allow_extra_args(false);
    }
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    spec_of.emplace(option, &spec);
  }
  return spec_of;
}

Tokens collect(const CLI::App& app, const SpecOf& spec_of) {
  Tokens tokens;
  std::unordered_map<const CLI::Option*, std::size_t> uses;
  for (const CLI::Option* option : app.parse_order()) {
    const OptionSpec* spec = spec_of.at(option);
    std::string value = option->results().at(uses[option]++);
    const bool bare = spec->value_is_optional() && value == "true";  // what CLI11 says of a flag
    if (spec->metavar.empty() || bare || value == kEmptyValue) value.clear();
    tokens.options.push_back({spec, std::move(value)});
  }
  for (std::string& word : app.remaining()) {
    const std::size_t assignment = word.size() - kEmptyValue.size();
    if (word.size() > kEmptyValue.size() && word.substr(assignment) == kEmptyValue) {
      word.resize(assignment);
    }
    tokens.rest.push_back(std::move(word));
  }
  return tokens;
}

/// CLI11 begins its messages with one of the option's names, with or without dashes.
std::string explain(const CLI::ParseError& error, Subcommands subcommand) {
  std::string name = error.what();
  name.resize(std::min(name.find_first_of(": ="), name.size()));
  const OptionSpec* spec = nullptr;
  for (const char* dashes : {"", "-", "--"}) {
    if (spec == nullptr) spec = find_option(fmt::format("{}{}", dashes, name), subcommand);
  }
  if (spec == nullptr) return error.what();
  if (spec->is_flag()) return fmt::format("{} takes no value", spec->primary_name());
  return fmt::format("{} needs a value: {}", spec->primary_name(), spec->metavar);
}

}  // namespace

Result<Tokens> tokenize(const std::vector<std::string>& written, Subcommands subcommand,
                        Words positionals) {
  const Result<std::vector<std::string>> spelled = write_out(written, subcommand, positionals);
  if (!spelled) return tl::unexpected<Error>(spelled.error());
  const std::vector<std::string>& words = *spelled;
  CLI::App app;
  app.set_help_flag();  // none: --help is a row of the table
  if (positionals == Words::EndOptions) {
    app.prefix_command();
  } else {
    app.allow_extras();
  }
  const SpecOf spec_of = register_options(app, subcommand, words);
  std::vector<std::string> reversed;  // as CLI11 wants them
  reversed.reserve(words.size());
  for (auto word = words.rbegin(); word != words.rend(); ++word) {
    reversed.push_back(is_empty_assignment(*word) ? *word + std::string(kEmptyValue) : *word);
  }
  try {
    app.parse(std::move(reversed));
  } catch (const CLI::ParseError& error) {
    return fail(explain(error, subcommand));
  }
  return collect(app, spec_of);
}

namespace {

using Iterator = std::vector<std::string>::iterator;

bool is_group(std::string_view word, Subcommands subcommand) {
  if (subcommand == kMap && !word.empty() && word.back() == '+') word.remove_suffix(1);
  return word == ":::" || word == "::::";
}

/// Moves the groups from `next` on into `groups`, up to `end` or, where asked, to a `--`.
Status take_groups(Iterator& next, Iterator end, bool until_dashes, Subcommands subcommand,
                   std::vector<InputOptions::Group>& groups) {
  while (next != end && is_group(*next, subcommand)) {
    const std::string& colons = *next;
    InputOptions::Group group;
    group.linked = colons.back() == '+';
    group.from_file = colons.substr(0, 4) == "::::";
    const auto stops = [&](const std::string& word) {
      return is_group(word, subcommand) || (until_dashes && word == "--");
    };
    const Iterator stop = std::find_if(std::next(next), end, stops);
    std::move(std::next(next), stop, std::back_inserter(group.words));
    // No items are an empty input (`::: *.txt` may match nothing); no file is a slip.
    if (group.from_file && group.words.empty()) {
      return fail(fmt::format("{} needs at least one file", colons));
    }
    groups.push_back(std::move(group));
    next = stop;
  }
  return {};
}

/// `[--] COMMAND [::: ITEM...]...`
Result<Positionals> parse_map_positionals(std::vector<std::string> free_words,
                                          std::vector<std::string> tail) {
  Positionals result;
  Iterator next = tail.begin();
  const bool dashes_end_options = free_words.empty();
  if (dashes_end_options && next != tail.end() && *next == "--") ++next;
  result.command = std::move(free_words);
  const Iterator stop =
      std::find_if(next, tail.end(), [](const std::string& word) { return is_group(word, kMap); });
  std::move(next, stop, std::back_inserter(result.command));
  next = stop;
  SPREAD_TRY(take_groups(next, tail.end(), false, kMap, result.groups));
  return result;
}

}  // namespace

bool is_separator(const std::string& word, Subcommands subcommand) {
  return word == "--" || is_group(word, subcommand);
}

Result<Positionals> parse_positionals(std::vector<std::string> free_words,
                                      std::vector<std::string> tail, Subcommands subcommand) {
  if (subcommand == kMap) return parse_map_positionals(std::move(free_words), std::move(tail));
  Positionals result;
  Iterator next = tail.begin();
  if (next != tail.end() && *next == "--" && !free_words.empty()) {
    return fail(fmt::format("unexpected word {} before --", show_text(free_words.front())));
  }
  result.command = std::move(free_words);
  const bool dashes_may_follow = result.command.empty();
  SPREAD_TRY(take_groups(next, tail.end(), dashes_may_follow, subcommand, result.groups));
  if (next == tail.end()) return result;

  ++next;  // the `--`
  const Iterator stop = std::find_if(
      next, tail.end(), [&](const std::string& word) { return is_group(word, subcommand); });
  std::move(next, stop, std::back_inserter(result.command));
  next = stop;
  SPREAD_TRY(take_groups(next, tail.end(), false, subcommand, result.groups));
  return result;
}

}  // namespace spread::cli
