// spread/run: a subcommand's options -> its run -> its exit status. Start here, then
// subcommand_options.h.
#pragma once

#include <cstdint>

#include "spread/api/environment.h"
#include "spread/api/result.h"
#include "spread/io/signals.h"
#include "spread/jobs/job_commands.h"
#include "spread/run/subcommand_options.h"

namespace spread {

using TakeSignals = Result<SignalSet> (*)();

/// Does what `options` ask for, whichever subcommand it is, in this process, and returns the exit
/// status (docs: 0 all succeeded, 1-100 so many failed, 101 more, 255 an error of spread itself,
/// 128+n ended by signal n). What went wrong has been told on stderr.
///
/// `take_signals` is called once, when a run has been planned and begins; until then signals do to
/// this process what they did before. Null: the run is a guest in its process, and signals are no
/// matter of it (not for `check` and `relay`). The thread has WriteSignalsBlocked, or is a
/// QuietThread.
int run(SubcommandOptions options, Environment environment, Streams streams,
        TakeSignals take_signals);

/// `spread history show|reset`: the exit status.
int show_or_reset_history(const HistoryOptions& options, Environment environment, Streams streams);

/// `spread hosts`: which hosts and slots a run with the same options would use, one line each; with
/// --check, each host is asked for its CPUs, so that a login which does not work is seen. Returns
/// the exit status: the number of hosts that did not answer, at most 101.
int show_hosts(HostsOptions options, Environment environment, Streams streams);

/// `spread sweep`: its rows on stdout. The exit status.
int show_sweep(const SweepCommand& command, Streams streams);

/// `spread results`: what a journal has, while its run goes on, too; no lock is taken. The exit
/// status.
int show_results(const ResultsCommand& command, Streams streams);

/// `spread journal repair`: the exit status.
int show_repair(const RepairCommand& command, Streams streams);

/// --dry-run of `map` and `pipe`: the commands on stdout, one after the other, each as a line for
/// sh; not those that --resume skips. `slots`: what {%} takes its numbers from. A bad record is an
/// Error, told when all others have been shown.
Status print_commands(const JobSetup& setup, std::uint32_t slots);
/// That of --round-robin: one for each slot; no input is read.
Status print_filters(const JobSetup& setup, std::uint32_t slots);

}  // namespace spread
