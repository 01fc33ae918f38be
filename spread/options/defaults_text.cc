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
  switch (defaults.records.format) {
    case InputFormat::Lines: return "lines";
    case InputFormat::Json: return "json";
    case InputFormat::Msgpack: return "msgpack";
    case InputFormat::Csv: return "csv";
  }
  return "";
}
std::string tails_default(const Options& defaults) {
  switch (defaults.tails.to) {
    case TailsTo::Stdout: return "stdout";
    case TailsTo::Stderr: return "stderr";
    case TailsTo::None: return "none";
    case TailsTo::Directory: return defaults.tails.directory;
  }
  return "";
}
std::string show_output_default(const Options& defaults) {
  return defaults.show_output ? "slot" : "none";
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
  return defaults.window.tasks == 0 ? "adaptive" : std::to_string(defaults.window.tasks);
}
std::string window_bytes_default(const Options& defaults) {
  return format_bytes(defaults.window.bytes);
}
std::string max_frame_default(const Options& defaults) { return format_bytes(defaults.max_frame); }
std::string read_ahead_default(const Options& defaults) {
  return std::to_string(defaults.read_ahead);
}
std::string reorder_memory_default(const Options& defaults) {
  return format_bytes(defaults.spill.memory);
}
std::string spill_max_default(const Options& defaults) {
  return format_bytes(defaults.spill.max_bytes);
}
std::string shutdown_timeout_default(const Options& defaults) {
  const auto& timeout = defaults.ends.shutdown_timeout;
  return timeout ? format_span(*timeout) : "none";
}
std::string kill_grace_default(const Options& defaults) {
  return format_span(defaults.ends.kill_grace);
}

}  // namespace spread::cli
