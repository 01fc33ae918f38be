#include <algorithm>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "spread/base/quote.h"
#include "spread/shell/script_lexer.h"

namespace spread {
namespace {

constexpr std::string_view kMoveParameters = "shift set . source eval";
constexpr std::string_view kArithmeticTests = "-eq -ne -lt -le -gt -ge -v -t";
constexpr std::string_view kNumberTest = "use [ ... ], which reads numbers only";

}  // namespace

Status ScriptLexer::refuse(const ScannedWord& word, std::string_view program,
                           std::string_view instead) const {
  std::string shown = word.text;
  for (auto hole = word.holes.rbegin(); hole != word.holes.rend(); ++hole) {
    shown.insert(*hole, options_.syntax.replacement());
  }
  return fail(
      fmt::format("{} reads {} as code, and the item with it: {} (or paste it with "
                  "--allow-paste)",
                  program, show_text(shown), instead));
}

// A program without its code among its arguments reads it from standard input.
bool ScriptLexer::reads_code(std::span<const ScannedWord> words) {
  while (!words.empty() && has_word("command builtin exec time nohup env", words[0].text)) {
    words = words.subspan(1);
  }
  if (words.empty()) return false;
  const std::string_view name = program_name(words[0].text);
  const bool shell = is_posix_shell(name);
  if (!shell && !has_word("ssh python perl ruby node php lua fish csh tcsh", name)) return false;
  std::size_t operands = 0;
  for (const ScannedWord& word : words.subspan(1)) {
    if (word.text == "-" || word.text == "/dev/stdin") continue;
    if (word.text.starts_with('-') && !word.text.starts_with("--")) {
      if (shell && word.text.find('s') != std::string::npos) return true;
      if (word.text.find_first_of("cemnpr") != std::string::npos) return false;
    } else {
      ++operands;
    }
  }
  return operands == (name == "ssh" ? 1 : 0);
}

Status ScriptLexer::check_stdin(const Commands& list, std::span<const ScannedWord> words) const {
  if (options_.allow_paste) return {};
  const std::string_view name = program_name(words.front().text);
  const bool from_file = has_word(". source", name) || is_posix_shell(name);
  const bool dot_stdin =
      words.size() > 1 && has_word(". source", name) && words[1].text == "/dev/stdin";
  const bool code = (list.items_on_stdin && (dot_stdin || reads_code(words))) ||
                    (list.items_in_file && from_file);
  if (!code) return {};
  return fail(
      fmt::format("{} reads its input as code, and the item in it: let it have the item as an "
                  "argument (sh -c 'COMMAND \"$1\"' sh {}), or give no command at all, and each "
                  "item is a command line (or paste it with --allow-paste)",
                  name, options_.syntax.replacement()));
}

Status ScriptLexer::check_command(const Commands& list) {
  if (list.words.empty()) return {};
  std::vector<ScannedWord> words;
  bool items = false, number_test = false, brackets_end = false;
  for (const Word& word : list.words) {
    words.push_back(word.scanned);
    items = items || word.scanned.has_item();
    number_test = number_test || has_word(kArithmeticTests, word.scanned.text);
    brackets_end = brackets_end || word.scanned.text == "]]";
  }
  permit_braces_in_programs(list);
  note_bash_command(words);
  if (has_word(kMoveParameters, words.front().text)) script_.moves_parameters = true;
  const bool brackets = in_brackets_;
  if (brackets_end) in_brackets_ = false;
  if (list.items_on_stdin || list.items_in_file) SPREAD_TRY(check_stdin(list, words));
  if (!options_.allow_paste) SPREAD_TRY(check_builtin(words));
  if (!items) return {};
  if (has_word("echo printf print", words.front().text)) ++printed_items_;
  if (brackets && number_test && !options_.allow_paste) {
    const auto word = std::find_if(words.begin(), words.end(), std::mem_fn(&ScannedWord::has_item));
    return refuse(*word, "[[", kNumberTest);
  }
  CommandScan scan = scan_command(words);
  if (scan.script && words[*scan.script].has_item()) {
    scan.evaluated.push_back({*scan.script, std::string(program_name(words.front().text)), true,
                              "let it have the item as an argument: sh -c 'COMMAND \"$1\"' sh {}"});
  }
  for (const EvaluatedWord& evaluated : scan.evaluated) {
    if (!options_.allow_paste) {
      return refuse(words[evaluated.word], evaluated.program, evaluated.instead);
    }
    for (const std::size_t piece : list.words[evaluated.word].references) {
      script_.pieces[piece].evaluated = evaluated.by_shell;
    }
  }
  return {};
}

// Braces in a script that were meant as a placeholder, and are none.

void ScriptLexer::note_braces() {
  if (peek() != '{') return;
  auto braces = foreign_braces(text_, at_, options_.braces);
  const std::string_view unknown = unknown_column(text_, at_, options_.braces);
  if (braces) {
    braces_.push_back({at_, std::move(*braces), ""});
  } else if (!unknown.empty()) {
    braces_.push_back({at_, {}, std::string(unknown)});
  }
}

// Outside of quotes {,x} is an expansion of bash where it has neighbours: {}{,.bak}.
void ScriptLexer::note_bare_braces(const Word& word) {
  const std::size_t before = braces_.size();
  note_braces();
  if (braces_.size() == before || !braces_.back().what.like_expansion) return;
  const char next = peek(braces_.back().what.length);
  const bool alone = std::string_view(" \t\r\n;&|<>()").find(next) != std::string_view::npos;
  if (word.parts > 0 || (next != '\0' && !alone)) braces_.pop_back();
}

// A program for another interpreter (python3 -c, awk) has braces of its own, and never an item.
void ScriptLexer::permit_braces_in_programs(const Commands& list) {
  if (braces_.empty()) return;
  std::vector<ScannedWord> words;
  for (const Word& word : list.words) {
    words.push_back({word.scanned.text, {}});
    const bool here = std::any_of(braces_.begin(), braces_.end(), [&](const Braces& braces) {
      return word.begin <= braces.at && braces.at < word.end;
    });
    if (here) words.back().holes.push_back(word.scanned.text.size());
  }
  for (const EvaluatedWord& evaluated : scan_command(words).evaluated) {
    if (evaluated.by_shell) continue;
    const Word& word = list.words[evaluated.word];
    std::erase_if(braces_, [&](const Braces& braces) {
      return !braces.what.certain && word.begin <= braces.at && braces.at < word.end;
    });
  }
}

Status ScriptLexer::check_braces() {
  for (Braces& braces : braces_) {
    if (braces.unknown.empty()) return refuse_braces(braces.what, "--literal-braces");
    script_.unknown_columns.push_back(std::move(braces.unknown));
  }
  return {};
}

}  // namespace spread
