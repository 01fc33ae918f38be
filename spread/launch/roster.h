#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "spread/api/result.h"
#include "spread/api/shared_options.h"
#include "spread/launch/launch_plan.h"

namespace spread {

/// The whole text of a file, or why there is none ("open hosts.txt: ..."), which is passed on.
using ReadFile = std::function<Result<std::string>(const std::string& name)>;

/// The hosts and slots that the options ask for. Everything that can be wrong with -S, --slf,
/// --worker, --args-file, --launch and -j is found here, before anything runs; errors name the
/// option, or the file and line.
///
/// Slots come in this order: --worker lists, --args-file lists, then the command's, by host. Lists
/// belong to this machine, and their slots are numbered there before the command's. With lists and
/// no command, there are no other slots. Without -S and --slf there is this machine alone, or
/// whatever `--launch TEMPLATE` leads to if it does not ask for a {host}.
///
/// A host given twice is one host (GNU parallel does the same): the first place counts, the last
/// N/ wins. The same name with another ssh command is another host. `--slf ..` is
/// ~/.parallel/sshloginfile and `--slf .` is /etc/parallel/sshloginfile, as in GNU parallel.
Result<Roster> build_roster(const HostOptions& options, const WorkerLists& lists,
                            const ArgumentList& command, const LaunchContext& context,
                            const ReadFile& read_file);

/// Adds the command's slots on `host`, which has `cpus` usable CPUs, and takes it off `ask_cpus`.
/// The slots that are there keep their places.
void add_slots(Roster& roster, const HostOptions& options, const ArgumentList& command, HostId host,
               std::uint32_t cpus);

/// Adds `count` slots of the command on this machine, which need not have been named; without a
/// command, of the list that was given last.
void add_local_slots(Roster& roster, const ArgumentList& command, std::uint32_t count);

}  // namespace spread
