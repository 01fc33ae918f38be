#include "spread/engine/login_end.h"

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

}  // namespace spread
