#include "spread/options/defaults_text.h"

#include <fmt/format.h>

namespace spread::cli {

std::string format_bytes(std::uint64_t bytes) {
  constexpr std::string_view kUnits = "KMGTPE";
  std::string unit;
  for (const char letter : kUnits) {
    if (bytes == 0 || bytes % 1024 != 0) break;
    bytes /= 1024;
    unit = letter;
  }
  return std::to_string(bytes) + unit;
}

std::string format_span(Duration span) { return fmt::format("{}s", to_seconds(span)); }

std::string slots_default(const Options& defaults) {
  return defaults.hosts.slots ? fmt::format("{}", *defaults.hosts.slots) : "one per usable CPU";
}
std::string wire_default(const Options& defaults) { return std::string(name_of(defaults.wire)); }
std::string input_default(const Options& defaults) {
  switch (defaults.input.format) {
    case InputFormat::Lines: return "lines";
    case InputFormat::Json: return "json";
    case InputFormat::Msgpack: return "msgpack";
    case InputFormat::Csv: return "csv";
  }
  return "";
}
std::string tails_default(const Options& defaults) {
  switch (defaults.output.tails) {
    case TailsTo::Stdout: return "stdout";
    case TailsTo::Stderr: return "stderr";
    case TailsTo::None: return "none";
    case TailsTo::Directory: return defaults.output.tails_directory;
  }
  return "";
}
std::string show_output_default(const Options& defaults) {
  return defaults.output.show_output ? "slot" : "none";
}
std::string retries_default(const Options& defaults) {
  return std::to_string(defaults.failure.retries);
}
std::string crash_retries_default(const Options& defaults) {
  return std::to_string(defaults.failure.crash_retries);
}
std::string start_retries_default(const Options& defaults) {
  return std::to_string(defaults.failure.start_retries);
}
std::string bench_default(const Options& defaults) { return format_span(defaults.failure.bench); }
std::string history_default(const Options&) { return "$XDG_STATE_HOME/spread/history.db"; }
std::string window_default(const Options& defaults) {
  return defaults.limits.window == 0 ? "adaptive" : std::to_string(defaults.limits.window);
}
std::string window_bytes_default(const Options& defaults) {
  return format_bytes(defaults.limits.window_bytes);
}
std::string max_frame_default(const Options& defaults) {
  return format_bytes(defaults.limits.max_frame);
}
std::string read_ahead_default(const Options& defaults) {
  return std::to_string(defaults.limits.read_ahead);
}
std::string reorder_memory_default(const Options& defaults) {
  return format_bytes(defaults.limits.reorder_memory);
}
std::string spill_max_default(const Options& defaults) {
  return format_bytes(defaults.limits.spill_max);
}
std::string shutdown_timeout_default(const Options& defaults) {
  const auto& timeout = defaults.limits.shutdown_timeout;
  return timeout ? format_span(*timeout) : "none";
}
std::string kill_grace_default(const Options& defaults) {
  return format_span(defaults.limits.kill_grace);
}

}  // namespace spread::cli
