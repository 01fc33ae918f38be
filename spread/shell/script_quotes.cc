#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "spread/base/characters.h"
#include "spread/base/quote.h"
#include "spread/shell/script_lexer.h"

namespace spread {
namespace {

using Quotes = ScriptPiece::Quotes;

constexpr std::string_view kValueParameters = "123456789@*";

bool is_name_start(char c) { return is_letter(c) || c == '_'; }
bool is_value_parameter(char c) {
  return c != '\0' && kValueParameters.find(c) != std::string_view::npos;
}

std::string_view instead_of(std::string_view place) {
  if (place == "backquotes") return "write $(...) instead of `...`";
  if (place == "a script on stdin") {
    return "let it have the item as an argument: sh -c 'COMMAND \"$1\"' sh {}";
  }
  if (place == "${...}") return "write \"$1\" there, or give it a name first (x={})";
  if (place == "arithmetic") {
    return "shells run what is in $(...) there: give the item to another program, such as expr";
  }
  return "write $1 there, or give it a name first (x={}) and write $x";
}

}  // namespace

void ScriptLexer::keep(std::size_t count) {
  count = std::min(count, text_.size() - at_);
  literal_ += text_.substr(at_, count);
  at_ += count;
}

void ScriptLexer::keep_in(Word& word, std::size_t count) {
  count = std::min(count, text_.size() - at_);
  word.scanned.text += text_.substr(at_, count);
  keep(count);
  after_name_ = false;
}

void ScriptLexer::flush() {
  if (literal_.empty()) return;
  ScriptPiece piece;
  piece.text = std::exchange(literal_, {});
  script_.pieces.push_back(std::move(piece));
}

void ScriptLexer::note_mentions(std::string_view text) {
  if (text.find("SPREAD_ITEM") != std::string_view::npos) script_.mentions_values = true;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] != '$') continue;
    const char next = text[i + 1] == '{' && i + 2 < text.size() ? text[i + 2] : text[i + 1];
    if (is_value_parameter(next)) script_.mentions_values = true;
    if (next == '0') script_.mentions_name = true;
    if (next == '#') script_.mentions_count = true;
  }
}

Status ScriptLexer::placeholder(Word& word, Quotes quotes, std::size_t length,
                                const Placeholder& found) {
  const bool glued = std::exchange(after_name_, false) ||
                     (quotes == Quotes::Bare && (peek(length) == '<' || peek(length) == '>'));
  ++word.parts;
  if (!forbidden_.empty()) {
    word.scanned.text += '0';
    return raw_placeholder(Quotes::Raw, length, found, forbidden_);
  }
  flush();
  ScriptPiece piece;
  piece.quotes = quotes;
  piece.placeholder = found;
  piece.glued = glued;
  if (found.is_number()) {
    word.scanned.text += '0';
  } else {
    word.scanned.holes.push_back(word.scanned.text.size());
    word.references.push_back(script_.pieces.size());
    if (found.position == 0) word.all_values = true;
  }
  script_.pieces.push_back(std::move(piece));
  script_.has_placeholder = true;
  at_ += length;
  return {};
}

Status ScriptLexer::raw_placeholder(Quotes quotes, std::size_t length, const Placeholder& found,
                                    std::string_view place) {
  if (!found.is_number() && !options_.allow_paste) {
    return fail(
        fmt::format("{} stands in {}, where it would be read as code: {} (or paste it "
                    "with --allow-paste)",
                    text_.substr(at_, length), place, instead_of(place)));
  }
  flush();
  ScriptPiece piece;
  piece.quotes = found.is_number() ? Quotes::Raw : quotes;
  piece.placeholder = found;
  script_.pieces.push_back(std::move(piece));
  script_.has_placeholder = true;
  at_ += length;
  return {};
}

// A placeholder is never escaped: its reference is quoted, and the backslash would break that.
Status ScriptLexer::backslash(Word& word) {
  Placeholder found;
  word.quoted = true;
  if (at_ + 1 < text_.size() && match(found, 1) > 0) {
    ++at_;
    ++word.parts;
    return {};
  }
  keep(1);
  keep_in(word, 1);
  ++word.parts;
  return {};
}

Status ScriptLexer::single_quoted(Word& word) {
  word.quoted = true;
  ++word.parts;
  keep(1);
  after_name_ = false;
  Placeholder found;
  while (at_ < text_.size()) {
    if (peek() == '\'') {
      keep(1);
      return {};
    }
    if (const std::size_t length = match(found); length > 0) {
      SPREAD_TRY(placeholder(word, Quotes::Single, length, found));
    } else {
      note_braces();
      keep_in(word, 1);
    }
  }
  return fail("the script has a ' that is never closed");
}

Status ScriptLexer::ansi_quoted(Word& word) {
  using AnsiQuotes = ScriptOptions::AnsiQuotes;
  keep(1);  // the $; single_quoted() would do for the rest in a shell that does not know it
  if (options_.ansi_quotes == AnsiQuotes::None) return single_quoted(word);
  const bool unknown = options_.ansi_quotes == AnsiQuotes::Unknown;
  note_bash("$'...'");
  word.quoted = true;
  ++word.parts;
  keep(1);
  Placeholder found;
  while (at_ < text_.size()) {
    if (peek() == '\'') {
      keep(1);
      return {};
    }
    const std::size_t length = match(found);
    if (unknown && (length > 0 || starts("\\'"))) {
      return fail(
          "$'...' is not known to every sh: name the shell (--shell-path bash), or use "
          "other quotes");
    }
    if (length > 0) {
      SPREAD_TRY(placeholder(word, Quotes::Ansi, length, found));
    } else if (peek() == '\\' && match(found, 1) == 0) {
      keep_in(word, 2);
    } else if (peek() == '\\') {
      literal_ += "\\\\";
      ++at_;
    } else {
      note_braces();
      keep_in(word, 1);
    }
  }
  return fail("the script has a $' that is never closed");
}

Status ScriptLexer::double_quoted(Word& word) {
  if (++depth_ > 200) return fail("the script is nested too deeply");
  word.quoted = true;
  ++word.parts;
  keep(1);
  after_name_ = false;
  Placeholder found;
  while (at_ < text_.size()) {
    const char c = peek();
    if (c == '"') {
      keep(1);
      after_name_ = false;
      --depth_;
      return {};
    }
    if (const std::size_t length = match(found); length > 0) {
      SPREAD_TRY(placeholder(word, Quotes::Double, length, found));
    } else if (c == '\\' && at_ + 1 < text_.size()) {
      if (match(found, 1) > 0) {
        // The backslash is text here, and would be none before a $.
        literal_ += "\\\\";
        word.scanned.text += '\\';
        ++at_;
      } else {
        keep(1);
        keep_in(word, 1);
      }
    } else if (c == '`') {
      SPREAD_TRY(backquoted(word));
    } else if (c == '$') {
      SPREAD_TRY(dollar(word, /*in_double=*/true));
    } else {
      note_braces();
      keep_in(word, 1);
    }
  }
  return fail("the script has a \" that is never closed");
}

Status ScriptLexer::backquoted(Word& word) {
  ++word.parts;
  word.quoted = true;
  const std::size_t begin = at_;
  keep(1);
  Placeholder found;
  while (at_ < text_.size()) {
    if (peek() == '`') {
      note_mentions(text_.substr(begin, at_ - begin));
      keep(1);
      after_name_ = false;
      word.scanned.text += "``";
      return {};
    }
    if (const std::size_t length = match(found); length > 0) {
      SPREAD_TRY(raw_placeholder(Quotes::RawQuoted, length, found, "backquotes"));
    } else {
      note_braces();
      keep(peek() == '\\' ? 2 : 1);
    }
  }
  return fail("the script has a ` that is never closed");
}

Status ScriptLexer::dollar(Word& word, bool in_double) {
  Placeholder found;
  const char next = peek(1);
  if (next == '{') return parameter(word, in_double);
  if (at_ + 1 < text_.size() && match(found, 1) > 0) {
    return fail(fmt::format("a $ stands directly before {}: write \\$ for the character itself",
                            options_.syntax.replacement()));
  }
  if (operator_is_cut("({[")) {
    return fail("a $ is cut from what follows it by a backslash at the end of a line");
  }
  if (!in_double && next == '\'') return ansi_quoted(word);
  ++word.parts;
  if (next == '(') {
    const bool arithmetic = peek(2) == '(';
    keep(1);
    if (operator_is_cut("(")) {
      return fail("$(( is cut in two by a backslash at the end of a line: write it in one");
    }
    keep(1);
    word.scanned.text += "$()";
    return substitution(arithmetic);
  }
  word.scanned.text += '$';
  note_bash_parameter(1);
  if (next == '[') {  // bash's old arithmetic
    note_bash("$[...]");
    const std::string_view inside = text_.substr(at_ + 1);
    int open = 0;
    for (std::size_t i = 0; i < inside.size() && (i == 0 || open > 0); ++i) {
      open += inside[i] == '[' ? 1 : inside[i] == ']' ? -1 : 0;
      if (options_.syntax.match(inside, i, found) > 0 && !found.is_number()) {
        return fail(fmt::format("{} stands in arithmetic, where it would be read as code: {}",
                                options_.syntax.replacement(), instead_of("arithmetic")));
      }
    }
  }
  if (is_value_parameter(next)) script_.mentions_values = true;
  if (next == '0') script_.mentions_name = true;
  if (next == '#') script_.mentions_count = true;
  if (!is_name_start(next)) {
    const bool special =
        next != '\0' &&
        (is_digit(next) || std::string_view("@*#?-$!").find(next) != std::string_view::npos);
    keep(special ? 2 : 1);
    // zsh reads $12 as one name, the others as $1 and 2.
    after_name_ = is_digit(next);
    return {};
  }
  std::size_t length = 1;
  while (is_name_char(peek(length))) ++length;
  if (text_.substr(at_ + 1, length - 1) == "SPREAD_ITEM") script_.mentions_values = true;
  keep(length);
  after_name_ = true;
  return {};
}

// ${...}. Quotes in it differ from shell to shell; so no item may stand there.
Status ScriptLexer::parameter(Word& word, bool in_double) {
  if (++depth_ > 200) return fail("the script is nested too deeply");
  ++word.parts;
  note_mentions(text_.substr(at_, 3));
  note_bash_parameter(2);
  if (starts("${#") && is_value_parameter(peek(3))) script_.mentions_values = true;
  if (starts("${SPREAD_ITEM")) script_.mentions_values = true;
  const std::string_view outside = std::exchange(forbidden_, "${...}");
  word.scanned.text += "${}";
  keep(2);
  Word inner;
  Placeholder found;
  while (at_ < text_.size()) {
    const char c = peek();
    if (c == '}') {
      keep(1);
      forbidden_ = outside;
      after_name_ = false;
      --depth_;
      return {};
    }
    if (const std::size_t length = match(found); length > 0) {
      SPREAD_TRY(raw_placeholder(Quotes::Raw, length, found, forbidden_));
    } else if (c == '\\') {
      keep(2);
    } else if (c == '\'' && !in_double) {
      SPREAD_TRY(single_quoted(inner));
    } else if (c == '"') {
      SPREAD_TRY(double_quoted(inner));
    } else if (c == '`') {
      SPREAD_TRY(backquoted(inner));
    } else if (c == '$') {
      SPREAD_TRY(dollar(inner, in_double));
    } else {
      keep(1);
    }
  }
  return fail("the script has a ${ that is never closed");
}

// Behind `$(`: quotes begin afresh. $(( is arithmetic, or a sub-shell in a substitution; no item
// may stand in it as it cannot be told apart for certain.
Status ScriptLexer::substitution(bool arithmetic) {
  const std::string_view outside = std::exchange(forbidden_, arithmetic ? "arithmetic" : "");
  const bool brackets = std::exchange(in_brackets_, false);
  Commands inner;
  const std::size_t begin = at_;
  SPREAD_TRY(commands(/*until_parenthesis=*/true, inner));
  const std::string_view inside = text_.substr(begin, at_ - begin);
  keep(1);
  forbidden_ = outside;
  if (arithmetic) note_bash_arithmetic(inside);
  in_brackets_ = brackets;
  after_name_ = false;
  return {};
}

}  // namespace spread
