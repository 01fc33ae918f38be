// spread/api: the vocabulary every folder speaks. Knows nothing but the standard library and
// tl::expected. Start with task.h (the nouns), then shared_options.h (the knobs).
#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace spread {

/// Why something could not be done, in one line that a user can act on: what was tried, on what,
/// and why ("open tasks.txt: No such file or directory"). Lower case, no full stop, no newline.
struct Error {
  std::string message;
  int number = 0;  ///< errno, where a system call failed and a caller may have to tell errors apart
};

/// The value, or the reason why there is none. Expected failures travel this way; broken invariants
/// of spread are SPREAD_ASSERTs. spread itself throws nothing.
template <typename T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

[[nodiscard]] inline tl::unexpected<Error> fail(std::string message) {
  return tl::unexpected<Error>(Error{std::move(message)});
}

}  // namespace spread

/// Returns the error of `expression` (a Result) from the enclosing function, if it has one.
#define SPREAD_TRY(expression)                                                      \
  do {                                                                              \
    if (auto spread_try_result = (expression); !spread_try_result) {                \
      return tl::unexpected<::spread::Error>(std::move(spread_try_result.error())); \
    }                                                                               \
  } while (false)
