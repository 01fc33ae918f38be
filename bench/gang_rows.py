"""The rows of `spread gang`: what members say to each other, beside a bare relay and Open MPI.

The programs, of one loop (bench/gang/rounds.h), print how many seconds their rounds took, without
the start of the members."""

import os

from contenders import Contender, Row

# More members than CPUs that wait by spinning would keep those from running whom they wait for. Open
# MPI knows only where it counts the CPUs itself, so it is told, and also that it may run as root.
MPIRUN = ("mpirun", "--oversubscribe", "--allow-run-as-root", "--mca", "mpi_yield_when_idle", "1")
MIB = 2**20

# kind: what it is called, bytes that a member is given in a round, and for 2, 8 and 64 members the
# rounds of spread (and the relay) and of Open MPI: about a second each.
KINDS = {
    "barrier": ("barrier", 0, ((40_000, 400_000), (10_000, 20_000), (1500, 200))),
    "allreduce": ("allreduce of one f8", 0, ((40_000, 400_000), (8000, 20_000), (1500, 200))),
    "allreduce-big": ("allreduce of 1 MiB of f8", MIB, ((300, 2000), (50, 300), (6, 12))),
    "broadcast-big": ("broadcast of 1 MiB of f8", MIB, ((300, 2000), (60, 500), (8, 60))),
}


def rows(table):
    return [row(table, kind, k, members)
            for kind in KINDS for k, members in enumerate((2, 8, 64))]


def row(table, kind, k, members):
    title, given, rounds = KINDS[kind]
    n, mpi_n = (max(x // 10, 5) if table.quick else x for x in rounds[k])
    worker, peer = (os.path.join(table.bench, name) for name in ("gang_rounds", "gang_rounds_mpi"))
    gang = [table.spread, "gang", f"-n{members}", f"-j{members}", "--exact", "--gather", "root",
            "--", worker, kind, str(n), ":::", "go"]
    return Row(f"gang-{kind}-{members}", f"{title}, {members} members", [
        Contender("limit: C, pipes and epoll", table.limit("gang", "-j", members, kind, n), n,
                  "limit"),
        Contender("spread gang, SDK worker", gang, n, "spread", needs=(worker,),
                  subcommand=(table.spread, "gang")),
        Contender("Open MPI", [*MPIRUN, "-n", str(members), peer, kind, str(mpi_n)], mpi_n,
                  beside=True, needs=(peer,)),
    ], own_clock=True, bytes_each=given * members)
