#include "spread/shell/script.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "spread/base/characters.h"
#include "spread/base/quote.h"
#include "spread/command/command_scan.h"
#include "spread/shell/script_lexer.h"

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

// What only bash has, so that a script that has it is given to bash. Where /bin/sh is dash it would
// fail there, or mean something else in silence: {a,b} one word, `&>file` a job in the background.

namespace {

constexpr std::string_view kBuiltins =
    "source declare typeset shopt mapfile readarray pushd popd dirs let builtin compgen complete "
    "caller disown enable suspend select";
constexpr std::string_view kVariables =
    "RANDOM SRANDOM SECONDS EPOCHSECONDS EPOCHREALTIME HOSTNAME HOSTTYPE OSTYPE MACHTYPE UID EUID "
    "GROUPS PIPESTATUS FUNCNAME BASHPID BASH BASH_VERSION BASH_VERSINFO BASH_SOURCE BASH_REMATCH "
    "BASH_SUBSHELL";

struct Letters {
  std::string_view builtin, letters;
};
// Options that dash's builtins of the same name have not. dash's echo prints -e.
constexpr Letters kLetters[] = {
    {"echo", "eE"},      {"read", "adeinNstu"}, {"printf", "v"}, {"export", "fn"},
    {"wait", "n"},       {"type", "tpPaf"},     {"exec", "acl"}, {"local", "aAinr"},
    {"readonly", "aAf"}, {"unset", "n"},        {"trap", "lp"},
};

/// `1..9`, `a..z`, `1..9..2`.
bool is_sequence(std::string_view inside) {
  const std::size_t dots = inside.find("..");
  if (dots == std::string_view::npos || dots == 0) return false;
  const std::string_view first = inside.substr(0, dots);
  const std::string_view rest = inside.substr(dots + 2);
  const std::string_view last = rest.substr(0, rest.find(".."));
  const auto number = [](std::string_view text) {
    if (text.starts_with('-')) text.remove_prefix(1);
    return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
  };
  const auto letter = [](std::string_view text) { return text.size() == 1 && is_letter(text[0]); };
  return (number(first) && number(last)) || (letter(first) && letter(last));
}

/// Where what begins with a quote at `at` ends.
std::size_t behind_quotes(std::string_view text, std::size_t at) {
  const std::size_t end = text.find(text[at], at + 1);
  return end == std::string_view::npos ? text.size() : end + 1;
}

/// `text` begins with a brace.
bool is_brace_expansion(std::string_view text) {
  int depth = 0;
  bool comma = false;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (std::string_view(" \t\r\n;&|<>()").find(c) != std::string_view::npos) return false;
    if (c == '\'' || c == '"') {
      at = behind_quotes(text, at);
      continue;
    }
    if (c == '\\') ++at;
    depth += c == '{' ? 1 : c == '}' ? -1 : 0;
    comma = comma || (c == ',' && depth == 1);
    if (depth == 0) return comma || is_sequence(text.substr(1, at - 1));
    ++at;
  }
  return false;
}

}  // namespace

void ScriptLexer::note_bash(std::string_view what) {
  if (forbidden_ == "arithmetic") return;  // < and > are no redirections there
  if (script_.bash_construct.empty()) script_.bash_construct = what;
}

void ScriptLexer::note_bash_expansion() {
  if (peek() == '{' && forbidden_.empty() && is_brace_expansion(text_.substr(at_))) {
    note_bash(text_.substr(at_).find("..") < text_.substr(at_).find('}') ? "{x..y}" : "{x,y}");
  }
}

// At a < or >.
void ScriptLexer::note_bash_redirection() {
  if (starts("<(") || starts(">(")) note_bash(starts("<(") ? "<(...)" : ">(...)");
  if (starts("<<<")) note_bash("<<<");
  if (!starts(">&")) return;
  std::size_t target = 2;
  while (peek(target) == ' ') ++target;
  if (is_letter(peek(target)) || peek(target) == '/' || peek(target) == '.') note_bash(">& FILE");
}

// Behind the $ or ${ (of `length`) at which the lexer is.
void ScriptLexer::note_bash_parameter(std::size_t length) {
  std::string_view rest = text_.substr(std::min(at_ + length, text_.size()));
  const bool braces = length == 2;
  if (braces && rest.size() > 1 && rest[0] == '!' && is_letter(rest[1])) note_bash("${!x}");
  if (braces && rest.starts_with('#')) rest.remove_prefix(1);
  std::size_t end = 0;
  while (end < rest.size() && is_name_char(rest[end])) ++end;
  const std::string_view name = rest.substr(0, end);
  if (has_word(kVariables, name)) note_bash("$" + std::string(name));
  if (!braces || (end == 0 && !rest.starts_with('@') && !rest.starts_with('*'))) return;
  rest.remove_prefix(end == 0 ? 1 : end);
  if (rest.empty()) return;
  const char next = rest[0];
  if (next == '^' || next == ',') note_bash(next == '^' ? "${x^}" : "${x,}");
  if (next == '/') note_bash("${x/y/z}");
  if (next == '[') note_bash("${x[y]}");
  if (next == '@') note_bash("${x@Q}");
  if (next == ':' && rest.size() > 1 &&
      std::string_view("-=?+").find(rest[1]) == std::string_view::npos) {
    note_bash("${x:1:2}");
  }
}

void ScriptLexer::note_bash_arithmetic(std::string_view text) {
  if (text.find("RANDOM") != std::string_view::npos) note_bash("RANDOM");
  if (text.find("**") != std::string_view::npos) note_bash("**");
}

void ScriptLexer::note_bash_assignment(const ScannedWord& word) {
  const std::size_t equals = word.text.find('=');
  if (equals == 0 || equals == std::string::npos) return;
  if (word.text[equals - 1] == '+') note_bash("+=");
  if (word.text[equals - 1] == ']') note_bash("x[y]=");
}

void ScriptLexer::note_bash_command(std::span<const ScannedWord> words) {
  const ScannedWord& first = words.front();
  if (first.has_item()) return;
  if (std::find(script_.command_words.begin(), script_.command_words.end(), first.text) ==
      script_.command_words.end()) {
    script_.command_words.push_back(first.text);
  }
  if (has_word(kBuiltins, first.text)) note_bash(first.text);
  const bool test = first.text == "[" || first.text == "test";
  for (const ScannedWord& word : words.subspan(1)) {
    if (word.has_item()) continue;
    if (test && word.text == "==") note_bash(first.text + " x == y");
    if (first.text == "set" && word.text == "pipefail") note_bash("set -o pipefail");
    if (first.text == "trap" && has_word("ERR DEBUG RETURN", word.text))
      note_bash("trap " + word.text);
    if (!word.text.starts_with('-')) continue;
    for (const Letters& row : kLetters) {
      if (row.builtin != first.text) continue;
      if (word.text.find_first_of(row.letters) != std::string::npos &&
          std::all_of(word.text.begin() + 1, word.text.end(), is_letter)) {
        note_bash(first.text + " " + word.text);
      }
    }
  }
}

}  // namespace spread
