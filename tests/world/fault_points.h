// One fault at each of the first system calls of a few runs, and what comes of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scenario.h"

namespace spread::world {

/// A run that is always the same, and long enough.
struct FixedRun {
  std::string name;
  Scenario scenario;
};
/// `what`: run, map or pipe.
std::vector<FixedRun> fixed_runs(const std::string& what);

/// What happens at a point: a call fails in this way, or the program is killed there, or the power
/// is cut.
struct PointFault {
  enum class What : std::uint8_t { Fails, Killed, PowerCut };
  What what = What::Fails;
  FaultKind kind = FaultKind::Short;
  std::string name() const;
};
std::optional<PointFault> find_fault(const std::string& name);

struct FaultPoints {
  std::string program, what;
  std::uint64_t first = 1, count = 2000;
  /// Of each point one run and one fault, which SPREAD_SEED decides; else all.
  bool some = false;
  bool until_one = false;  ///< ... goes wrong
};

/// The exit status.
int run_fault_points(const FaultPoints& points);
/// Shows one of them.
[[noreturn]] void show_fault_point(const FixedRun& run, std::uint64_t point, PointFault fault,
                                   bool trace);

}  // namespace spread::world
