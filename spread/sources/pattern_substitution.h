#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/result.h"

// PCRE2's; its header stays in pattern_substitution.cc.
struct pcre2_real_code_8;
struct pcre2_real_match_context_8;
struct pcre2_real_match_data_8;

namespace spread {

/// A regular expression of Perl over bytes, and what is put in the place of each match: what
/// Python's re.sub does. For short texts, such as the words of an argument list; `Pattern` is for
/// large ones. A search that takes more than kStepsMax steps of PCRE2 is given up.
///
/// In the replacement \1 to \99 and \g<1> are a group, \g<0> is the whole match, \g<name> a named
/// group; one that took no part is empty. \n, \t, \r, \f, \v, \a, \b and \\ are as in C; before
/// anything that is no letter and no digit a backslash stands for itself. Everything else behind a
/// backslash is an error.
class Substitution {
 public:
  static constexpr std::uint32_t kStepsMax = 1'000'000;

  static Result<Substitution> compile(std::string_view pattern, std::string_view replacement);

  /// `text` with all matches replaced, from left to right. As in Python 3.7 and Perl, nothing is a
  /// match, too, but not twice at the same place.
  Result<std::string> apply(std::string_view text) const;
  /// There is a match that begins where `text` does (Python's re.match).
  Result<bool> matches_start(std::string_view text) const;

 private:
  /// Text, and behind it a group, if any.
  struct Piece {
    std::string text;
    int group = -1;
  };
  struct Free {
    void operator()(pcre2_real_code_8* code) const;
    void operator()(pcre2_real_match_context_8* context) const;
    void operator()(pcre2_real_match_data_8* data) const;
  };

  Substitution() = default;
  Status read_replacement(std::string_view replacement);
  Result<std::size_t> read_group(std::string_view text, Piece& piece) const;
  Status name_group(std::string_view name, Piece& piece) const;
  Result<bool> match(std::string_view text, std::size_t from, std::uint32_t options) const;
  void append_replacement(std::string_view text, std::string& to) const;

  std::vector<Piece> pieces_;
  std::unique_ptr<pcre2_real_code_8, Free> code_;
  std::unique_ptr<pcre2_real_match_context_8, Free> context_;
  std::unique_ptr<pcre2_real_match_data_8, Free> data_;
};

}  // namespace spread
