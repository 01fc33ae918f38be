// Of a run in which one system call has failed: it was tried again, and all is as if it had not; or
// the run has ended with an error that is told.
#include <cstring>

#include "case.h"

namespace spread::world {
namespace {

/// What the caller has to try again, or is no error at all.
bool is_passing(FaultKind kind, Call call) {
  const bool of_resources = call == Call::Start || call == Call::Thread || call == Call::Lock;
  return kind == FaultKind::Short || kind == FaultKind::Eintr ||
         (kind == FaultKind::Eagain && !of_resources);
}

}  // namespace

std::vector<std::string> judge_failed(const Scenario& scenario, const Machine& machine,
                                      const Outcome& outcome) {
  // As if nothing had failed.
  std::vector<std::string> found = judge_as(scenario, machine, outcome, false);
  if (found.empty() || is_passing(machine.faults().failure, *machine.failed)) return found;
  std::vector<std::string> excused = judge_as(scenario, machine, outcome, true);
  if (!excused.empty() || !outcome.status) return excused;
  // Input that cannot be read any more is one failure.
  const std::string why = std::strerror(row_of(machine.faults().failure).error);
  const auto says = [&](const std::string& what) {
    return outcome.errors.find(what) != std::string::npos;
  };
  // What a lock says then is that another has it.
  const bool held = *machine.failed == Call::Lock && says(" is writing it (last record ");
  const bool told = says("spread: ") && (held || says(": " + why));
  if (*outcome.status != 0 && told) return excused;
  found.push_back("and yet the status is " + std::to_string(*outcome.status) +
                  (told ? "" : ", and the reason is not told"));
  return found;
}

}  // namespace spread::world
