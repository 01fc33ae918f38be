#include "spread/run/login_end.h"

#include "spread/launch/launcher.h"

namespace spread {

std::string login_end_reason(const Plan& plan, const HostOptions& hosts, WorkerId worker,
                             ExitStatus status, bool ready, std::string last_words) {
  std::string reason = "the login ended, " + status.text();
  if (status.signal == 0 && !ready) {
    const std::string hint = exit_hint(plan.roster, hosts, worker, status.code);
    if (!hint.empty()) reason += " (" + hint + ")";
  }
  for (char& c : last_words) c = c == '\n' || c == '\r' ? ' ' : c;
  last_words.erase(last_words.find_last_not_of(' ') + 1);
  if (!last_words.empty()) reason += "; its last words: " + last_words;
  return reason;
}

}  // namespace spread
