#pragma once

#include <optional>
#include <string>

#include "process.h"
#include "scenario.h"

namespace spread::world {

inline constexpr Time kForever = 1'000'000 * kSecond;
inline constexpr int kLoginLost = 255;

/// What the words of a child mean in this world: "worker", "job I...", "filter", "command".
/// Nothing: there is no such program. `scenario` counts what is begun and finished.
std::optional<Program> find_program(Scenario& scenario, Process& process);

class Wire;
/// The next message from the master, whole; nothing: its input has ended.
Co<std::optional<std::string>> next_message(Process& self, Wire& wire);

/// Two of its kinds, as a process can die.
Co<int> crash(Process& self);

/// Writes `input` to descriptor 0.
Program feeder(const StreamPlan& plan, std::string input, Time& last);
/// Reads descriptor 0 into `read`. `last`: when it has read last.
Program reader(const StreamPlan& plan, std::string& read, Time& last);

}  // namespace spread::world
