// What a shell calculates, or reads again, when a value is put somewhere: bash runs the $(...) in
// a[$(...)] wherever it wants a number, ksh, mksh and zsh in more places still.
#include <algorithm>
#include <functional>

#include "spread/shell/script_lexer.h"

namespace spread {
namespace {

constexpr std::string_view kDeclare = "export declare typeset local readonly";
constexpr std::string_view kDeclareNumbers = "integer float nameref";
constexpr std::string_view kNameFirst = "give it a fixed name and assign the item to it: x={}";
constexpr std::string_view kCheckFirst =
    "shells run $(...) in numbers: check the item with [ ... ] in sh or bash first";
constexpr std::string_view kNumberTests = "-eq -ne -lt -le -gt -ge -t";
constexpr std::string_view kCalculate = "shift exit return break continue repeat ulimit";
// Whose value a shell expands; those that bash calculates when they are assigned, and others.
constexpr std::string_view kCodeVariables = "PS0 PS1 PS2 PS4 PROMPT_COMMAND ENV BASH_ENV";
constexpr std::string_view kNumberVariables = "RANDOM SRANDOM SECONDS OPTIND LINENO HISTCMD";
constexpr std::string_view kMoreNumberVariables =
    "HISTSIZE SAVEHIST COLUMNS LINES TMOUT MAILCHECK FUNCNEST LISTMAX DIRSTACKSIZE KEYTIMEOUT UID "
    "EUID GID EGID";

/// NAME of NAME=..., NAME+=... and of NAME alone.
std::string variable_of(std::string_view word) {
  return std::string(word.substr(0, std::min(word.find_first_of("+=["), word.size())));
}

/// Whether a printf of this format wants a number.
bool wants_numbers(std::string_view format) {
  for (std::size_t i = 0; i + 1 < format.size(); ++i) {
    if (format[i] != '%') continue;
    const std::size_t letter = format.find_first_not_of("-+ #0123456789.", i + 1);
    if (letter == std::string_view::npos) return false;
    if (std::string_view("sbqc%").find(format[letter]) == std::string_view::npos) return true;
    i = letter;
  }
  return false;
}

}  // namespace

bool ScriptLexer::has_items() const {
  return std::any_of(script_.pieces.begin(), script_.pieces.end(), [](const ScriptPiece& piece) {
    return piece.quotes != ScriptPiece::Quotes::Text && !piece.placeholder.is_number();
  });
}

// A shell takes the backslash and the newline away before it looks for operators.
bool ScriptLexer::operator_is_cut(std::string_view next) const {
  std::size_t ahead = 1;
  while (peek(ahead) == '\\' && peek(ahead + 1) == '\n') ahead += 2;
  return ahead > 1 && peek(ahead) != '\0' && next.find(peek(ahead)) != std::string_view::npos;
}

// a[ITEM]=x: what is in the brackets is calculated.
Status ScriptLexer::check_subscript(const ScannedWord& word) {
  if (options_.allow_paste || !word.has_item()) return {};
  const std::size_t open = word.text.find('[');
  const std::size_t close = std::min(word.text.rfind("]="), word.text.rfind("]+="));
  if (open == std::string::npos || close == std::string::npos) return {};
  if (word.holes.front() <= open || word.holes.front() > close) return {};
  return refuse(word, "arithmetic", "name an element with a number that was checked");
}

// NAME=ITEM, in front of a command or alone.
Status ScriptLexer::check_assignment(const ScannedWord& word) {
  if (options_.allow_paste || !word.has_item()) return {};
  const std::string name = variable_of(word.text);
  if (has_word(kCodeVariables, name)) {
    return refuse(word, "a shell with this variable", "use a variable of another name");
  }
  if (has_word(kNumberVariables, name) ||
      (options_.calculates && has_word(kMoreNumberVariables, name))) {
    return refuse(word, "arithmetic", "use a variable of another name");
  }
  names_with_item_.push_back(name);
  return {};
}

Status ScriptLexer::check_counted_names() const {
  if (options_.allow_paste || !has_items()) return {};
  for (const std::string& name : evaluated_names_) {
    if (std::find(names_with_item_.begin(), names_with_item_.end(), name) ==
        names_with_item_.end()) {
      continue;
    }
    return fail("the variable " + name +
                " gets an item, and is declared so that its value is evaluated: use a plain "
                "variable (or paste it with --allow-paste)");
  }
  return {};
}

// declare -i calculates the value, -a reads it as words with $(...), -n as the name of an element.
Status ScriptLexer::check_declaration(std::span<const ScannedWord> words) {
  bool evaluates = has_word(kDeclareNumbers, words.front().text);
  for (const ScannedWord& word : words.subspan(1)) {
    const bool option = word.text.starts_with('-') && !word.has_item();
    if (option) {
      const std::string_view letters = words.front().text == "export" ? "iaAEF" : "inaAEF";
      evaluates = evaluates || word.text.find_first_of(letters) != std::string::npos;
      continue;
    }
    const std::string name = variable_of(word.text);
    if (word.has_item()) {
      const bool named = word.holes.front() <= std::min(word.text.find('='), word.text.size());
      if (evaluates || named) return refuse(word, words.front().text, kNameFirst);
      SPREAD_TRY(check_assignment(word));
    }
    if (evaluates) evaluated_names_.push_back(name);
  }
  return {};
}

Status ScriptLexer::check_numbers(std::span<const ScannedWord> words) const {
  const auto item = std::find_if(words.begin(), words.end(), std::mem_fn(&ScannedWord::has_item));
  if (!options_.calculates || item == words.end()) return {};
  const std::string& name = words.front().text;
  bool numbers = has_word(kCalculate, name);
  for (const ScannedWord& word : words.subspan(1)) {
    if (name == "[" || name == "test") numbers = numbers || has_word(kNumberTests, word.text);
    if (name == "printf" || name == "print") numbers = numbers || wants_numbers(word.text);
    if (name == "print" && word.text.starts_with('-')) {
      numbers = numbers || word.text.find('P') != std::string::npos;
    }
  }
  return numbers ? refuse(*item, name, kCheckFirst) : Status();
}

Status ScriptLexer::check_builtin(std::span<const ScannedWord> words) {
  while (words.size() > 1 && has_word("command builtin time coproc -p --", words[0].text)) {
    words = words.subspan(1);
  }
  const std::string& name = words.front().text;
  if (has_word(kDeclare, name) || has_word(kDeclareNumbers, name)) {
    return check_declaration(words);
  }
  const bool loop = name == "for" || name == "select";
  if (loop && words.size() > 1 &&
      std::any_of(words.begin(), words.end(), std::mem_fn(&ScannedWord::has_item))) {
    names_with_item_.push_back(words[1].text);
  }
  if (name == "read") {
    for (const ScannedWord& word : words.subspan(1)) names_with_item_.push_back(word.text);
  }
  const bool test = name == "[" || name == "test" || name == "printf";
  for (std::size_t i = 1; test && i + 1 < words.size(); ++i) {
    if (words[i].text == "-v" && words[i + 1].has_item()) {
      return refuse(words[i + 1], name + " -v", kNameFirst);
    }
  }
  return check_numbers(words);
}

}  // namespace spread
