#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "spread/command/command_scan.h"
#include "spread/shell/script.h"

namespace spread {

/// parse_script() while it runs: one pass, by recursive descent along quotes and substitutions,
/// which are the only grammar that matters here. Commands are cut into words so far that it can be
/// told which program gets which word (script_check.cc).
class ScriptLexer {
 public:
  ScriptLexer(std::string_view text, const ScriptOptions& options)
      : text_(text), options_(options) {}
  Result<Script> run();

 private:
  /// A word of a command while it is read.
  struct Word {
    ScannedWord scanned;
    std::vector<std::size_t> references;  ///< pieces that are its placeholders for items
    std::size_t first_piece = 0;
    std::size_t begin = 0, end = 0;  ///< in the text; end: of one that is complete
    std::size_t parts = 0;           ///< characters, quoted parts, expansions, placeholders
    bool quoted = false;             ///< then it is no reserved word
    bool all_values = false;         ///< has a placeholder for all values
  };
  enum class CaseState { Subject, In, Pattern, Body };
  /// One list of commands: the script, or what is between ( and ).
  struct Commands {
    Word word;
    std::vector<Word> words;  ///< of the current command
    std::vector<CaseState> cases;
    bool redirected = false;   ///< the next word is the target of a redirection
    bool here_string = false;  ///< of <<<
    bool duplicates = false;   ///< of >& or <&
    bool array = false;        ///< not commands, but what is between NAME=( and )
    /// What the current command may read on stdin, or from a <(...), has an item in it.
    bool items_on_stdin = false, items_in_file = false;
    std::size_t printed_before = 0;  ///< the current pipeline: printed_items_ at its begin
    bool after_comment = false;
    std::size_t repeats_before = 0;
  };
  struct HereDocument {
    std::string end;
    bool strip_tabs = false, quoted = false;
    bool code = false;  ///< its reader is a shell or another interpreter
  };

  // script_lexer.cc
  Status commands(bool until_parenthesis, Commands& list);
  Status parenthesis(Commands& list);
  Status redirection(Commands& list);
  Status separator(Commands& list);
  Status here_document_start(const Commands& list);
  Status here_document_bodies();
  void begin_word(Commands& list);
  Status end_word(Commands& list);
  void end_case_word(Commands& list, const Word& word);
  Status end_command(Commands& list);
  Script::End end_state(const Commands& list) const;

  // script_quotes.cc
  Status backslash(Word& word);
  Status single_quoted(Word& word);
  Status ansi_quoted(Word& word);
  Status double_quoted(Word& word);
  Status backquoted(Word& word);
  Status dollar(Word& word, bool in_double);
  Status parameter(Word& word, bool in_double);
  Status substitution(bool arithmetic);
  Status placeholder(Word& word, ScriptPiece::Quotes quotes, std::size_t length,
                     const Placeholder& found);
  Status raw_placeholder(ScriptPiece::Quotes quotes, std::size_t length, const Placeholder& found,
                         std::string_view place);
  void note_mentions(std::string_view text);
  void keep(std::size_t count);
  void keep_in(Word& word, std::size_t count);
  void flush();
  bool starts(std::string_view what) const { return text_.substr(at_).starts_with(what); }
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  std::size_t match(Placeholder& found, std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? options_.syntax.match(text_, at_ + ahead, found) : 0;
  }

  // script_check.cc
  Status check_command(const Commands& list);
  static bool reads_code(std::span<const ScannedWord> words);

  // shell_choice.cc
  void note_bash(std::string_view what);
  void note_bash_expansion();
  void note_bash_redirection();
  void note_bash_parameter(std::size_t length);
  void note_bash_arithmetic(std::string_view text);
  void note_bash_assignment(const ScannedWord& word);
  void note_bash_command(std::span<const ScannedWord> words);
  void note_braces();
  void note_bare_braces(const Word& word);
  void permit_braces_in_programs(const Commands& list);
  Status check_braces();
  Status check_stdin(const Commands& list, std::span<const ScannedWord> words) const;

  // script_values.cc
  Status check_assignment(const ScannedWord& word);
  Status check_builtin(std::span<const ScannedWord> words);
  Status check_declaration(std::span<const ScannedWord> words);
  Status check_numbers(std::span<const ScannedWord> words) const;
  Status check_counted_names() const;
  bool has_items() const;
  bool operator_is_cut(std::string_view next) const;
  Status check_subscript(const ScannedWord& word);
  Status refuse(const ScannedWord& word, std::string_view program, std::string_view instead) const;

  std::string_view text_;
  const ScriptOptions& options_;
  std::size_t at_ = 0;
  std::string literal_;  ///< text that is not yet a piece
  Script script_;
  struct Braces {
    std::size_t at = 0;
    ForeignBraces what;
    std::string unknown;
  };
  std::vector<Braces> braces_;                ///< to be refused, but in a program
  std::vector<HereDocument> here_documents_;  ///< whose bodies begin after the next newline
  std::string_view forbidden_;  ///< the construct here, if no item may stand in it; else empty
  bool after_name_ = false;     ///< the last thing was $name
  bool in_brackets_ = false;    ///< between [[ and ]]
  int depth_ = 0;
  std::size_t printed_items_ = 0;  ///< commands that print an item: echo, printf, <<<
  /// Variables whose value is evaluated when it is assigned, and those that get an item.
  std::vector<std::string> evaluated_names_, names_with_item_;
};

}  // namespace spread
