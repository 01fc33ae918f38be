// Whether a run came to what its --halt names, and when. Known from what its tasks did, and from
// when the program read, or reaped, it.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "scenario.h"

namespace spread::world {

struct Halt {
  enum class State : std::uint8_t {
    None,     ///< no --halt, or it was not reached
    Reached,  ///< at `when`, as the program knew
    Unclear,  ///< this oracle cannot tell
  };
  State state = State::None;
  bool at_once = false;   ///< --halt now
  std::string why;        ///< fail, success, done
  std::size_t count = 0;  ///< ... =N
  bool percent = false;   ///< ... =N%
  Time when = 0;
  bool reached() const { return state == State::Reached; }
};

/// How a task ended, when no more was to come for it.
struct Final {
  bool success;
  Time when;   ///< as the program knew
  int status;  ///< of `map`, as a shell has it
};

/// Its end, if it came by itself. `unclear` is set where that depends on what is not known here.
std::optional<Final> final_of(const Scenario& scenario, const TaskPlan& task, bool& unclear);

Halt find_halt(const Scenario& scenario);

}  // namespace spread::world
