#pragma once

#include <cstdint>
#include <string>

#include "spread/api/time.h"
#include "spread/options/options.h"

namespace spread::cli {

/// 65536 -> "64K", 1000 -> "1000": the shortest text that parse_size reads back exactly.
std::string format_bytes(std::uint64_t bytes);
/// 60 s -> "60s", 0.5 s -> "0.5s": in seconds, as people write such limits.
std::string format_span(Duration span);

// The default of one option, as --help shows it; see OptionSpec::default_text.
std::string slots_default(const Options& defaults);
std::string wire_default(const Options& defaults);
std::string input_default(const Options& defaults);
std::string tails_default(const Options& defaults);
std::string show_output_default(const Options& defaults);
std::string retries_default(const Options& defaults);
std::string crash_retries_default(const Options& defaults);
std::string start_retries_default(const Options& defaults);
std::string bench_default(const Options& defaults);
std::string history_default(const Options& defaults);
std::string window_default(const Options& defaults);
std::string window_bytes_default(const Options& defaults);
std::string max_frame_default(const Options& defaults);
std::string read_ahead_default(const Options& defaults);
std::string reorder_memory_default(const Options& defaults);
std::string spill_max_default(const Options& defaults);
std::string shutdown_timeout_default(const Options& defaults);
std::string kill_grace_default(const Options& defaults);

}  // namespace spread::cli
