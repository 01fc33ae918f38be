#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spread/launch/launch_plan.h"

namespace spread {

// How `map` and `pipe` run many jobs over one login with nothing but /bin/sh on the other side. The
// agent is a loop in the shell: it reads one line, a request; runs it in a subshell with /dev/null
// as its input; and says on both its stdout and its stderr that it has ended, with a mark that no
// job prints by accident:
//
//   agent, at its start:   \001 MARK " ready\n"    on stdout, and the same on stderr
//   agent, after a job:    \001 MARK " STATUS\n"   on stdout, and the same on stderr
//
// Everything between two marks is the job's output, byte by byte. STATUS is the shell's $?: 128+n
// for signal n. The end of its input ends the agent. Rejected: one login per job (190 ms each), and
// a program of spread over there (nothing may have to be installed).
//
// A request may bring bytes (a block of `pipe`, --stdin, a file). They follow its line as chunks:
//
//   N "\n" and then N bytes, any number of times; ".\n" at the end
//
// The shell cannot read bytes, and the program that reads them for it must not take one too many,
// since the next request comes behind them. At its start the agent tries whether `head -c` reads
// exactly, else `dd` with GNU's flags, else `dd bs=1`, which always does and is slow. The agent
// discards what a job leaves of its input.

/// What to run on the far side: /bin/sh with the script and the mark. `fed`: requests may bring
/// bytes.
ArgumentList job_agent_command(std::string_view mark, bool fed);

/// What every mark in the agent's output begins with: \001, the mark, a blank.
std::string job_agent_prefix(std::string_view mark);

struct AgentJob {
  std::vector<std::string> words;
  /// Names that are no identifiers (exported functions of bash) are left to env(1).
  std::vector<std::pair<std::string, std::string>> environment;
  std::string directory;        ///< empty = where the login began
  bool make_directory = false;  ///< it is made where it is missing
  std::string bash_reason;      ///< the job needs bash, for this: told where there is none
  bool fed = false;             ///< chunks follow, and are its input; else /dev/null
};
/// What to say behind "cannot start bash".
std::string missing_bash(std::string_view reason);
/// One line, with its newline. Any bytes but NUL may be in its parts.
std::string format_agent_job(const AgentJob& job);

/// The same for a script of spread: `script` runs in `directory` with `words` as $1, $2, ...
std::string format_agent_script(std::string_view script, const std::vector<std::string>& words,
                                std::string_view directory, bool fed);

/// What stands in front of a chunk of `size` bytes, and what ends them.
std::string chunk_header(std::size_t size);
inline constexpr std::string_view kChunksEnd = ".\n";

}  // namespace spread
