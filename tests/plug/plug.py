"""scripts/pull-the-plug: what happens to a run when something is pulled out of it. A table at the end:
what was pulled, how long it took, whether the output is that of a run that was left alone, and how many
processes are left. Ends with 1 if one of these is not as it should be. plug_peers.py pulls the same out of others."""

import fcntl
import os
import select
import signal
import subprocess
import sys
import tempfile
import time

SOURCE = os.environ["SPREAD_SOURCE"]
SPREAD = os.environ["SPREAD"]
sys.path.insert(0, os.path.join(SOURCE, "tests", "support"))
import sshd as test_sshd  # noqa: E402

TASKS = 400
SLOTS = 4
PATIENCE = 60
WORKER = """import json, os, sys, time
for line in sys.stdin:
    id, n = json.loads(line)[:2]
    time.sleep(float(os.environ.get("PLUG_SLEEP", "0.01")))
    print(json.dumps([id, "ok", "%040d" % int(n) ** 2]), flush=True)
"""
EXPECTED = "".join(f"{n * n:040}\n" for n in range(TASKS)).encode()
# A name space of its own has a disk of 64 KiB, of which 56 are taken. What is on it then is kept.
SMALL_DISK = """mount -t tmpfs -o size=64k none "$SMALL" && head -c 57344 /dev/zero >"$SMALL/filler" || exit 77
if [ "$1" = into ]; then shift; "$@" >"$SMALL/out"; else "$@"; fi
status=$?
stat -f -c %a "$SMALL" >"$KEPT/room"; rm "$SMALL/filler"; cp -r "$SMALL/." "$KEPT"; exit $status
"""


class CannotBe(Exception):
    """Why this cannot be shown here."""


class Hangs(Exception):
    """It did not end in PATIENCE seconds."""


class Plug:
    """Runs of all tasks by `spread run`, and what is pulled out of them."""

    name = "spread run"
    timeout = ("--timeout", "1", "--retries", "3", "--kill-grace", "1")
    hosts = ("-S", "2/h2,2/h3")
    patience = PATIENCE

    def __init__(self, folder):
        self.folder = folder
        self.mark = f"pulled-{os.getpid()}-{type(self).__name__}"
        self.environment = {**os.environ, "PLUG": self.mark, "LC_ALL": "C.UTF-8", "TERM": "dumb",
                            "XDG_STATE_HOME": os.path.join(folder, "state"), "HOME": folder}
        self.file("tasks", "".join(f"{n}\n" for n in range(TASKS)))
        self.status, self.said = 0, b""

    def path(self, name):
        return os.path.join(self.folder, name)

    def file(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    # ------------------------------------------------------------ what a peer does otherwise

    def command(self, *options):
        return [SPREAD, "run", "--wire", "json", f"-j{SLOTS}", "-a", self.path("tasks"), *options, "--",
                sys.executable, "-c", WORKER + f"# {self.mark}"]

    @staticmethod
    def journal(path):
        """The options for a run that can be gone on with; None: there are none."""
        return ["--journal", path, "--resume"]

    @staticmethod
    def went_on(parts):
        """The output of a run that was cut off and gone on with, of that of all its parts."""
        return parts[-1]

    def workers(self, pid):
        return [child for child in children(pid) if test_sshd.command_name(child).startswith("python")]

    # ------------------------------------------------------------ runs

    def run(self, *options, prefix=()):
        """Its stdout is a pipe. It has a process group of its own, as a shell's job has."""
        run = subprocess.Popen([*prefix, *self.command(*options)], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.environment,
                               cwd=self.folder, bufsize=0, start_new_session=True)
        self.said = b""
        for stream in (run.stdout, run.stderr):
            fcntl.fcntl(stream, fcntl.F_SETFL, os.O_NONBLOCK)
        return run

    def some_lines(self, run, count=20):
        return self.read(run, lambda out: out.count(b"\n") >= count)

    def finish(self, run):
        """What it writes until its end: not what goes on behind it."""
        out = self.read(run, lambda _: False)
        self.status = run.wait()
        for stream in (run.stdout, run.stderr):
            stream.close()
        return out

    def read(self, run, enough):
        out, end = bytearray(), time.monotonic() + self.patience
        open_streams = [stream for stream in (run.stdout, run.stderr) if not stream.closed]
        while not enough(out):
            over = run.poll() is not None
            ready, _, _ = select.select(open_streams, [], [], 0 if over else 0.02)
            for stream in ready:
                piece = os.read(stream.fileno(), 4096)
                if not piece:
                    open_streams.remove(stream)
                elif stream is run.stdout:
                    out += piece
                else:
                    self.said += piece
            if over and not ready:
                break
            if time.monotonic() > end:
                raise Hangs
        return bytes(out)

    def left(self, patience=10.0):
        """How many processes of these runs there still are, when they had time to end."""
        end = time.monotonic() + patience
        while (found := self.living()) and time.monotonic() < end:
            time.sleep(0.05)
        return len(found)

    def living(self):
        """Those with the mark in their environment, or, behind ssh, in their words."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/environ", "rb") as variables, open(f"/proc/{pid}/cmdline", "rb") as words:
                    if (f"PLUG={self.mark}".encode() not in variables.read().split(b"\0")
                            and self.mark.encode() not in words.read()):
                        continue
                with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
                    if stat.read().rpartition(") ")[2][:1] not in "ZX":
                        found.append(int(pid))
            except OSError:
                continue
        return found

    def end_all(self):
        for pid in self.living():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue

    def signal_worker(self, run, number):
        """One of those that work now. The next one, if it has just ended."""
        end = time.monotonic() + self.patience
        while time.monotonic() < end:
            for worker in self.workers(run.pid):
                try:
                    os.kill(worker, number)
                    return
                except ProcessLookupError:
                    continue
        raise Hangs

    def go_on(self, parts, journal):
        """What comes of it in the end; None, if it cannot be gone on with."""
        if journal is None:
            return None
        status, said = self.status, self.said
        parts.append(self.finish(self.run(*journal)))
        if self.status == 0:
            self.status, self.said = status, said  # of what was pulled
        return self.went_on(parts)

    # ------------------------------------------------------------ the plugs

    def left_alone(self):
        return self.finish(self.run())

    def master_killed(self):
        journal, parts = self.journal(self.path("j1")), []
        for _ in range(3):
            run = self.run(*journal or ())
            out = self.some_lines(run)
            run.kill()
            parts.append(out + self.finish(run))
        return self.go_on(parts, journal)

    def master_killed_in_long_tasks(self):
        """What is left is counted before the tasks would have ended."""
        journal = self.journal(self.path("j2"))
        self.environment["PLUG_SLEEP"] = "100"
        try:
            run = self.run(*journal or ())
            end = time.monotonic() + self.patience
            while len(self.workers(run.pid)) < SLOTS:
                if time.monotonic() > end:
                    raise Hangs
                time.sleep(0.02)
            run.kill()
            out = self.finish(run)
        finally:
            del self.environment["PLUG_SLEEP"]
        self.left_before = self.left()
        self.end_all()
        return self.go_on([out], journal)

    def interrupted(self):
        journal = self.journal(self.path("j3"))
        run = self.run(*journal or ())
        out = self.some_lines(run)
        os.killpg(run.pid, signal.SIGINT)
        return self.go_on([out + self.finish(run)], journal)

    def reader_left(self):
        journal = self.journal(self.path("j4"))
        run = self.run(*journal or ())
        out = self.some_lines(run)
        run.stdout.close()
        self.finish(run)
        return self.go_on([out], journal)

    def worker_killed(self):
        run = self.run()
        out = self.some_lines(run)
        self.signal_worker(run, signal.SIGKILL)
        return out + self.finish(run)

    def guard_killed(self):
        run = self.run()
        out = self.some_lines(run)
        guards = [child for child in children(run.pid) if child not in self.workers(run.pid)]
        if not guards:
            raise CannotBe("no guard is running")
        for guard in guards:
            os.kill(guard, signal.SIGKILL)
        return out + self.finish(run)

    def master_stopped(self):
        run = self.run()
        out = self.some_lines(run)
        os.kill(run.pid, signal.SIGSTOP)
        time.sleep(1)
        os.kill(run.pid, signal.SIGCONT)
        return out + self.finish(run)

    def worker_stopped(self):
        run = self.run(*self.timeout)
        out = self.some_lines(run)
        self.signal_worker(run, signal.SIGSTOP)
        return out + self.finish(run)

    def journal_disk_full(self):
        if self.journal("") is None:
            raise CannotBe("it keeps no journal")
        small, kept = self.small_disk("5")
        out = self.on_small_disk(self.journal(os.path.join(small, "j")))
        return self.go_on([out], self.journal(os.path.join(kept, "j")))

    def output_disk_full(self):
        """The journal lies where there is room. What was printed again goes there, too."""
        _, kept = self.small_disk("6")
        journal = self.journal(self.path("j6"))
        self.on_small_disk(journal or (), "into")
        with open(os.path.join(kept, "out"), "rb") as file:
            return self.go_on([file.read()], journal)

    def small_disk(self, number):
        self.environment["SMALL"], self.environment["KEPT"] = small, kept = self.path("small" + number), self.path(
            "kept" + number)
        os.mkdir(small)
        os.mkdir(kept)
        return small, kept

    def on_small_disk(self, options, *into):
        """It goes on there until the disk is full, and what it does then."""
        out = self.finish(self.run(*options, prefix=["unshare", "-Urm", "sh", "-c", SMALL_DISK, "sh", *into]))
        if self.status == 77 or b"unshare" in self.said:
            raise CannotBe("no name space may be made: " + self.said.decode().strip()[:60])
        with open(os.path.join(self.environment["KEPT"], "room"), encoding="ascii") as file:
            if file.read().strip() != "0":
                raise CannotBe("the disk did not become full")
        return out

    def connection_cut(self):
        folder = self.path("sshd")
        os.mkdir(folder, mode=0o700)
        try:
            server = test_sshd.Sshd(folder)
        except test_sshd.NotInstalled as missing:
            raise CannotBe(str(missing)) from None
        before = self.environment["PATH"]
        self.environment["PATH"] = f"{server.bin}:{before}"
        try:
            run = self.run(*self.hosts)
            out = self.some_lines(run)
            server.cut("h2")
            return out + self.finish(run)
        finally:
            self.environment["PATH"] = before
            server.close()


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(child) for child in file.read().split()]
    except OSError:
        return []


ROWS = [("nothing", Plug.left_alone), ("kill -9 of the master, three times", Plug.master_killed),
        ("the same, once, with tasks of 100 s", Plug.master_killed_in_long_tasks),
        ("kill -9 of a worker", Plug.worker_killed), ("kill -9 of the guard", Plug.guard_killed),
        ("SIGSTOP and CONT of the master", Plug.master_stopped),
        ("SIGSTOP of a worker, --timeout 1", Plug.worker_stopped), ("Ctrl-C", Plug.interrupted),
        ("the reader of stdout leaves", Plug.reader_left),
        ("a full disk under the journal", Plug.journal_disk_full),
        ("a full disk under the output", Plug.output_disk_full), ("a connection cut", Plug.connection_cut)]


def print_table(rows):
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    print()
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def main():
    table, bad = [("pulled", "seconds", "output", "left running")], False
    with tempfile.TemporaryDirectory(prefix="spread-plug-") as folder:
        plug = Plug(folder)
        for name, pull in ROWS:
            print(f"{name} ...", flush=True)
            start, plug.left_before = time.monotonic(), 0
            try:
                same = pull(plug) == EXPECTED
                result = "the same" if same else "ANOTHER ONE"
            except CannotBe as why:
                same, result = True, f"not shown: {why}"
            except Hangs:
                same, result = False, "HANGS"
            if plug.said:
                print("    " + plug.said.decode().strip().splitlines()[0])
            left = plug.left_before + plug.left()
            bad = bad or not same or left > 0
            table.append((name, f"{time.monotonic() - start:.1f}", result, str(left)))
            plug.end_all()
    print_table(table)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
