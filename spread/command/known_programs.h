// What is known of programs that read an argument as code, and of those that run a command. Tables
// for command_scan.cc; adding a program is adding a row.
//
// Best effort: thousands of programs evaluate an argument, and one that is not here, or that learns
// an option after this was written, is not found. So the tables are never the only protection. What
// holds for every program is that an item is never a part of spread's own scripts and never more
// than the one argument that it stands in (spread/shell, spread/templates); the tables only refuse
// where that is known not to be enough. known_programs_test.cc takes each row away and looks.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/result.h"

namespace spread {

/// A program's options, as far as it takes to tell them from its operands. Lists have blanks
/// between.
struct ProgramOptions {
  std::string_view letters;         ///< take an argument: the rest of the word, else the next word
  std::string_view attached;        ///< take the rest of the word, never the next word
  std::string_view long_arguments;  ///< long options whose argument is the next word
};

/// A program that reads an argument as code.
struct Interpreter {
  std::string_view names;
  ProgramOptions options;
  std::string_view code_letters;     ///< options whose argument is code
  std::string_view code_long;        ///< the same, long
  std::string_view program_letters;  ///< take the name of a file with the code: no operand is code
  int first_code_operand;            ///< from 0; kNoOperand: none
  int last_code_operand;
  bool ends_at_operand;  ///< what follows the first operand belongs to the script
  bool by_shell;
  std::string_view instead;
};

/// What to write in place of an item inside code.
inline constexpr std::string_view kAsProgramArgument =
    "read it from the program's arguments: put {} behind the code";

inline constexpr int kNoOperand = -1;
inline constexpr int kAllOperands = 1 << 20;

/// A program that runs the command in its arguments as it is.
struct Wrapper {
  std::string_view names;
  ProgramOptions options;
  int operands;                              ///< its own, before the command
  bool assignments;                          ///< NAME=VALUE may stand before the command
  std::string_view code_letters, code_long;  ///< options whose argument a shell reads
};

std::span<const Interpreter> known_interpreters();
std::span<const Wrapper> known_wrappers();
/// Null if nothing is known.
const Interpreter* find_interpreter(std::string_view name);
const Wrapper* find_wrapper(std::string_view name);
/// Whether `name` runs a command somewhere in its arguments, in a way too varied for the table:
/// docker, srun, find, ...
bool is_launcher(std::string_view name);

/// Words that are to be executed without a shell, and of which one means something to a shell
/// only: an operator or a redirection, an assignment or a builtin in front. To a program they would
/// be arguments, silently. The Error says how to write it.
Status check_words(const std::vector<std::string>& words,
                   const std::function<bool(const std::string&)>& on_path);

/// What a shell does itself, or begins a construct with: `cd`, `if`, `:`.
bool is_word_of_shells(std::string_view word);

}  // namespace spread
