#pragma once

#include <cstdint>
#include <string_view>

#include "spread/api/cut_options.h"
#include "spread/api/environment.h"
#include "spread/api/item_options.h"
#include "spread/api/job_options.h"
#include "spread/api/limit_options.h"
#include "spread/api/report_options.h"
#include "spread/api/streams.h"

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

}  // namespace spread
