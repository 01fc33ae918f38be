#include <algorithm>

#include <fmt/format.h>

#include "spread/base/quote.h"
#include "spread/command/script_lexer.h"

namespace spread {
namespace {

constexpr std::string_view kMoveParameters = "shift set . source eval";
constexpr std::string_view kDeclare = "export declare typeset local readonly";
constexpr std::string_view kArithmeticTests = "-eq -ne -lt -le -gt -ge -v";
constexpr std::string_view kNameFirst = "give it a fixed name and assign the item to it: x={}";
constexpr std::string_view kNumberTest = "use [ ... ], which reads numbers only";

bool has_item(const ScannedWord& word) { return !word.holes.empty(); }

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

// a[ITEM]=x: bash calculates what is in the brackets, and runs $(...) there.
Status ScriptLexer::check_subscript(const ScannedWord& word) {
  if (options_.allow_paste || !has_item(word)) return {};
  const std::size_t open = word.text.find('[');
  const std::size_t close = word.text.find("]=");
  if (open == std::string::npos || close == std::string::npos || open == 0) return {};
  if (word.holes.front() <= open || word.holes.front() > close) return {};
  return refuse(word, "arithmetic", "name an element with a number that was checked");
}

Status ScriptLexer::check_builtin(std::span<const ScannedWord> words) {
  const std::string& name = words.front().text;
  if (has_word(kDeclare, name)) {
    for (const ScannedWord& word : words.subspan(1)) {
      if (has_item(word) && word.holes.front() <= word.text.find('=')) {
        return refuse(word, name, kNameFirst);
      }
    }
  }
  const bool test = name == "[" || name == "test" || name == "printf";
  for (std::size_t i = 1; test && i + 1 < words.size(); ++i) {
    if (words[i].text == "-v" && has_item(words[i + 1])) {
      return refuse(words[i + 1], name + " -v", kNameFirst);
    }
  }
  return {};
}

Status ScriptLexer::check_command(const Commands& list) {
  if (list.words.empty()) return {};
  std::vector<ScannedWord> words;
  bool items = false, number_test = false, brackets_end = false;
  for (const Word& word : list.words) {
    words.push_back(word.scanned);
    items = items || has_item(word.scanned);
    number_test = number_test || has_word(kArithmeticTests, word.scanned.text);
    brackets_end = brackets_end || word.scanned.text == "]]";
  }
  if (has_word(kMoveParameters, words.front().text)) script_.moves_parameters = true;
  const bool brackets = in_brackets_;
  if (brackets_end) in_brackets_ = false;
  if (!items) return {};
  if (!options_.allow_paste) {
    if (brackets && number_test) {
      const auto word = std::find_if(words.begin(), words.end(), has_item);
      return refuse(*word, "[[", kNumberTest);
    }
    SPREAD_TRY(check_builtin(words));
  }
  CommandScan scan = scan_command(words);
  if (scan.script && has_item(words[*scan.script])) {
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

}  // namespace spread
