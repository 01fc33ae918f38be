#include "spread/shell/script_lexer.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "spread/base/characters.h"
#include "spread/base/quote.h"

namespace spread {
namespace {

using Quotes = ScriptPiece::Quotes;

// No script written by a person nests deeper, and recursion uses spread's stack.
constexpr int kDepthMax = 200;

constexpr std::string_view kBeforeCommand = "if then else elif do while until ! { coproc";
constexpr std::string_view kAfterCompound = "fi done esac } ]]";
constexpr std::string_view kCutOperator =
    "an operator of the script is cut in two by a backslash at the end of a line: write it in one";

bool is_script_blank(char c) { return is_blank(c) || c == '\r'; }

// NAME=, NAME+= or NAME[...]= with all of it before the first item.
bool is_assignment(const ScannedWord& word) {
  const std::size_t equals = word.text.find('=');
  if (equals == std::string::npos || equals == 0) return false;
  if (!word.holes.empty() && word.holes.front() <= equals) return false;
  const char first = word.text[0];
  return is_name_char(first) && !is_digit(first) &&
         (is_name_char(word.text[equals - 1]) || word.text[equals - 1] == '+' ||
          word.text[equals - 1] == ']');
}

}  // namespace

Result<Script> parse_script(std::string_view text, const ScriptOptions& options) {
  return ScriptLexer(text, options).run();
}

Result<Script> ScriptLexer::run() {
  if (text_.find('\0') != std::string_view::npos) return fail("the script has a NUL byte");
  Commands list;
  SPREAD_TRY(commands(/*until_parenthesis=*/false, list));
  flush();
  SPREAD_TRY(check_counted_names());
  SPREAD_TRY(check_braces());
  script_.end = end_state(list);
  return std::move(script_);
}

Script::End ScriptLexer::end_state(const Commands& list) const {
  if (text_.ends_with('\\') && !text_.ends_with("\\\\")) return Script::End::Backslash;
  if (list.after_comment) return Script::End::Comment;
  if (list.words.empty()) return Script::End::Command;
  const ScannedWord& first = list.words.front().scanned;
  return has_word(kAfterCompound, first.text) ? Script::End::Compound : Script::End::Argument;
}

Status ScriptLexer::commands(bool until_parenthesis, Commands& list) {
  if (++depth_ > kDepthMax) return fail("the script is nested too deeply");
  list.printed_before = printed_items_;
  Placeholder found;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (const std::size_t length = match(found); length > 0) {
      begin_word(list);
      SPREAD_TRY(placeholder(list.word, Quotes::Bare, length, found));
    } else if (c == ')' && list.word.parts > 0) {
      SPREAD_TRY(end_word(list));  // may be an esac: then the ) is of what is around the case
    } else if (c == ')' && (list.cases.empty() || list.cases.back() != CaseState::Pattern)) {
      if (!until_parenthesis) return fail("the script has a ) without (");
      break;
    } else if (c == '(' || c == ')') {
      SPREAD_TRY(parenthesis(list));
    } else if (c == '<' || c == '>') {
      SPREAD_TRY(redirection(list));
    } else if (c == ';' || c == '&' || c == '|' || c == '\n') {
      SPREAD_TRY(separator(list));
    } else if (is_script_blank(c)) {
      SPREAD_TRY(end_word(list));
      keep(1);
    } else if (c == '#' && list.word.parts == 0) {
      keep(std::min(text_.find('\n', at_), text_.size()) - at_);
      list.after_comment = true;
    } else if (c == '\\' && peek(1) == '\n') {
      keep(2);
    } else {
      begin_word(list);
      if (c == '\\') {
        SPREAD_TRY(backslash(list.word));
      } else if (c == '\'') {
        SPREAD_TRY(single_quoted(list.word));
      } else if (c == '"') {
        SPREAD_TRY(double_quoted(list.word));
      } else if (c == '`') {
        SPREAD_TRY(backquoted(list.word));
      } else if (c == '$') {
        SPREAD_TRY(dollar(list.word, /*in_double=*/false));
      } else {
        if (c == '{') note_bare_braces(list.word);
        if (c == '{') note_bash_expansion();
        keep_in(list.word, 1);
        ++list.word.parts;
      }
    }
  }
  if (until_parenthesis && at_ == text_.size()) return fail("the script has a ( without )");
  SPREAD_TRY(end_word(list));
  SPREAD_TRY(check_command(list));
  if (!list.cases.empty()) return fail("the script has a case without esac");
  --depth_;
  return {};
}

Status ScriptLexer::parenthesis(Commands& list) {
  if (peek() == ')') {  // of a pattern
    list.cases.back() = CaseState::Body;
    keep(1);
    return {};
  }
  const bool pattern = !list.cases.empty() && list.cases.back() == CaseState::Pattern;
  if (pattern && list.word.parts == 0) {
    keep(1);
    return {};
  }
  std::size_t close = 1;
  while (is_script_blank(peek(close))) ++close;
  if (peek(close) == ')' && (list.word.parts > 0 || list.words.size() == 1)) {
    script_.moves_parameters = true;  // a function: $1 inside is its own
    SPREAD_TRY(end_word(list));
    list.words.clear();
    keep(close + 1);
    return {};
  }
  // Sub-shell, array, process substitution or extended pattern. (( is arithmetic in some shells.
  const bool arithmetic = list.word.parts == 0 && starts("((");
  if (arithmetic && forbidden_.empty()) note_bash("((...))");
  if (operator_is_cut("(")) return fail(std::string(kCutOperator));
  keep(1);
  const std::string_view outside = forbidden_;
  if (arithmetic) forbidden_ = "arithmetic";
  Commands inner;
  inner.array = list.word.scanned.text.ends_with('=');
  if (inner.array) note_bash("x=(...)");
  SPREAD_TRY(commands(/*until_parenthesis=*/true, inner));
  forbidden_ = outside;
  keep(1);
  if (list.word.parts > 0) {
    ++list.word.parts;
  } else if (list.words.empty()) {
    Word compound;
    compound.scanned.text = "}";  // as a command that has ended: nothing can be appended
    list.words.push_back(std::move(compound));
  }
  return {};
}

Status ScriptLexer::redirection(Commands& list) {
  // 2> belongs to the operator.
  const std::string& word = list.word.scanned.text;
  if (!list.word.quoted && list.word.references.empty() && !word.empty() &&
      word.find_first_not_of("0123456789") == std::string::npos) {
    list.word = {};
  }
  SPREAD_TRY(end_word(list));
  if (operator_is_cut("<>&|(")) return fail(std::string(kCutOperator));
  note_bash_redirection();
  if (starts("<(") || starts(">(")) {
    begin_word(list);
    ++list.word.parts;
    keep(1);
    const std::size_t before = printed_items_;
    SPREAD_TRY(parenthesis(list));
    list.items_in_file = list.items_in_file || printed_items_ > before;
    return {};
  }
  list.redirected = true;
  if (starts("<<<")) {
    list.here_string = true;
    keep(3);
    return {};
  }
  if (starts("<<") && forbidden_.empty()) return here_document_start(list);
  for (const std::string_view two : {"<>", "<&", ">>", ">&", ">|"}) {
    if (!starts(two)) continue;
    list.duplicates = two.ends_with('&');
    keep(2);
    return {};
  }
  keep(1);
  return {};
}

Status ScriptLexer::here_document_start(const Commands& list) {
  keep(2);
  HereDocument document;
  std::vector<ScannedWord> words;
  for (const Word& word : list.words) words.push_back(word.scanned);
  document.code = reads_code(words);
  if (peek() == '-') {
    document.strip_tabs = true;
    keep(1);
  }
  while (is_script_blank(peek())) keep(1);
  char quote = '\0';
  while (at_ < text_.size()) {
    const char c = peek();
    if (quote == '\0' &&
        (is_script_blank(c) || std::string_view("\n;&|<>()").find(c) != std::string_view::npos)) {
      break;
    }
    if (quote == '\0' && (c == '\'' || c == '"')) {
      quote = c;
      document.quoted = true;
    } else if (c == quote) {
      quote = '\0';
    } else if (c == '\\' && quote != '\'') {
      document.quoted = true;
      keep(1);
      if (at_ < text_.size()) document.end += peek();
    } else {
      document.end += c;
    }
    keep(1);
  }
  here_documents_.push_back(std::move(document));
  return {};
}

// Called behind the newline that ends the line of the operators.
Status ScriptLexer::here_document_bodies() {
  Placeholder found;
  for (const HereDocument& document : std::exchange(here_documents_, {})) {
    bool joined = false;  // to the line before, by a backslash at its end
    while (at_ < text_.size()) {
      const std::size_t line_end = std::min(text_.find('\n', at_), text_.size());
      std::string_view line = text_.substr(at_, line_end - at_);
      if (document.strip_tabs) {
        line.remove_prefix(std::min(line.find_first_not_of('\t'), line.size()));
      }
      const bool last = line == document.end && !joined;
      const std::size_t slashes =
          line.size() - std::min(line.find_last_not_of('\\') + 1, line.size());
      joined = !document.quoted && slashes % 2 == 1;
      if (!document.quoted) note_mentions(line);
      while (at_ < line_end) {
        const std::size_t length = last ? 0 : match(found);
        if (length == 0) {
          note_braces();
          keep(1);
        } else {
          const std::string_view place = document.code ? "a script on stdin" : "a here-document";
          SPREAD_TRY(raw_placeholder(Quotes::Raw, length, found, place));
        }
      }
      keep(line_end < text_.size() ? 1 : 0);
      if (last) break;
    }
  }
  return {};
}

Status ScriptLexer::separator(Commands& list) {
  SPREAD_TRY(end_word(list));
  const char c = peek();
  if (c == '\n') {
    SPREAD_TRY(end_command(list));
    keep(1);
    return here_document_bodies();
  }
  const bool pipe = c == '|' && !starts("||");
  if (starts("|&")) note_bash("|&");
  if (starts("&>")) note_bash("&>");
  if (starts(";&") || starts(";;&")) note_bash(";&");
  const bool compound = !list.words.empty() && list.words.front().scanned.holes.empty() &&
                        has_word(kAfterCompound, list.words.front().scanned.text);
  SPREAD_TRY(end_command(list));
  // Of `{ ...; } | sh` any command may have printed it.
  list.items_on_stdin = pipe && printed_items_ > (compound ? 0 : list.printed_before);
  if (!pipe) list.printed_before = printed_items_;
  if (c == ';' && (starts(";;") || starts(";&"))) {
    if (!list.cases.empty()) list.cases.back() = CaseState::Pattern;
    keep(starts(";;&") ? 3 : 2);
    return {};
  }
  keep(starts("|&") ? 2 : 1);
  return {};
}

void ScriptLexer::begin_word(Commands& list) {
  if (list.word.parts > 0) return;
  list.after_comment = false;
  if (options_.repeat_context) flush();
  list.word.first_piece = script_.pieces.size();
  list.word.begin = at_;
  list.repeats_before = script_.repeats.size();
}

Status ScriptLexer::end_word(Commands& list) {
  after_name_ = false;
  if (list.word.parts == 0) return {};
  Word word = std::exchange(list.word, {});
  word.end = at_;
  const bool redirected = std::exchange(list.redirected, false);
  const bool here_string = std::exchange(list.here_string, false);
  if (std::exchange(list.duplicates, false) && !word.scanned.holes.empty() &&
      !options_.allow_paste) {
    return refuse(word.scanned, "bash's >&", "> {} 2>&1 does the same");
  }
  if (word.parts == 1 && word.references.size() == 1 && !word.quoted && !redirected) {
    script_.pieces[word.references[0]].whole_word = true;
  }
  const bool assignment = list.words.empty() && is_assignment(word.scanned);
  if (options_.repeat_context && word.all_values && !redirected && !assignment) {
    if (script_.repeats.size() != list.repeats_before) {
      return fail(
          fmt::format("-X: the word {} holds a placeholder inside $(...) and another "
                      "outside; give the item a name first (x={})",
                      show_text(word.scanned.text), options_.syntax.replacement()));
    }
    flush();
    script_.repeats.push_back({word.first_piece, script_.pieces.size()});
  }
  if (here_string && !word.scanned.holes.empty()) {
    list.items_on_stdin = true;
    ++printed_items_;
  }
  if (redirected) return {};
  if (!list.cases.empty() && list.cases.back() != CaseState::Body) {
    end_case_word(list, word);
    return {};
  }
  if (list.words.empty() && !word.quoted && word.scanned.holes.empty()) {
    const std::string& text = word.scanned.text;
    if (text == "coproc") note_bash(text);
    if (has_word(kBeforeCommand, text)) return {};
    if (text == "function") {
      script_.moves_parameters = true;
      note_bash(text);
    }
    if (text == "case") {
      list.cases.push_back(CaseState::Subject);
      return {};
    }
    if (text == "esac" && !list.cases.empty()) list.cases.pop_back();
  }
  if (list.words.empty() || list.array) SPREAD_TRY(check_subscript(word.scanned));
  if (assignment) note_bash_assignment(word.scanned);
  if (assignment) return check_assignment(word.scanned);
  // Behind `time -p` and `coproc NAME`, too.
  if (word.scanned.text == "[[" && !word.quoted && list.words.size() <= 2) {
    in_brackets_ = true;
    script_.has_brackets = true;
    note_bash("[[");
  }
  list.words.push_back(std::move(word));
  return {};
}

void ScriptLexer::end_case_word(Commands& list, const Word& word) {
  const bool plain = !word.quoted && word.scanned.holes.empty();
  switch (list.cases.back()) {
    case CaseState::Subject: list.cases.back() = CaseState::In; break;
    case CaseState::In:
      if (plain && word.scanned.text == "in") list.cases.back() = CaseState::Pattern;
      break;
    case CaseState::Pattern:
      if (!plain || word.scanned.text != "esac") break;
      list.cases.pop_back();
      list.words.push_back(word);
      break;
    case CaseState::Body: break;
  }
}

Status ScriptLexer::end_command(Commands& list) {
  SPREAD_TRY(check_command(list));
  list.words.clear();
  list.redirected = list.after_comment = false;
  list.items_on_stdin = list.items_in_file = false;
  return {};
}

}  // namespace spread
