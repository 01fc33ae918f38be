#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "spread/api/bytes.h"
#include "spread/api/result.h"

// PCRE2's; its header stays in pattern.cc.
struct pcre2_real_code_8;
struct pcre2_real_match_context_8;
struct pcre2_real_match_data_8;

namespace spread {

/// A regular expression of Perl over bytes, by PCRE2 (docs/decisions/0014-patterns.md). Classes and
/// case are those of ASCII. Compiled to machine code where the system permits that, else
/// interpreted: the matches are the same.
///
/// A search is given up that takes, from one place, more than a million steps and 16 for each byte
/// of the subject, or 64 MiB.
class Pattern {
 public:
  enum class Use : std::uint8_t {
    Item,    ///< subjects are whole
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

 private:
  struct Free {
    void operator()(pcre2_real_code_8* code) const;
    void operator()(pcre2_real_match_context_8* context) const;
    void operator()(pcre2_real_match_data_8* data) const;
  };

  explicit Pattern(std::string name) : name_(std::move(name)) {}
  Found give_up(int error, std::uint32_t steps_max);

  std::string name_;
  std::string failure_;
  std::unique_ptr<pcre2_real_code_8, Free> code_;
  std::unique_ptr<pcre2_real_match_context_8, Free> context_;
  std::unique_ptr<pcre2_real_match_data_8, Free> data_;
};

}  // namespace spread
