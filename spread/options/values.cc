#include "spread/options/values.h"

#include <string.h>  // sigabbrev_np

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "spread/base/numbers.h"
#include "spread/base/quote.h"

namespace spread::cli {
namespace {

/// launch/ has no more on one host, whatever way they are asked for.
constexpr std::uint64_t kSlotsMax = 65536;
/// Of --term-seq, in milliseconds: a day.
constexpr std::uint64_t kWaitMax = 86400000;
constexpr std::string_view kDurationMax = "at most 292 years";
constexpr std::string_view kHaltForms = "never, or now|soon,fail|success|done=N or =N%";

tl::unexpected<Error> expected(std::string_view what, std::string_view text) {
  return fail(fmt::format("expected {}, not {}", what, show_text(text)));
}

tl::unexpected<Error> too_large(std::string_view bound, std::string_view text) {
  return tl::unexpected<Error>(
      Error{fmt::format("expected {}, not {}", bound, show_text(text)), kTooLarge});
}

std::optional<std::uint32_t> parse_byte_digits(std::string_view digits, int base) {
  std::uint32_t value = 0;
  const char* const last = digits.data() + digits.size();
  const auto [end, error] = std::from_chars(digits.data(), last, value, base);
  if (digits.empty() || error != std::errc() || end != last || value > 0xff) return std::nullopt;
  return value;
}

/// What follows the backslash.
std::optional<char> parse_escape(std::string_view text) {
  constexpr std::string_view kLetters = "tnrabfv\\", kBytes = "\t\n\r\a\b\f\v\\";
  if (text.size() == 1) {
    const std::size_t place = kLetters.find(text[0]);
    if (place != std::string_view::npos) return kBytes[place];
  }
  std::optional<std::uint32_t> value;
  if (text[0] == 'x') {
    if (text.size() <= 3) value = parse_byte_digits(text.substr(1), 16);
  } else if (text.size() <= 3) {
    value = parse_byte_digits(text, 8);
  }
  if (!value) return std::nullopt;
  return static_cast<char>(*value);
}

/// "TERM", "SIGTERM" or "15". The names are the C library's: <csignal> is not for this layer.
std::optional<int> parse_signal(std::string_view word) {
  constexpr int kSignalMax = 64;
  if (const Result<std::uint64_t> number = parse_count(word)) {
    if (*number == 0 || *number > kSignalMax) return std::nullopt;
    return static_cast<int>(*number);
  }
  if (word.substr(0, 3) == "SIG") word.remove_prefix(3);
  for (int signal = 1; signal <= kSignalMax; ++signal) {
    const char* const name = ::sigabbrev_np(signal);
    if (name != nullptr && word == name) return signal;
  }
  return std::nullopt;
}

bool parse_halt_count(std::string_view text, HaltOptions& halt) {
  halt.percent = !text.empty() && text.back() == '%';
  if (halt.percent) {
    const Result<double> percent = parse_percent(text);
    if (!percent || !(*percent > 0) || *percent > 100) return false;
    halt.count = *percent;
    return true;
  }
  const Result<std::uint64_t> count = parse_count(text);
  if (!count || *count == 0) return false;
  halt.count = static_cast<double>(*count);
  return true;
}

/// GNU parallel's forms from before 2015, still the usual ones in scripts.
std::optional<HaltOptions> parse_old_halt(std::string_view text) {
  using When = HaltOptions::When;
  using Why = HaltOptions::Why;
  if (text == "0") return HaltOptions{};
  if (text == "1") return HaltOptions{When::Soon, Why::Fail, 1, false};
  if (text == "2") return HaltOptions{When::Now, Why::Fail, 1, false};
  if (text == "-1") return HaltOptions{When::Soon, Why::Success, 1, false};
  if (text == "-2") return HaltOptions{When::Now, Why::Success, 1, false};
  HaltOptions percentage{When::Soon, Why::Fail, 0, true};
  if (text.find('%') != std::string_view::npos && parse_halt_count(text, percentage)) {
    return percentage;
  }
  return std::nullopt;
}

}  // namespace

Result<std::uint64_t> parse_number(std::string_view text, std::uint64_t min, std::uint64_t max) {
  const Result<std::uint64_t> count = parse_count(text);
  if (count && *count >= min && *count <= max) return *count;
  if (max == UINT32_MAX || max == UINT64_MAX) {
    // Values beyond such a bound are rare: the message names it only for those.
    const bool beyond = count ? *count > max : count.error().number == kTooLarge;
    if (beyond) return too_large(fmt::format("at most {}", max), text);
    return expected(fmt::format("a whole number of at least {}", min), text);
  }
  return expected(fmt::format("a whole number from {} to {}", min, max), text);
}

Result<std::uint64_t> parse_bytes(std::string_view text, std::uint64_t min, std::uint64_t max) {
  const Result<std::uint64_t> size = parse_size(text);
  const bool beyond = size ? *size > max : size.error().number == kTooLarge;
  if (beyond) return too_large(fmt::format("at most {} bytes", max), text);
  if (!size) return expected("a number of bytes such as 65536, 64K or 1.5M", text);
  if (*size < min)
    return expected(fmt::format("at least {} byte{}", min, min == 1 ? "" : "s"), text);
  return *size;
}

Result<Duration> parse_span(std::string_view text) {
  const Result<Duration> span = parse_duration(text);
  if (!span && span.error().number == kTooLarge) return too_large(kDurationMax, text);
  if (!span) return expected("a time such as 1.5, 30s, 10m or 2h", text);
  return *span;
}

Result<Duration> parse_positive_duration(std::string_view text) {
  const Result<Duration> span = parse_duration(text);
  if (!span && span.error().number == kTooLarge) return too_large(kDurationMax, text);
  if (!span || *span <= Duration::zero()) {
    return expected("a time above 0 such as 1.5, 30s, 10m or 2h", text);
  }
  return *span;
}

Result<Slots> parse_slots(std::string_view text) {
  if (!text.empty() && text.back() == '%') {
    const Result<double> percent = parse_percent(text);
    if (!percent || !(*percent > 0)) return expected("a percentage above 0", text);
    if (*percent <= 100.0 * kSlotsMax) return Slots{*percent, true};
    return too_large(fmt::format("at most {}%", 100 * kSlotsMax), text);
  }
  const Result<std::uint64_t> count = parse_count(text);
  if (count && *count > 0 && *count <= kSlotsMax) return Slots{static_cast<double>(*count), false};
  return expected(fmt::format("a number of slots from 1 to {}, or N%", kSlotsMax), text);
}

Result<Load> parse_load(std::string_view text) {
  const bool percent = !text.empty() && text.back() == '%';
  // parse_percent is what reads fractions.
  const Result<double> value = parse_percent(percent ? std::string(text) : std::string(text) + "%");
  if (!value || !(*value > 0)) return expected("a load above 0 such as 8 or 80%", text);
  return Load{*value, percent};
}

Result<int> parse_niceness(std::string_view text) {
  const bool negative = !text.empty() && text[0] == '-';
  const Result<std::uint64_t> number = parse_count(negative ? text.substr(1) : text);
  if (!number || *number > (negative ? 20 : 19)) {
    return expected("a whole number from -20 to 19", text);
  }
  return negative ? -static_cast<int>(*number) : static_cast<int>(*number);
}

Result<std::vector<EndStep>> parse_end_sequence(std::string_view text) {
  constexpr std::string_view kForm = "signals and milliseconds such as TERM,200,TERM,100,KILL";
  std::vector<EndStep> steps;
  bool signal_is_next = true;
  for (std::string_view rest = text; !rest.empty() || signal_is_next;) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view word = rest.substr(0, comma);
    if (signal_is_next) {
      const std::optional<int> signal = parse_signal(word);
      if (!signal) return expected(kForm, text);
      steps.push_back({*signal, Duration::zero()});
    } else {
      const Result<std::uint64_t> wait = parse_count(word);
      if (!wait || *wait > kWaitMax) return expected(kForm, text);
      steps.back().wait = std::chrono::milliseconds(*wait);
    }
    if (comma == rest.size()) break;
    rest.remove_prefix(comma + 1);
    if (rest.empty()) return expected(kForm, text);  // a comma at the end
    signal_is_next = !signal_is_next;
  }
  return steps;
}

Result<char> parse_delimiter(std::string_view text) {
  if (text.size() == 1) return text[0];
  if (text.size() > 1 && text[0] == '\\') {
    if (const std::optional<char> byte = parse_escape(text.substr(1))) return *byte;
  }
  return expected("one byte: a character, \\t, \\n, \\0 or \\xHH", text);
}

Result<HaltOptions> parse_halt(std::string_view text) {
  if (text == "never") return HaltOptions{};
  if (const std::optional<HaltOptions> old = parse_old_halt(text)) return *old;
  HaltOptions halt;
  const std::size_t comma = text.find(',');
  const std::size_t equals = text.find('=');
  if (comma == std::string_view::npos || equals == std::string_view::npos || equals < comma) {
    return expected(kHaltForms, text);
  }
  const std::string_view when = text.substr(0, comma);
  const std::string_view why = text.substr(comma + 1, equals - comma - 1);
  if (when != "now" && when != "soon") return expected(kHaltForms, text);
  if (why != "fail" && why != "success" && why != "done") return expected(kHaltForms, text);
  halt.when = when == "now" ? HaltOptions::When::Now : HaltOptions::When::Soon;
  halt.why = why == "fail"      ? HaltOptions::Why::Fail
             : why == "success" ? HaltOptions::Why::Success
                                : HaltOptions::Why::Done;
  if (!parse_halt_count(text.substr(equals + 1), halt)) return expected(kHaltForms, text);
  return halt;
}

Result<std::string> parse_events_target(std::string_view text) {
  if (text.substr(0, 3) == "fd:") {
    const Result<std::uint64_t> descriptor = parse_count(text.substr(3));
    // 0 is where the tasks come from.
    if (!descriptor || *descriptor == 0 || *descriptor > INT32_MAX) {
      return expected("fd:N with the number of an open descriptor, such as fd:3", text);
    }
    return std::string(text);
  }
  return parse_output_file(text, "a file or fd:N");
}

Result<std::string> parse_output_file(std::string_view text, std::string_view what) {
  if (text == "-") {
    return fail(fmt::format("expected {}, not '-': standard output is for the results", what));
  }
  return parse_name(text, what);
}

Result<std::string> parse_name(std::string_view text, std::string_view what) {
  if (text.empty()) return expected(what, text);
  return std::string(text);
}

Status store_name(std::string& target, std::string_view value, std::string_view what) {
  return store(target, parse_name(value, what));
}

Status add_name(std::vector<std::string>& target, std::string_view value, std::string_view what) {
  target.emplace_back();
  return store_name(target.back(), value, what);
}

Status store_span(Duration& target, std::string_view value) {
  return store(target, parse_span(value));
}

}  // namespace spread::cli
