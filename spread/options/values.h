// What the setters are made of: text of a value into a member of Options, or an Error that says
// what was expected.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "spread/api/job_options.h"
#include "spread/api/result.h"
#include "spread/api/shared_options.h"
#include "spread/api/time.h"
#include "spread/base/quote.h"

namespace spread::cli {

// The text of option values into what Options holds. Pure. The errors say what is expected and
// what was there; the caller adds the option's name.

/// A whole number from `min` to `max`.
Result<std::uint64_t> parse_number(std::string_view text, std::uint64_t min, std::uint64_t max);

/// A number of bytes from `min` to `max`.
Result<std::uint64_t> parse_bytes(std::string_view text, std::uint64_t min, std::uint64_t max);

/// A span of zero or more.
Result<Duration> parse_span(std::string_view text);
/// A span above zero.
Result<Duration> parse_positive_duration(std::string_view text);

struct Slots {
  double number = 0;
  bool percent = false;
};
/// "8" or "150%".
Result<Slots> parse_slots(std::string_view text);

struct Load {
  double value = 0;
  bool percent = false;
};
/// "8", "1.5" or "80%", above 0.
Result<Load> parse_load(std::string_view text);

/// -20 to 19.
Result<int> parse_niceness(std::string_view text);

/// GNU parallel's "TERM,200,TERM,100,KILL": signals, by name or number, and milliseconds between.
Result<std::vector<EndStep>> parse_end_sequence(std::string_view text);

/// One byte: itself, or an escape: \t \n \r \a \b \f \v \\ \0 \NNN (octal) \xHH.
Result<char> parse_delimiter(std::string_view text);

/// never | (now|soon),(fail|success|done)=N[%], and GNU parallel's older 0, 1, 2, -1, -2 and N%.
Result<HaltOptions> parse_halt(std::string_view text);

/// FILE or fd:N.
Result<std::string> parse_events_target(std::string_view text);

/// A file to be written; not "-".
Result<std::string> parse_output_file(std::string_view text, std::string_view what);

/// Text that must not be empty.
Result<std::string> parse_name(std::string_view text, std::string_view what);

template <typename T>
struct Choice {
  std::string_view word;
  T value;
};

template <typename T, std::size_t N>
Status choose(T& target, std::string_view value, const Choice<T> (&choices)[N]) {
  std::string words;
  for (const Choice<T>& choice : choices) {
    if (choice.word == value) {
      target = choice.value;
      return {};
    }
    if (!words.empty()) words += &choice == &choices[N - 1] ? " or " : ", ";
    words += choice.word;
  }
  return fail(fmt::format("expected {}, not {}", words, show_text(value)));
}

/// `target` = what `parsed` holds, or its error.
template <typename T, typename U>
Status store(T& target, const Result<U>& parsed) {
  if (!parsed) return tl::unexpected<Error>(parsed.error());
  target = static_cast<T>(*parsed);
  return {};
}

inline Status store_flag(bool& target, bool value) {
  target = value;
  return {};
}

/// Text that must not be empty; `what` is what was expected.
Status store_name(std::string& target, std::string_view value, std::string_view what);
Status add_name(std::vector<std::string>& target, std::string_view value, std::string_view what);

/// A span of 0 or more.
Status store_span(Duration& target, std::string_view value);

}  // namespace spread::cli
