#include "spread/sources/pattern.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>

namespace spread {
namespace {

using Code = PatternCode;

// What a place may see before its steps are counted: all of most items, and less when the places
// that have seen much did not lead on. A byte is looked at in 0.4 to 1 ns, so that the first window
// takes 2 s at worst, and each byte behind it 4 us.
constexpr std::size_t kWindowMax = 64 << 10;
constexpr std::size_t kWindowMin = 4096;
constexpr std::int64_t kWindowBytesMax = std::int64_t{kWindowMax} * kWindowMax;
// PCRE2's steps, of 8 ns: from one place, and from all places of a window.
constexpr std::uint32_t kPlaceStepsMin = 256;
constexpr std::uint32_t kWindowStepsMax = 1 << 20;

// What is counted, a step in 20 ns; a million, from one place, ends (a+)+$, which takes 2^n.
constexpr std::int64_t kStepsMax = 20'000'000;
constexpr std::int64_t kStepsMaxPerByte = 32;
constexpr std::uint64_t kPlaceStepsMax = 1'000'000;
constexpr std::uint64_t kPlaceStepsMaxPerByte = 16;

constexpr std::size_t kEverywhere = std::numeric_limits<std::size_t>::max();

/// From no place is more looked at than the pattern is long, but in alternatives. Errs to false.
bool looks_no_further_than_its_length(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (c == '*' || c == '+' || c == '{') return false;
    // Recursion, conditions, options; what only groups or looks around is fine.
    if (c == '(' && next == '?' &&
        (i + 2 == text.size() || std::string_view(":=!<|>").find(text[i + 2]) == text.npos)) {
      return false;
    }
    if (c != '\\') continue;
    // \g<1> calls a group, \X takes any number of bytes; \Q and \E change what is meant.
    if (std::string_view("gXQE").find(next) != std::string_view::npos) return false;
    ++i;
  }
  return true;
}

/// A search may be divided, and each part begin where the one before it ended. Errs to false.
bool forgets_where_it_began(std::string_view text) {
  // \G is where a search begins; (*SKIP) and (*COMMIT) say where it goes on.
  return text.find("\\G") == text.npos && text.find("(*") == text.npos;
}

std::uint32_t place_steps_max(const Pattern::Search& search) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(
      kPlaceStepsMax + kPlaceStepsMaxPerByte * search.subject.size(), UINT32_MAX));
}

/// \K in a group that an assertion calls can move the match's begin behind its end.
bool turns_back(const Pattern::Search& search, const Code::Outcome& outcome) {
  return outcome.end == Code::End::Match && search.nonempty && outcome.match_end <= search.from;
}

}  // namespace

Pattern::Pattern(PatternCode code, PatternCode::Spec spec, std::string name, Use use)
    : spec_(std::move(spec)),
      name_(std::move(name)),
      use_(use),
      code_(std::move(code)),
      anchored_(code_.anchored()),
      short_sighted_(looks_no_further_than_its_length(spec_.text)),
      resumable_(forgets_where_it_began(spec_.text)),
      steps_left_(kStepsMax),
      bytes_left_(kWindowBytesMax) {}

Result<Pattern> Pattern::compile(std::string_view text, std::string name, Use use) {
  // perldoc -f split: "a pattern of /^/ is treated as if it were /^/m".
  Code::Spec spec{.text = std::string(text), .multiline = use == Use::Stream || text == "^"};
  Result<Code> code =
      Code::compile(spec, use == Use::Stream ? Code::Kind::Stream : Code::Kind::Whole);
  if (!code) return fail(fmt::format("{}: {}", name, code.error().message));
  return Pattern(std::move(*code), std::move(spec), std::move(name), use);
}

Pattern::Found Pattern::find(const Search& search, Match& match) {
  if (use_ == Use::Item && search.from == 0) {
    steps_left_ = kStepsMax;
    bytes_left_ = kWindowBytesMax;
  }
  search_steps_ = 0;
  const std::size_t bytes = search.subject.size() - search.from;
  Outcome outcome = look_near(search);
  if (outcome.end == Code::End::PlaceLimit || turns_back(search, outcome)) {
    search_steps_max_ = steps_left_ + kStepsMaxPerByte * static_cast<std::int64_t>(bytes);
    outcome = first_match(search);
    steps_left_ -= search_steps_;
  }
  const Found found = conclude(search, outcome, match);
  if (found == Found::Match) pass_over(match.end - search.from);
  if (found == Found::More) pass_over(match.begin - search.from);
  // Where an anchored pattern is not, the next one will be looked for at the same place.
  if (found == Found::None && !anchored_) pass_over(bytes);
  return found;
}

/// What will not be searched again earns the work for as many bytes that follow.
void Pattern::pass_over(std::size_t bytes) {
  if (steps_left_ == kStepsMax && bytes_left_ == kWindowBytesMax) return;
  const auto count = static_cast<std::int64_t>(bytes);
  steps_left_ = std::min(kStepsMax, steps_left_ + count * kStepsMaxPerByte);
  bytes_left_ = std::min(kWindowBytesMax, bytes_left_ + count * std::int64_t{kWindowMin});
}

/// Most searches end here: in the smallest window, whose bytes earn what it may cost.
Code::Outcome Pattern::look_near(const Search& search) {
  const std::size_t size = search.subject.size();
  const std::size_t end = short_sighted_ ? size : std::min(size, search.from + kWindowMin);
  Code* const code = code_for(end == size);
  if (code == nullptr) return {.end = Code::End::PlaceLimit};
  const Outcome outcome = code->run({.subject = search.subject.first(end),
                                     .from = search.from,
                                     .nonempty = search.nonempty,
                                     .goes_on = end < size || search.goes_on,
                                     .steps_max = kPlaceStepsMin});
  const bool decided = end == size ? outcome.end <= Code::End::Partial
                                   : outcome.end == Code::End::Match && outcome.start < end;
  return decided ? outcome : Outcome{.end = Code::End::PlaceLimit};
}

Code::Outcome Pattern::first_match(const Search& search) {
  const std::size_t size = search.subject.size();
  for (std::size_t place = search.from; place <= size;) {
    const std::size_t end = window_end(place, size);
    Outcome outcome = look(search, place, end);
    if (outcome.end == Code::End::PlaceLimit) {
      outcome = count(search, place, resumable_ && end < size ? end : kEverywhere);
    }
    if (turns_back(search, outcome)) {
      outcome = {.end = Code::End::Passed, .start = outcome.start + 1};
    }
    if (outcome.end != Code::End::Passed) return outcome;
    place = outcome.start;
  }
  return {.end = Code::End::None};
}

std::size_t Pattern::window_end(std::size_t place, std::size_t size) const {
  std::size_t window = kWindowMax;
  const auto bytes = [&] { return static_cast<std::int64_t>(window * window); };
  while (window > kWindowMin && bytes() > bytes_left_) window /= 2;
  return short_sighted_ ? size : std::min(size, place + window);
}

/// Null: as a window's it is too large.
Code* Pattern::code_for(bool whole) {
  if (whole || use_ == Use::Stream) return &code_;
  if (!window_code_) {
    Result<Code> compiled = Code::compile(spec_, Code::Kind::Window);
    if (!compiled) return nullptr;
    window_code_ = std::move(*compiled);
  }
  return &*window_code_;
}

/// Uncounted, as far as `end`. PlaceLimit: that does not decide.
Code::Outcome Pattern::look(const Search& search, std::size_t place, std::size_t end) {
  using End = Code::End;
  const bool whole = end == search.subject.size();
  Code* const code = code_for(whole);
  if (code == nullptr) return {.end = End::PlaceLimit};
  const std::size_t places = end - place + 1;
  const Outcome outcome =
      code->run({.subject = search.subject.first(end),
                 .from = place,
                 .nonempty = search.nonempty && place == search.from,
                 .goes_on = !whole || search.goes_on,
                 .steps_max = std::max(kPlaceStepsMin, kWindowStepsMax >> std::bit_width(places))});
  if (outcome.end == End::PlaceLimit || outcome.end == End::Failed) return {.end = End::PlaceLimit};
  const std::size_t next = outcome.end == End::None ? end : outcome.start;
  if (!short_sighted_) bytes_left_ -= static_cast<std::int64_t>((next - place + 1) * places);
  // At the end of the window nothing always matches: PCRE2 has then looked at no byte.
  if (whole || (outcome.end == End::Match && next < end)) return outcome;
  if (outcome.end == End::None && anchored_) return outcome;
  if (next == place || !resumable_) return {.end = End::PlaceLimit};
  return {.end = End::Passed, .start = next};
}

/// The places before `places_end`, with all that they may need.
Code::Outcome Pattern::count(const Search& search, std::size_t place, std::size_t places_end) {
  if (!counted_code_) {
    Result<Code> compiled =
        Code::compile(spec_, use_ == Use::Stream ? Code::Kind::CountedStream : Code::Kind::Counted);
    if (!compiled) return {.end = Code::End::Failed, .error = Code::kTooLarge};
    counted_code_ = std::move(*compiled);
  }
  const std::int64_t left = std::max<std::int64_t>(0, search_steps_max_ - search_steps_);
  PatternSteps steps{.max = static_cast<std::uint64_t>(left), .places_end = places_end};
  const Outcome outcome =
      counted_code_->run_counted({.subject = search.subject,
                                  .from = place,
                                  .nonempty = search.nonempty && place == search.from,
                                  .goes_on = search.goes_on,
                                  .steps_max = place_steps_max(search)},
                                 steps);
  search_steps_ += static_cast<std::int64_t>(steps.done);
  counted_steps_ += steps.done;
  return outcome;
}

Pattern::Found Pattern::conclude(const Search& search, const Outcome& outcome, Match& match) {
  switch (outcome.end) {
    case Code::End::None: return Found::None;
    case Code::End::Partial: match = {outcome.start, search.subject.size()}; return Found::More;
    case Code::End::Match:
      // At the end of what is known, nothing always matches: PCRE2 has then looked at no byte.
      if (search.goes_on && outcome.start == search.subject.size()) {
        match = {outcome.start, outcome.start};
        return Found::More;
      }
      match = {outcome.match_begin, outcome.match_end};
      return Found::Match;
    case Code::End::PlaceLimit:
    case Code::End::Limit:
    case Code::End::Passed:
    case Code::End::Failed: break;
  }
  return give_up(search, outcome);
}

Pattern::Found Pattern::give_up(const Search& search, const Outcome& outcome) {
  std::string reason;
  if (outcome.end == Code::End::PlaceLimit) {
    reason = fmt::format(
        "no answer after {} steps; a quantifier within a quantifier, as in (a+)+, does that",
        place_steps_max(search));
  } else if (outcome.end == Code::End::Limit) {
    reason = fmt::format(
        "no answer after {} steps; a quantifier in front, as in (a|b)*[cx], is tried from each "
        "byte",
        search_steps_);
  } else {
    reason = Code::describe(outcome.error);
  }
  failure_ = fmt::format("{}: {}", name_, reason);
  return Found::GaveUp;
}

}  // namespace spread
