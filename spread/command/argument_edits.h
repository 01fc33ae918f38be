// Many argument lists made of few: what differs between hosts is put into one of them. For the
// library and its bindings; the command line has placeholders.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/result.h"
#include "spread/launch/launch_plan.h"

namespace spread::argument_lists {

using ArgumentLists = std::vector<ArgumentList>;

/// A regular expression of Perl, and what is put in the place of all that it matches in a word:
/// sources/pattern_substitution.h.
struct Edit {
  std::string_view pattern, replacement;
};

/// In every word of every list, the edits one after the other.
Result<ArgumentLists> replace(ArgumentLists lists, std::span<const Edit> edits);

/// In every list: where a word matches `pattern` from its beginning, that word and those behind it,
/// `length` in all or as many as there are, give way to `replacement`. Then the same behind that,
/// which is never looked at again: so it ends, whatever the replacement is like. With a length of
/// 0, `replacement` is put in front of each word that matches.
Result<ArgumentLists> replace_words(const ArgumentLists& lists, std::string_view pattern,
                                    std::size_t length, const ArgumentList& replacement);

/// `words` behind those of each list.
ArgumentLists append(ArgumentLists lists, const ArgumentList& words);

}  // namespace spread::argument_lists
