#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/result.h"
#include "spread/command/placeholder.h"

namespace spread {

/// Which braces are looked for.
struct BraceRules {
  bool pass = false;          ///< -q, --literal-braces: all of them are text
  bool has_item = true;       ///< false: only those that need no item ({##})
  bool names_follow = false;  ///< a header is to be read: {host} may be a column
  std::vector<std::string> names;
};

/// Text in braces that is no placeholder but was meant as one: a replacement string of GNU parallel
/// that spread has not, or nearly the name of a column. Passed on, it would be taken for a file
/// name.
struct ForeignBraces {
  std::size_t length = 0;  ///< with the braces
  std::string told;        ///< what is wrong with it, and what does it here
  /// {,x}: beside other text of a word bash makes two words of it.
  bool like_expansion = false;
  /// {= =}: nothing else looks so, not even a program in Python.
  bool certain = false;
};

/// Those that begin at `at`, where no placeholder does. Behind `$` it is the shell's, behind
/// % # @ \ and { another program's.
std::optional<ForeignBraces> foreign_braces(std::string_view text, std::size_t at,
                                            const BraceRules& rules);

/// `{word}`, as far as it looks like a column's name, where there are columns and none is called
/// so.
std::string_view unknown_column(std::string_view text, std::size_t at, const BraceRules& rules);

/// The first of them in `text`, which is no script: the words of a command, --tagstring and its
/// like. Unknown columns go to the end of `unknown`.
std::optional<ForeignBraces> find_foreign_braces(std::string_view text,
                                                 const PlaceholderSyntax& syntax,
                                                 const BraceRules& rules,
                                                 std::vector<std::string>& unknown);

/// `option`: what passes it as it is.
Status refuse_braces(const ForeignBraces& braces, std::string_view option);

}  // namespace spread
