#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spread {

/// One word of a command, as the program would get it, for looking at.
struct ScannedWord {
  std::string text;                ///< without quotes; placeholders for items left out
  std::vector<std::size_t> holes;  ///< where in `text` items stand

  bool has_item() const { return !holes.empty(); }
};

/// A word in which an item would be read as code by the program that gets it.
struct EvaluatedWord {
  std::size_t word = 0;
  std::string program;       ///< that reads it
  bool by_shell = false;     ///< as a POSIX shell does: quoting helps (--allow-paste)
  std::string_view instead;  ///< what to write instead
};

struct CommandScan {
  /// The word after `sh -c`, of a shell whose parameters spread can set: it is a script, and the
  /// words after it are its $0, $1, ...
  std::optional<std::size_t> script;
  std::vector<EvaluatedWord> evaluated;
};

/// Finds the shell script and the other code in a command by what is known of the programs that
/// read their arguments as code, and of those that run another command (env, nice, timeout, ...).
/// Only words with an item in them are reported as evaluated. Best effort, and never the only
/// protection: see known_programs.h.
CommandScan scan_command(std::span<const ScannedWord> words);

/// A path's last part without a version: "/usr/bin/python3.11" is "python".
std::string_view program_name(std::string_view path);

/// Whether `name` (see program_name) is a shell that takes `-c SCRIPT NAME ARG...` and calls them
/// $0, $1, ...
bool is_posix_shell(std::string_view name);

/// Whether `list`, words with blanks between, has `word`.
bool has_word(std::string_view list, std::string_view word);

}  // namespace spread
