#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spread/launch/launch_plan.h"

namespace spread {

// How `map` runs many jobs over one login with nothing but /bin/sh on the other side. The agent is
// a loop in the shell: it reads one line, a request; runs it in a subshell with /dev/null as its
// input; and says on both its stdout and its stderr that the job has ended, with a mark that no job
// prints by accident:
//
//   agent, at its start:   \001 MARK " ready\n"    on stdout, and the same on stderr
//   agent, after a job:    \001 MARK " STATUS\n"   on stdout, and the same on stderr
//
// Everything between two marks is the job's output, byte by byte. STATUS is the shell's $?: 128+n
// for signal n. The end of its input ends the agent. Rejected: one login per job (190 ms each), and
// a binary of ours over there (nothing may have to be installed).

/// What to run on the far side: /bin/sh with the script and the mark.
ArgumentList job_agent_command(std::string_view mark);

/// What every mark in the agent's output begins with: \001, the mark, a blank.
std::string job_agent_prefix(std::string_view mark);

struct AgentJob {
  std::vector<std::string> words;
  std::vector<std::pair<std::string, std::string>> environment;  ///< names are plain identifiers
  std::string directory;                                         ///< empty = where the login began
  const std::string* input = nullptr;  ///< --stdin: what the job finds there; null = /dev/null
};
/// One line, with its newline. Any bytes but NUL may be in its parts.
std::string format_agent_job(const AgentJob& job);

}  // namespace spread
