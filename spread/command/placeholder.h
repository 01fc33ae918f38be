// spread/command: the words of a command and the placeholders in them. Pure: no process, no
// environment, no file. docs/templates.md is what users are promised.
//
//   placeholder.h     {} {.} {2/} {name} ...: how they are recognised, what they make of a value;
//                     text with them, without any shell: --tagstring, --wd, --results
//   foreign_braces.h  text in braces that was meant as a placeholder and is none
//   command_scan.h    which words of a command another interpreter would read as code
//   known_programs.h  the tables for that: programs that read an argument as code, or run a command
//   arguments.h       an argument list, made anew for each task in memory that stays
//
// Start here; a command as a script is spread/shell, all of it together spread/templates. Items are
// data: nothing here ever puts one into text that a shell or another interpreter reads as code,
// unless --allow-paste was given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/result.h"

namespace spread {

/// What a placeholder makes of a value. All but the last two give a part of the value's bytes.
enum class Form : std::uint8_t {
  Whole,             ///< {}
  NoExtension,       ///< {.}
  NoExtensions,      ///< {..}  two of them
  Name,              ///< {/}   what is behind the last slash
  Directory,         ///< {//}
  NameNoExtension,   ///< {/.}
  NameNoExtensions,  ///< {/..}
  NoSuffix,          ///< {%suffix}
  Sequence,          ///< {#}
  Slot,              ///< {%}
};

struct Placeholder {
  Form form = Form::Whole;
  /// 1 = the first value, -1 = the last, 0 = all of them.
  int position = 0;
  std::string suffix;

  /// Of {#} and {%}: digits written by spread, which no interpreter can misread.
  bool is_number() const { return form == Form::Sequence || form == Form::Slot; }
  bool operator==(const Placeholder&) const = default;
};

/// Where in its run a task is rendered.
struct TaskContext {
  std::uint64_t sequence = 1;  ///< {#}: the task's id + 1
  std::uint32_t slot = 1;      ///< {%}: from 1, over all hosts
};

/// What counts as a placeholder. Everything else in braces is ordinary text.
class PlaceholderSyntax {
 public:
  PlaceholderSyntax() = default;
  /// `replacement` (-I) stands for `{}`, which is then ordinary text; the other forms stay. `names`
  /// are those of a header, in the order of the values. An empty replacement is an error.
  static Result<PlaceholderSyntax> create(std::string replacement, std::vector<std::string> names);
  /// Only {#} and {%}: where there is no item.
  static PlaceholderSyntax numbers();
  /// Nothing at all.
  static PlaceholderSyntax none();

  /// The length of the placeholder that begins at `at`; 0 = there is none.
  std::size_t match(std::string_view text, std::size_t at, Placeholder& found) const;
  /// What stands for all values: "{}", or what -I named. Nothing where there is no item.
  const std::string& replacement() const { return replacement_; }

 private:
  std::size_t match_braces(std::string_view text, std::size_t at, Placeholder& found) const;
  std::size_t match_name(std::string_view text, std::size_t at, Placeholder& found) const;

  std::string replacement_ = "{}";
  std::vector<std::string> names_;
  bool none_ = false;
};

/// The value behind `placeholder`'s form; a part of `value`, or "." or "/". Not for numbers.
std::string_view transform(std::string_view value, const Placeholder& placeholder);

/// The digits of {#} or {%}.
void append_number(std::string& out, const Placeholder& placeholder, const TaskContext& context);

/// Which of `count` values `placeholder` stands for.
struct ValueRange {
  std::size_t begin = 0, end = 0;
  std::size_t size() const { return end - begin; }
};
ValueRange values_of(const Placeholder& placeholder, std::size_t count);

/// Cuts a payload, in which a NUL byte ends each value. The parts lie in `payload`.
void split_values(std::string_view payload, std::vector<std::string_view>& values);

/// Text with placeholders, taken as text: no shell, no quotes. --tagstring, --wd and --results are
/// such texts, and so is each word of a command that is exec'd.
class TextTemplate {
 public:
  struct Piece {
    std::string text;  ///< stands before the placeholder
    Placeholder placeholder;
  };

  static TextTemplate parse(std::string_view text, const PlaceholderSyntax& syntax);

  /// Text without any placeholder, whatever it looks like.
  static TextTemplate literal(std::string_view text);

  bool has_placeholder() const { return !pieces_.empty(); }
  /// Has a placeholder other than {#} and {%}.
  bool has_item() const;
  /// It is one placeholder for values, and nothing else.
  bool is_whole_item() const;
  /// Has a placeholder for all values, such as {} or {.}.
  bool has_all_values() const;

  /// Several values are joined by one blank; a value that is not there ({3} of two) is nothing.
  void append_to(std::string& out, std::span<const std::string_view> values,
                 const TaskContext& context) const;
  /// The same, but what stands for all values stands for the value `only` alone (-X).
  void append_to(std::string& out, std::span<const std::string_view> values,
                 const TaskContext& context, std::size_t only) const;

  const std::vector<Piece>& pieces() const { return pieces_; }
  const std::string& end() const { return end_; }

  /// Each value goes in quoted for a POSIX shell: what --allow-paste does in a word that a shell
  /// reads once more.
  void set_pasted_for_shell() { for_shell_ = true; }

 private:
  void append_range(std::string& out, std::span<const std::string_view> values, ValueRange range,
                    const Placeholder& placeholder) const;

  std::vector<Piece> pieces_;
  std::string end_;  ///< stands behind the last placeholder
  bool for_shell_ = false;
};

}  // namespace spread
