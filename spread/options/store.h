// What the setters are made of: text of a value into a member of Options, or an Error that says
// what was expected.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "spread/api/result.h"
#include "spread/api/time.h"
#include "spread/base/quote.h"

namespace spread::cli {

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
