#include "spread/engine/job_limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace spread {
namespace {

// From SIGXCPU, of which a job may take note, to SIGKILL.
constexpr std::uint64_t kLastSeconds = 5;
// ABRT, BUS, SEGV, XCPU; only io/ has signal.h.
constexpr int kAbort = 6, kBus = 7, kSegment = 11, kCpu = 24;

bool speaks_of_memory(std::string_view words) {
  for (const std::string_view sign : {"memory", "Memory", "alloc"}) {
    if (words.find(sign) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

std::string job_limits_script(const ProcessLimits& limits) {
  std::string script;
  if (limits.memory) {
    constexpr std::uint64_t kUnit = 1024;
    script +=
        fmt::format("ulimit -v {} && ", *limits.memory / kUnit + (*limits.memory % kUnit != 0));
  }
  if (limits.cpu) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*limits.cpu).count();
    const auto limit = static_cast<std::uint64_t>(std::max<std::int64_t>(1, seconds));
    // Where the hard limit is lower already, it stays.
    script += fmt::format("ulimit -St {} && {{ ulimit -Ht {} 2>/dev/null || :; }} && ", limit,
                          limit + kLastSeconds);
  }
  // A limit that cannot be set, and said so, is a command that cannot be run.
  return script.empty() ? script : script + "exec \"$@\"; exit 126";
}

std::string_view limit_met(const ProcessLimits& limits, int signal, std::string_view last_words) {
  if (limits.cpu && signal == kCpu) return ", --limit-cpu";
  if (!limits.memory) return {};
  // The kernel does not say so: an allocation fails, and most programs then say so, or abort, or
  // crash.
  const bool crashed = signal == kAbort || signal == kSegment || signal == kBus;
  return crashed || speaks_of_memory(last_words) ? ", --limit-memory perhaps" : "";
}

}  // namespace spread
