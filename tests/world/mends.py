"""Faults that were once found in spread, each as the text that mends it and what stood there before.
scripts/unmend takes one out, and the simulated machines have to find it again."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Edit:
    file: str
    mended: str  # stands there once
    faulty: str


@dataclass(frozen=True)
class Mend:
    name: str
    kind: str  # of the worlds that are to find it: run, map, pipe, all
    fault: str
    edits: tuple[Edit, ...]

    def __init__(self, name, kind, fault, *edits):
        """Each three of `edits` are a file, what stands there once, and what stood there before."""
        groups = zip(edits[::3], edits[1::3], edits[2::3], strict=True)
        for key, value in (("name", name), ("kind", kind), ("fault", fault),
                           ("edits", tuple(Edit(*group) for group in groups))):
            object.__setattr__(self, key, value)


MENDS = [
    Mend("torn-blocks", "map",
         "blocks of two jobs torn apart where stdout and stderr are one place",
         "spread/output/reporter.cc",
         "      shared_(are_one_place(streams.output, streams.errors) ? &results : nullptr),",
         "      shared_(nullptr),"),
    Mend("order", "run",
         "results out of order: one that comes early is passed on at once",
         "spread/results/reorder_buffer.h",
         "    if (number(id) != next_) return false;\n",
         "    if (number(id) > next_ + 1) return false;\n"),
    Mend("slow-stderr-spins", "map",
         "a run whose stderr is read slowly goes round and round at its end",
         "spread/engine/engine.cc",
         "    return drained() || waits_for_reader() ? outputs : loop_.now();",
         "    return drained() ? outputs : loop_.now();"),
    Mend("third-signal", "run",
         "after the third signal a run whose output is not read waits for ever",
         "spread/core/run_phases.cc",
         """  if (now >= killed_at_) return true;
  const bool signalled = turn.signals > signals_before_;
""",
         """  static_cast<void>(now);
  const bool signalled = false;
  if (phase_ == RunPhase::Draining) return turn.drained;
"""),
    Mend("wrong-ids", "run",
         "a hang: a worker that answers tasks which it was not given keeps those that it was",
         "spread/workers/session.cc",
         "  if (open > 0 && !was_answered(decoded_.message.id) && ++foreign_answers_ >= open) {",
         "  if (open > 1000 && !was_answered(decoded_.message.id) && ++foreign_answers_ >= open) {"),
    Mend("joblog-full", "map",
         "a joblog that cannot be written any more is not told, and the status is 0",
         "spread/output/reporter.cc",
         "  file_error_ = \"cannot write \" + file.name + \": \" +\n"
         "                (file.writer->failed() ? file.writer->error() : \"nobody reads it any more\");\n",
         ""),
    Mend("starting", "map",
         "kill -9 while a child is being started leaves it behind",
         "spread/io/subprocess.cc",
         "    if (children.guard != nullptr) children.guard->starting(by);",
         "    static_cast<void>(by);"),
]
