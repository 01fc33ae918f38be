#pragma once

#include <cstdint>
#include <string_view>

#include "spread/api/shared_options.h"
#include "spread/api/task.h"

namespace spread {

/// spread's own error: wrong usage, nothing could be started, cannot write.
inline constexpr int kOwnError = 255;

/// What is known at the end of a run (docs/manual.md "Exit status").
struct RunEnd {
  std::uint64_t failed = 0;    ///< tasks without a value; in `all`, workers that failed
  std::uint64_t finished = 0;  ///< tasks with an outcome
  bool own_error = false;      ///< nothing could be started, the output cannot be written, ...
  bool output_closed = false;  ///< the reader of stdout went away
  int signal = 0;              ///< that asked spread to end
  bool halted = false;         ///< --halt was reached
  bool incomplete = false;     ///< input was not read to its end, or was broken
};

int exit_code(const RunEnd& end, const HaltOptions& halt);

/// The word for an outcome in everything that people and programs read. Part of the formats of
/// --events and --out records.
constexpr std::string_view outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::Ok: return "ok";
    case Outcome::Failed: return "failed";
    case Outcome::Lost: return "lost";
    case Outcome::NotComputed: return "not computed";
  }
  return "";
}

}  // namespace spread
