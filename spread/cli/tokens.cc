#include "spread/cli/tokens.h"

#include <unordered_map>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

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
      option = app.add_flag(std::string(spec.names))->disable_flag_override();
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
    if (spec->is_flag() || value == kEmptyValue) value.clear();
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

}  // namespace spread::cli
