#include "spread/shell/shell_choice.h"

#include <algorithm>

#include <fmt/format.h>

#include "spread/base/quote.h"
#include "spread/command/command_scan.h"

namespace spread {
namespace {

constexpr std::string_view kOtherShells = "fish csh tcsh rc es nu xonsh elvish pwsh";
constexpr std::string_view kBash = "bash";

}  // namespace

bool is_exported_function(const std::string& name, const ShellRules& rules) {
  return rules.is_function && rules.is_function(name) && !(rules.on_path && rules.on_path(name));
}

std::string bash_path(const ShellRules& rules) {
  return program_name(rules.named) == kBash ? rules.named : std::string(kBash);
}

ShellChoice choose_shell(const Script& script, const ShellRules& rules) {
  ShellChoice choice;
  if (!script.bash_construct.empty()) choice.why = script.bash_construct;
  for (const std::string& word : script.command_words) {
    if (!is_exported_function(word, rules)) continue;
    choice.function = word;
    if (choice.why.empty()) choice.why = "the function " + word;
    break;
  }
  if (!rules.named.empty()) {
    choice.path = rules.named;
    choice.why.clear();
    return choice;
  }
  choice.path = choice.why.empty() ? kPlainShell : kBash;
  return choice;
}

ShellChoice choose_shell(std::string_view line, const ShellRules& rules) {
  ScriptOptions options;
  options.syntax = PlaceholderSyntax::none();
  options.allow_paste = true;
  options.ansi_quotes = ScriptOptions::AnsiQuotes::Known;
  options.braces.pass = true;
  const auto parsed = parse_script(line, options);
  const Script script = parsed ? *parsed : Script();
  ShellChoice choice = choose_shell(script, rules);
  const auto& words = script.command_words;
  const bool has_bash = std::find(words.begin(), words.end(), kBash) != words.end();
  if (choice.path == kPlainShell && has_bash && rules.on_path &&
      rules.on_path(std::string(kBash))) {
    choice.path = kBash;
  }
  return choice;
}

Status check_shell(const ShellRules& rules) {
  if (!has_word(kOtherShells, program_name(rules.named))) return {};
  return fail(fmt::format("{}: {} is no POSIX shell, and takes no item as \"$1\"", rules.named_by,
                          show_text(rules.named)));
}

}  // namespace spread
