#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "spread/api/result.h"
#include "spread/shell/script.h"

namespace spread {

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

}  // namespace spread
