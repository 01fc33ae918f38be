#include "spread/engine/login_end.h"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>
#include <utility>

#include "spread/base/quote.h"
#include "spread/launch/launcher.h"

namespace spread {

std::string login_end_reason(const Plan& plan, const CommandOptions& command, WorkerId worker,
                             ExitStatus status, bool ready, std::string last_words) {
  std::string reason = "the login ended, " + status.text();
  if (status.signal == 0 && !ready) {
    const std::string hint = exit_hint(plan.roster, command, plan.context, worker, status.code);
    if (!hint.empty()) reason += " (" + hint + ")";
  }
  for (char& c : last_words) c = c == '\n' || c == '\r' ? ' ' : c;
  last_words.erase(last_words.find_last_not_of(' ') + 1);
  if (!last_words.empty()) reason += "; its last words: " + last_words;
  return reason;
}

bool is_ssh_failure(std::string_view said) {
  if (said.starts_with("ssh: ") || said.find("\nssh: ") != said.npos) return true;
  for (const std::string_view words :
       {"Permission denied (", "Host key verification failed", "Connection closed by ",
        "Connection reset by ", "Connection timed out"}) {
    if (said.find(words) != said.npos) return true;
  }
  return false;
}

std::string login_hint(const Plan& plan, HostId id) {
  const HostSpec& host = plan.roster.hosts[number(id)];
  if (host.route.kind != Route::Kind::LoginShell) return {};
  const std::string login = host.login.empty() ? "ssh " + shell_quote(host.name) : host_label(host);
  return "try: " + login + " true";
}

FailedStart unreachable_host(const Plan& plan, HostId host, std::string how, std::string said) {
  FailedStart start;
  start.subject = "host " + host_label(plan.roster.hosts[number(host)]);
  start.what = "cannot be reached";
  start.how = std::move(how);
  start.hint = login_hint(plan, host);
  start.said = std::move(said);
  start.host = true;
  return start;
}

FailedStart failed_login(const Plan& plan, const CommandOptions& command, WorkerId worker,
                         ExitStatus status, std::string said) {
  const HostId host = plan.roster.slots[number(worker)].host;
  constexpr int kOfSsh = 255;
  if (status.signal == 0 && status.code == kOfSsh && plan.by_login(worker)) {
    return unreachable_host(plan, host, status.text(), std::move(said));
  }
  FailedStart start;
  start.subject = "the login to " + host_label(plan.roster.hosts[number(host)]);
  start.what = "came to nothing";
  start.how = status.text();
  if (status.signal == 0)
    start.hint = exit_hint(plan.roster, command, plan.context, worker, status.code);
  start.said = std::move(said);
  return start;
}

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
