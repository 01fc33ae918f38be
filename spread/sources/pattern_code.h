#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "spread/api/bytes.h"
#include "spread/api/result.h"

// PCRE2's; its header stays in pattern_code.cc.
struct pcre2_callout_block_8;
struct pcre2_real_code_8;
struct pcre2_real_match_context_8;
struct pcre2_real_match_data_8;

namespace spread {

/// The work of one run: a step is the try of one item of the pattern, or 16 bytes that an item took
/// or may have compared.
struct PatternSteps {
  std::uint64_t done = 0;
  std::uint64_t max = 0;       ///< the run is given up behind it
  std::size_t places_end = 0;  ///< the run has passed when it gets to this place
};

/// One pattern as PCRE2 compiled it, and one run of it.
class PatternCode {
 public:
  enum class Kind : std::uint8_t {
    Whole,    ///< for subjects that end
    Stream,   ///< also for subjects that go on
    Window,   ///< for a part in front of a subject's end
    Counted,  ///< Whole that counts; slower by 20 ns for each step
    CountedStream,
  };

  struct Spec {
    std::string text;
    bool multiline = false;
  };
  /// The message says what is wrong, and where.
  static Result<PatternCode> compile(const Spec& spec, Kind kind);

  struct Run {
    ByteView subject;
    std::size_t from = 0;
    bool nonempty = false;        ///< no match of nothing at `from`
    bool goes_on = false;         ///< not with Whole and Counted
    std::uint32_t steps_max = 0;  ///< from one place, in PCRE2's steps
  };
  /// The first three are answers.
  enum class End : std::uint8_t {
    Match,
    None,
    Partial,     ///< from `start` on, bytes behind the subject's end decide
    Passed,      ///< at `start`
    PlaceLimit,  ///< steps_max
    Limit,       ///< PatternSteps::max
    Failed,
  };
  struct Outcome {
    End end = End::None;
    std::size_t start = 0;  ///< the place, which, if the subject goes on, \K does not move
    std::size_t match_begin = 0, match_end = 0;
    int error = 0;  ///< with Failed: PCRE2's
  };
  Outcome run(const Run& run);
  /// With Counted and CountedStream.
  Outcome run_counted(const Run& run, PatternSteps& steps);
  static std::string describe(int error);
  static constexpr int kTooLarge = 120;  ///< of describe()

  /// It matches at the place alone where a search begins.
  bool anchored() const;

 private:
  struct Free {
    void operator()(pcre2_real_code_8* code) const;
    void operator()(pcre2_real_match_context_8* context) const;
    void operator()(pcre2_real_match_data_8* data) const;
  };
  struct Counter;

  Outcome without_match(int result) const;
  PatternCode() = default;
  static int count(pcre2_callout_block_8* at, void* counter);

  std::unique_ptr<pcre2_real_code_8, Free> code_;
  std::unique_ptr<pcre2_real_match_context_8, Free> context_;
  std::unique_ptr<pcre2_real_match_data_8, Free> data_;
  bool compares_captures_ = false;
  std::uint32_t steps_max_ = 0;
};

}  // namespace spread
