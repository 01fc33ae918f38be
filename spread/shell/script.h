// A command as a script: where its placeholders stand, which shell runs it, and how it is written
// so that no value is ever code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/result.h"
#include "spread/command/arguments.h"
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

/// What decides which shell runs a script.
struct ShellRules {
  std::string named;                      ///< by the user; empty = the script decides
  std::string named_by = "--shell-path";  ///< how, for messages
  /// Whether exec would find a program of this name or path.
  std::function<bool(const std::string&)> on_path;
  /// Whether the environment has an exported function of bash that is called so.
  std::function<bool(const std::string&)> is_function;
};

struct ShellChoice {
  std::string path;      ///< or a name, to be looked for in PATH
  std::string why;       ///< what of the script only bash knows; empty = nothing
  std::string function;  ///< that is, the name of an exported function
};

inline constexpr std::string_view kPlainShell = "/bin/sh";

ShellChoice choose_shell(const Script& script, const ShellRules& rules);

/// The same for a command line without placeholders. One that cannot be understood is sh's. One
/// that calls bash, as joblogs have a script that was bash's, is given to bash for no other reason:
/// dash would drop the functions that bash has exported.
ShellChoice choose_shell(std::string_view line, const ShellRules& rules);

/// A program's name that only stands for an exported function: PATH has none.
bool is_exported_function(const std::string& name, const ShellRules& rules);

/// The bash that runs a function: the user's shell, if it is one.
std::string bash_path(const ShellRules& rules);

/// An Error if the user named a shell that takes no item as "$1".
Status check_shell(const ShellRules& rules);

using Values = std::span<const std::string_view>;

/// Writes a Script for the values of a task. The values never become part of its text: it refers
/// to them as "$1", "$2", ... Anything else that placeholders ask for ({.}, {/}, ...) comes as
/// parameters *in front of* the values, which the script's first words put into variables and
/// shift away:
///
///   spread_1=$1; shift; gzip -c "$1" > "$spread_1".gz
///
/// So $1, $@ and $# are the values and nothing but the values, however many there are. The same
/// is done with the values themselves where the script moves its parameters (shift, set,
/// functions), or where $1, $2, ... belong to the user (`sh -c SCRIPT NAME ARG...`).
class ScriptWriter {
 public:
  ScriptWriter() = default;
  ScriptWriter(Script script, bool capture_all);

  /// One word: the script. The parameters that belong to it are append_captured()'s, in front of
  /// the user's.
  void append_script(std::string& out, Values values, const TaskContext& context) const;
  void append_captured(Arguments& out, Values values) const;
  /// The script as it would read with the values written into it, each quoted for its place; does
  /// what the other one does as long as it does not look at its parameters.
  void append_readable(std::string& out, Values values, const TaskContext& context) const;

  const Script& script() const { return script_; }
  bool refers_to_parameters() const { return live_; }

 private:
  /// What is passed in front of the values: one parameter for each value of the placeholder.
  struct Column {
    Placeholder placeholder;
    bool quoted = false;
    bool operator==(const Column&) const = default;
  };
  static constexpr std::size_t kLive = static_cast<std::size_t>(-1);
  static constexpr std::size_t kEach = static_cast<std::size_t>(-1);

  struct Sink;
  void walk(Sink& sink, Values values) const;
  void append_reference(std::string& out, std::size_t piece, std::size_t i,
                        std::size_t count) const;
  void write_reference(std::string& out, std::size_t piece, ValueRange range,
                       std::size_t count) const;
  void write_readable(std::string& out, const ScriptPiece& piece, Values values,
                      ValueRange range) const;
  void write_raw(std::string& out, const ScriptPiece& piece, Values values, ValueRange range) const;
  void write_number(std::string& out, const ScriptPiece& piece, const TaskContext& context) const;
  std::size_t captured_before(std::size_t column, std::size_t count) const;

  Script script_;
  std::vector<Column> columns_;
  std::vector<std::size_t> column_of_;  ///< by piece; kLive = refers to $N
  bool live_ = false;
};

}  // namespace spread
