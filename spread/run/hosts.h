#pragma once

#include "spread/api/environment.h"
#include "spread/api/streams.h"
#include "spread/run/subcommand_options.h"

namespace spread {

/// `spread hosts`: which hosts and slots a run with the same options would use, one line each; with
/// --check, each host is asked for its CPUs, so that a login which does not work is seen. Returns
/// the exit status: the number of hosts that did not answer, at most 101.
int show_hosts(HostsOptions options, Environment environment, Streams streams);

}  // namespace spread
