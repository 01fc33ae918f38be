#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spread/api/result.h"
#include "spread/launch/launch_plan.h"

namespace spread {

/// `word` so that sh, bash, dash, zsh, ksh, fish, csh and tcsh all read it back alike. Any bytes
/// but NUL and newline: csh knows no way to quote a newline that the others would understand.
std::string quote_for_login_shell(std::string_view word);

/// What is to be started on the other side of an ssh connection.
struct RemoteCommand {
  ArgumentList words;                                            ///< any bytes but NUL
  std::vector<std::pair<std::string, std::string>> environment;  ///< names are plain identifiers
  std::string directory;                                         ///< empty = where the login begins
  bool reads_exports = false;  ///< a line of format_exports() comes first on its standard input
  bool has_functions = false;  ///< and there are functions in it
  std::uint64_t grace_seconds = 5;  ///< of the guard, between TERM and KILL
  std::string poll_seconds = "2";   ///< between two looks of the guard; tests want less
};

/// The one string that ssh hands to the login shell there, whichever it is. It becomes
/// `/bin/sh -c SCRIPT spread WORDS...`, and then the worker itself, in the same process: exit
/// status and signals are the worker's own. 125: the directory could not be entered; 126, 127: the
/// shell's own statuses for a program that cannot be executed or found. `exec`: see
/// Route::first_word.
///
/// **The guard.** sshd ends when the connection is lost, but not what it started: a worker that is
/// computing would go on for ever. A shell in the background, with no descriptor of the worker's,
/// looks every 2 s whether sshd's process is still there; if it is not, the worker's process group
/// gets TERM and, after the grace, KILL. It ends within 2 s of the worker. It is no child of the
/// worker, so a worker that waits for all its children does not wait for it. It is in the worker's
/// process group, so that the kernel gives this number to no other group while the guard lives.
/// Limits: where several connections share one (ControlMaster), sshd's process outlives this one;
/// and a cut network is only noticed there when sshd itself notices (ClientAliveInterval).
std::string format_remote(const RemoteCommand& command, bool exec = true);

/// Shell code that defines `spread_check PROGRAM`: if it is a script whose #! interpreter is
/// missing (or ends with a carriage return, which comes to the same), the shell says so and ends
/// with 126. The kernel's "not found" is about the interpreter, but reads as if the script were
/// missing.
std::string_view interpreter_check();

/// The script that prints how many CPUs may be used (affinity and cgroup), marked so that it is
/// found among what a login prints; to be run as `sh -c SCRIPT`.
std::string_view cpu_question();

/// The same script as one string for a login shell.
std::string format_remote_cpu_question(bool exec = true);

/// Whether --launch TEMPLATE names a host anywhere: then it is of no use without -S or --slf.
bool launch_needs_hosts(std::string_view launch);

/// How a host without an ssh command of its own is reached with `command` ("ssh -p 2222"): a login,
/// whatever the program is called. Errors are about --ssh and say so.
Result<Route> route_by_login(const HostSpec& host, std::string_view command);

/// How `host` is reached. In this order:
/// - this machine (`:`): not through anything
/// - a host with an ssh command of its own: through that
/// - `launch` empty or "ssh": ssh without terminal, without password prompts and with keep-alives,
///   so that a dead connection is noticed within a minute; "local": this machine, under that name
///   (to try things out); "srun", "mpirun": one job step per worker on that node
/// - else `launch` is a template, words as in shell_split. `{host}` is replaced inside words; the
///   word `{cmd}` stands for the worker's words, which otherwise come last. Nothing on the way may
///   hand these words to a shell. A template whose program is called `ssh` is known to do just
///   that, and gets one quoted word and the options above that it does not name itself.
/// Errors are about `launch` and say so.
Result<Route> route_to(const HostSpec& host, std::string_view launch);

}  // namespace spread
