#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "spread/api/environment.h"
#include "spread/api/job_options.h"
#include "spread/api/shared_options.h"

namespace spread {

/// RunMode::terminal_note() of `pipe`.
inline constexpr std::string_view kBlocksTyped = "; Ctrl-D ends it (a file: < FILE)";

/// What JobMode and FilterMode are told of a run: the options of `map` or `pipe`, which outlive
/// both.
struct JobSetup {
  const JobOptions& job;
  const ItemOptions& items;  ///< `pipe`: as if nothing were given
  const CutOptions* cut;     ///< `pipe`; null in `map`
  std::uint32_t retries = 1;
  const SpillOptions& spill;
  const EndOptions& ends;
  const ReportOptions& report;
  Environment environment;
  Streams streams;

  bool has_items() const { return cut == nullptr; }
};

/// --term-seq, or what is done without it.
inline std::vector<EndStep> end_sequence_of(const JobSetup& setup) {
  if (!setup.job.end_sequence.empty()) return setup.job.end_sequence;
  return {EndStep::term(setup.ends.kill_grace)};
}

}  // namespace spread
