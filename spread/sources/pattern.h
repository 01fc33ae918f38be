#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "spread/api/bytes.h"
#include "spread/api/result.h"
#include "spread/sources/pattern_code.h"

namespace spread {

/// A regular expression of Perl over bytes, by PCRE2 (docs/decisions/0014-patterns.md). Classes and
/// case are those of ASCII. Compiled to machine code where the system permits that, else
/// interpreted: the matches are the same.
///
/// The work is linear in the bytes, whatever the pattern. A place where a match may begin is first
/// given a part of the subject and few steps. If that does not decide, its steps are counted; the
/// search is given up behind 20 million and 32 for each byte, or a million and 16 for each byte
/// from one place, or 64 MiB. The searches of one Item share these, and all searches of a Stream.
class Pattern {
 public:
  enum class Use : std::uint8_t {
    Item,    ///< subjects are whole; a search from 0 is the first in its subject
    Stream,  ///< subjects may go on; ^ and $ match at every line of them
  };

  /// `name` is the option with its value; the messages begin with it.
  static Result<Pattern> compile(std::string_view text, std::string name, Use use = Use::Item);

  struct Search {
    ByteView subject;       ///< also what lies before `from` is looked at: ^, \b, (?<=...)
    std::size_t from = 0;   ///< where a match may begin
    bool nonempty = false;  ///< none of nothing at `from`; elsewhere it may be of nothing
    bool goes_on = false;   ///< Stream: more bytes follow the subject, and are not known yet
  };
  struct Match {
    std::size_t begin = 0, end = 0;
  };
  enum class Found : std::uint8_t {
    Match,
    None,
    More,    ///< with `goes_on`: what follows decides; `match.begin` is where to search again
    GaveUp,  ///< failure() says why
  };
  /// The first match.
  Found find(const Search& search, Match& match);
  const std::string& failure() const { return failure_; }
  /// All that was counted since it was compiled.
  std::uint64_t counted_steps() const { return counted_steps_; }

 private:
  Pattern(PatternCode code, PatternCode::Spec spec, std::string name, Use use);

  using Outcome = PatternCode::Outcome;
  PatternCode* code_for(bool whole);
  Outcome look_near(const Search& search);
  Outcome first_match(const Search& search);
  std::size_t window_end(std::size_t place, std::size_t size) const;
  Outcome look(const Search& search, std::size_t place, std::size_t end);
  Outcome count(const Search& search, std::size_t place, std::size_t places_end);
  void pass_over(std::size_t bytes);
  Found conclude(const Search& search, const Outcome& outcome, Match& match);
  Found give_up(const Search& search, const Outcome& outcome);

  PatternCode::Spec spec_;
  std::string name_;
  Use use_;
  std::string failure_;
  PatternCode code_;
  std::optional<PatternCode> window_code_, counted_code_;
  bool anchored_;
  bool short_sighted_;  // a place looks no further than the pattern is long
  bool resumable_;      // what is found at a place does not depend on where the search began
  std::int64_t steps_left_;
  std::int64_t bytes_left_;  // of what uncounted places may look at
  std::int64_t search_steps_ = 0;
  std::int64_t search_steps_max_ = 0;
  std::uint64_t counted_steps_ = 0;
};

}  // namespace spread
