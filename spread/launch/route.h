#pragma once

#include <string_view>

#include "spread/api/result.h"
#include "spread/launch/launch_plan.h"

namespace spread {

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
