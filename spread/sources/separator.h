#pragma once

#include <regex.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "spread/api/bytes.h"
#include "spread/api/result.h"

namespace spread {

/// A set of bytes.
using ByteSet = std::array<bool, 256>;

/// What `--colsep` says, parsed: an extended regular expression (POSIX) with the escapes of Perl
/// that people write there: \t \n \r \f \a \e \xHH, \s \S \d \D \w \W, also in brackets, and \b \B.
/// It matches bytes, not characters. Of Perl's other constructs those that POSIX would take for
/// something else, or not at all, are refused by name: (?...), lazy and possessive quantifiers,
/// back-references.
struct SeparatorPattern {
  enum class Kind : std::uint8_t {
    Literal,  ///< just `literal`
    Set,      ///< one byte of `set`, or with `repeated` as many as there are
    Regex,    ///< `ere`
  };
  Kind kind = Kind::Regex;
  std::string literal;
  ByteSet set{};
  bool repeated = false;
  std::string ere;  ///< always given

  static Result<SeparatorPattern> parse(std::string_view text);
};

/// Cuts an item into columns at every match of a pattern, as Perl's split with a negative limit:
/// empty columns count, also at the end; a match of nothing cuts between two bytes, but not at the
/// start. An empty item is one empty column.
///
/// regcomp and not std::regex: libstdc++'s recurses for every byte and overflows the stack at an
/// item of 100 kB.
class Separator {
 public:
  static Result<Separator> parse(std::string_view text);

  /// The columns are parts of `item`.
  void split(ByteView item, std::vector<ByteView>& columns);

 private:
  struct Match {
    std::size_t begin, end;
  };
  struct Free {
    void operator()(regex_t* regex) const {
      regfree(regex);
      delete regex;
    }
  };

  explicit Separator(SeparatorPattern pattern) : pattern_(std::move(pattern)) {}
  bool find(std::string_view item, std::size_t from, Match& match) const;
  bool find_regex(std::string_view item, std::size_t from, Match& match) const;

  SeparatorPattern pattern_;
  std::unique_ptr<regex_t, Free> regex_;
  std::string terminated_;  // a copy of the item: a string of C, as regexec is promised to get
};

}  // namespace spread
