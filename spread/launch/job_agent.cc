#include "spread/launch/job_agent.h"

#include <algorithm>

namespace spread {
namespace {

// $1 is the mark. Names begin with spread_, for a request is evaluated in the same shell. The
// subshell keeps what a request does to itself (cd, exec) from the loop. printf and read are in
// every POSIX shell; `read -r` takes any line, however long.
constexpr std::string_view kAgent =
    R"(spread_m=$1; spread_n=$(printf "\n_"); spread_n=${spread_n%_}; )"
    R"(spread_say() { printf "\001%s %s\n" "$spread_m" "$1" >&2; )"
    R"(printf "\001%s %s\n" "$spread_m" "$1"; }; )"
    R"(spread_say ready; )"
    R"(while IFS= read -r spread_line; do ( eval "$spread_line" ) </dev/null; )"
    R"(spread_say "$?"; done)";

/// In single quotes, but for newlines, which would end the request's line, and the quote itself.
std::string quote(std::string_view word) {
  std::string quoted = "'";
  for (const char c : word) {
    switch (c) {
      case '\'': quoted += R"('\'')"; break;
      case '\n': quoted += R"('"$spread_n"')"; break;
      default: quoted += c;
    }
  }
  return quoted + "'";
}

}  // namespace

ArgumentList job_agent_command(std::string_view mark) {
  return {"/bin/sh", "-c", std::string(kAgent), "spread", std::string(mark)};
}

std::string job_agent_prefix(std::string_view mark) { return "\001" + std::string(mark) + " "; }

std::string format_agent_job(const AgentJob& job) {
  std::string line;
  if (!job.directory.empty()) line += "cd -- " + quote(job.directory) + " || exit 125; ";
  for (const auto& [name, value] : job.environment) {
    line += "export " + name + "=" + quote(value) + "; ";
  }
  if (job.input != nullptr) line += "printf %s " + quote(*job.input) + " | { ";
  // So that the shell's own words (its $?, a message) are about the job and not about a child.
  line += "exec";
  for (const std::string& word : job.words) line += " " + quote(word);
  if (job.input != nullptr) line += "; }";
  return line + "\n";
}

}  // namespace spread
