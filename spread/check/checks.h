#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "spread/check/bench.h"
#include "spread/wire/codec.h"
#include "spread/workers/session.h"

namespace spread::check {

/// What a check has found.
struct Finding {
  enum class Kind : std::uint8_t { Pass, Fail, NotApplicable };
  Kind kind = Kind::Pass;
  std::string what;    ///< in one line, as it was seen
  std::string advice;  ///< of a failure: what to do about it

  static Finding pass(std::string what) { return {Kind::Pass, std::move(what), {}}; }
  static Finding fail(std::string what, std::string advice) {
    return {Kind::Fail, std::move(what), std::move(advice)};
  }
  static Finding not_applicable(std::string why) {
    return {Kind::NotApplicable, std::move(why), {}};
  }
};

/// What the first task has shown, on which most checks rest.
struct Known {
  bool started = false;     ///< it could be started
  bool answers = false;     ///< it has answered, and while its input was open
  bool at_the_end = false;  ///< ... and at the end of its input alone
  bool value = false;       ///< the answer was a value
  std::string error;        ///< else what it said
  Duration took{};          ///< from its start to its answer
  std::optional<wire::Hello> hello;
  Problem problem = Problem::None;
  std::string problem_text;
  bool wrong_hello = false;  ///< that is what it is about
  std::string silence;       ///< why it has no answer
};
/// Starts it once, for a task.
Known first_task(Bench& bench);

/// One rule of docs/protocol.md, in a situation that shows whether it is kept.
struct Check {
  std::string_view name;
  bool needs_answers = true;      ///< nothing can be learned from a worker that answers nothing
  bool without_messages = false;  ///< it is a rule of --wire lines and pickle, too
  bool only_lines = false;        ///< ... or of lines alone
  Finding (*look)(Bench& bench, const Known& known) = nullptr;
};

/// Of what leads to the worker; then those of the worker itself, in the order in which they are
/// made.
std::span<const Check> launcher_checks();
std::span<const Check> answer_checks();
std::span<const Check> end_checks();
/// What was seen on the side, while the others were made.
std::span<const Check> conduct_checks();

}  // namespace spread::check
