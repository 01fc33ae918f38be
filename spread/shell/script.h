#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/result.h"
#include "spread/command/foreign_braces.h"
#include "spread/command/placeholder.h"

namespace spread {

/// A part of a script: text that stays as it is, or a placeholder and what is around it.
struct ScriptPiece {
  enum class Quotes : std::uint8_t {
    Text,      ///< no placeholder
    Bare,      ///< outside of quotes
    Double,    ///< inside "..."
    Single,    ///< inside '...'
    Ansi,      ///< inside $'...' of a shell that is known to have it
    Raw,       ///< no reference is possible: pasted as it is; numbers, or --allow-paste
    RawQuoted  ///< the same, pasted as a quoted word
  };
  Quotes quotes = Quotes::Text;
  std::string text;
  Placeholder placeholder;
  /// It is a whole word of a command: several values are several words.
  bool whole_word = false;
  /// --allow-paste: a shell reads the word once more, so the value is quoted for it.
  bool evaluated = false;
  /// Text that is put here directly would run together with what stands before or behind:
  /// `$x{}`, `{#}>file`.
  bool glued = false;
};

/// A script for a POSIX shell, cut at its placeholders.
struct Script {
  std::vector<ScriptPiece> pieces;
  /// The pieces of one word that is repeated for each value (-X). In order, without overlap.
  struct Repeat {
    std::size_t begin = 0, end = 0;
  };
  std::vector<Repeat> repeats;
  bool has_placeholder = false;
  bool mentions_values = false;   ///< has $1, $@, $* or $SPREAD_ITEM: it takes the items by itself
  bool mentions_name = false;     ///< has $0
  bool mentions_count = false;    ///< has $#
  bool moves_parameters = false;  ///< shift, set, functions: $1 is not the item everywhere
  bool has_brackets = false;      ///< [[ ]]: quotes have a meaning of their own there
  /// What a word appended to the script would be.
  enum class End : std::uint8_t { Argument, Command, Comment, Compound, Backslash };
  End end = End::Command;
  /// What only bash has, as people call it ("[[", "source"): the first that is neither quoted nor
  /// in a comment, a here-document or backquotes. Empty = nothing.
  std::string bash_construct;
  std::vector<std::string> command_words;    ///< of its commands, as far as they are known
  std::vector<std::string> unknown_columns;  ///< {word} where no column is called so
};

struct ScriptOptions {
  PlaceholderSyntax syntax;
  bool repeat_context = false;  ///< -X
  bool allow_paste = false;
  /// Whether the shell knows $'...'.
  enum class AnsiQuotes : std::uint8_t { Unknown, Known, None } ansi_quotes = AnsiQuotes::Unknown;
  /// Its `test`, `printf`, `shift`, `exit` and the like calculate: they run the $(...) in a[$(...)]
  /// (ksh, mksh, zsh), where others want digits.
  bool calculates = false;
  BraceRules braces;
};

/// Finds the placeholders of a script and the quotes around each, as a shell would. Where an item
/// would become code it is an Error that says what to write instead: in here-documents,
/// backquotes, ${...} and arithmetic, and in words that are evaluated once more (`eval`, `ssh`,
/// `python3 -c`). So is a quote or parenthesis that is not closed: then nothing is certain; and
/// braces that were meant as a placeholder (foreign_braces.h), but in a program for an interpreter.
/// Placeholders in comments are text.
Result<Script> parse_script(std::string_view text, const ScriptOptions& options);

}  // namespace spread
