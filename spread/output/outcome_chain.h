// The chain of outcomes of `run`, from its options.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "spread/api/shared_options.h"
#include "spread/output/output_writer.h"
#include "spread/output/sinks.h"
#include "spread/results/reorder_buffer.h"

namespace spread {

/// Each outcome comes to the chain with its task's payload: its value is a pair_of() both.
bool needs_payloads(const OutputOptions& output);

/// Opens no file: what does not fit in memory goes to one that is made then. `until_ok`: so many
/// successes are passed on, and nothing else. `writer` and `host_names`, which may grow, must
/// outlive the chain; so must `places`, which is null where none are wanted. `inputs`: the columns
/// of all tasks of a sweep, with which --out csv begins.
std::unique_ptr<OutcomeSink> open_outcome_chain(const OutputOptions& output,
                                                std::optional<std::uint64_t> until_ok,
                                                const SpillOptions& spill, OutputWriter& writer,
                                                const std::vector<std::string>& host_names,
                                                ResultPlaces* places,
                                                const std::vector<std::string>& inputs = {});

/// The output has each result as it is, one behind the other, so that it can be read back from it.
bool has_results_as_they_are(const OutputOptions& output, bool until_ok);

}  // namespace spread
