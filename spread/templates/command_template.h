// spread/templates: a command with placeholders and the values of a task -> the argument list that
// is exec'd. Pure. Start here; the placeholders are command/placeholder.h, a script with them
// shell/script.h, and docs/templates.md is what users are promised.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/result.h"
#include "spread/command/arguments.h"
#include "spread/command/foreign_braces.h"
#include "spread/command/placeholder.h"
#include "spread/shell/script.h"

namespace spread {

struct TemplateOptions {
  std::string replacement = "{}";  ///< -I
  bool has_item = true;            ///< false: {} and its kin are text, only {#} and {%} are not
  std::vector<std::string> names;  ///< of a header, in the order of the values: {name}
  bool append = true;              ///< false: --stdin, the item is not put behind the command
  bool repeat_context = false;     ///< -X
  bool exec_always = false;        ///< -q
  bool shell_always = false;       ///< -c
  bool allow_paste = false;        ///< --allow-paste
  bool literal_braces = false;     ///< --literal-braces
  bool names_follow = false;       ///< a header is still to be read
  ShellRules shell;
  /// The longest argument, with its NUL byte: MAX_ARG_STRLEN of Linux, 32 pages of 4 KiB.
  std::size_t argument_bytes_max = 131072;
  /// All arguments as Arguments::kernel_bytes() counts them; 0 = not looked at. ARG_MAX less what
  /// the environment takes.
  std::size_t arguments_bytes_max = 0;
};

/// A command with placeholders, made once, and rendered for each task without allocation (but in
/// the first ones). What users are promised is in docs/templates.md.
class CommandTemplate {
 public:
  enum class Mode : std::uint8_t {
    Exec,         ///< the words are exec'd (a `sh -c` among them is looked into)
    Script,       ///< one script for the shell
    CommandLine,  ///< no command: each item is itself a line for the shell
  };

  /// Errors are those of usage: an item that would be read as code, operators among words, a
  /// script that cannot be understood.
  static Result<CommandTemplate> create(std::vector<std::string> words,
                                        const TemplateOptions& options);

  /// The argument list for a task, in `out`, whose first word is searched for in PATH. `payload` is
  /// its values, a NUL byte after each. An Error means that the kernel would not take it.
  Status render(std::string_view payload, const TaskContext& context, Arguments& out) const;

  /// What render() gives, as a line that does the same when it is pasted into `sh -c`, with the
  /// values written where they are used: --dry-run, -t, the joblog, the history of failures. Where
  /// that would not be exact, as the script looks at its own parameters, it is the argument list.
  /// May have newlines. Not fast.
  std::string text(std::string_view payload, const TaskContext& context) const;

  Mode mode() const { return mode_; }
  /// The shell of the script, or of a function among words; an empty path if there is none. Where
  /// each item is a command line and the user named no shell it is that of `payload`.
  ShellChoice shell(std::string_view payload) const;
  /// The word of render()'s list that is a script, written by spread or behind `sh -c`: it never
  /// has an item's bytes in it, unless allow_paste was given.
  std::optional<std::size_t> script_word() const;
  /// {word} in the command that is no column, where a header names some: text that was passed on.
  const std::vector<std::string>& unknown_columns() const { return unknown_columns_; }

 private:
  friend class TemplateBuilder;
  CommandTemplate() = default;
  void append_words(Arguments& out, std::span<const TextTemplate> words, Values values,
                    const TaskContext& context) const;
  void render_script(Arguments& out, Values values, const TaskContext& context) const;
  Status check_limits(const Arguments& out) const;
  bool is_readable() const;

  Mode mode_ = Mode::Exec;
  std::vector<TextTemplate> words_;  ///< in front of the script; all words if there is none
  std::optional<ScriptWriter> script_;
  std::vector<TextTemplate> own_;  ///< the user's words behind the script: $0, $1, ...
  bool pass_values_ = false;       ///< the values are the script's $1, $2, ...
  bool default_shell_ = false;     ///< the text of the script alone says it all
  bool repeat_context_ = false;
  ShellRules rules_;
  ShellChoice shell_;
  std::string script_name_;  ///< $0, which shells put before their messages
  std::vector<std::string> unknown_columns_;
  std::size_t argument_bytes_max_ = 0, arguments_bytes_max_ = 0;
};

/// What `{}` stands for: the values with one blank between. For $SPREAD_ITEM, which the kernel
/// limits like an argument.
void append_item(std::string& out, std::string_view payload);

}  // namespace spread
