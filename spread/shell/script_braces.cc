// Braces in a script that were meant as a placeholder, and are none.
#include <algorithm>
#include <utility>

#include "spread/shell/script_lexer.h"

namespace spread {

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
