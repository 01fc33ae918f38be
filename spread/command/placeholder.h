// spread/command: from a command as a person wrote it, with placeholders, and the values of a task
// to the argument list that is exec'd. Pure: no process, no environment, no file. docs/templates.md
// is what users are promised.
//
//   placeholder.h       {} {.} {2/} {name} ...: how they are recognised, what they make of a value
//   text_template.h     text with placeholders, without any shell: --tagstring, --wd, --results
//   command_scan.h      which words of a command another interpreter would read as code
//   script.h            a shell script with placeholders in it, and the quotes around each
//   script_writer.h     the script with references to parameters instead
//   command_template.h  all of them together
//
// Start with command_template.h. Items are data: nothing here ever puts one into text that a shell
// or another interpreter reads as code, unless --allow-paste was given.
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

}  // namespace spread
