"""scripts/pull-the-plug: what happens to a run when something is pulled out of it. A table at the end:
what was pulled, how long it took, whether the output is that of a run that was left alone, and how many
processes are left. Ends with 1 if one of these is not as it should be."""

import os
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
PATIENCE = 60
WORKER = [sys.executable, "-c", """import json, sys, time
for line in sys.stdin:
    id, n = json.loads(line)[:2]
    time.sleep(0.01)
    print(json.dumps([id, "ok", n * n]), flush=True)
"""]
EXPECTED = "".join(f"{n * n}\n" for n in range(TASKS)).encode()


class CannotBe(Exception):
    """Why this cannot be shown here."""


class Plug:
    def __init__(self, folder):
        self.folder = folder
        self.mark = f"plug-{os.getpid()}"
        self.environment = {**os.environ, "PLUG": self.mark, "LC_ALL": "C.UTF-8", "TERM": "dumb",
                            "XDG_STATE_HOME": os.path.join(folder, "state")}
        self.file("tasks", "".join(f"{n}\n" for n in range(TASKS)))

    def path(self, name):
        return os.path.join(self.folder, name)

    def file(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def run(self, *options, prefix=()):
        """A run of all tasks; its stdout is a pipe."""
        words = [*prefix, SPREAD, "run", "--in", "json", "--wire", "json", "-j4", "-a", self.path("tasks"),
                 *options, "--", *WORKER]
        return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, env=self.environment, cwd=self.folder, bufsize=0)

    @staticmethod
    def some_lines(run, count=20):
        out = b""
        while out.count(b"\n") < count:
            out += os.read(run.stdout.fileno(), 64)
        return out

    def left(self, patience=10.0):
        """How many processes of these runs there still are, when they had time to end."""
        end = time.monotonic() + patience
        while (found := self.living()) and time.monotonic() < end:
            time.sleep(0.05)
        return len(found)

    def living(self):
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/environ", "rb") as variables:
                    if f"PLUG={self.mark}".encode() not in variables.read().split(b"\0"):
                        continue
                with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
                    if stat.read().rpartition(") ")[2][:1] not in "ZX":
                        found.append(int(pid))
            except OSError:
                continue
        return found

    @staticmethod
    def children(pid):
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(child) for child in file.read().split()]

    def workers(self, pid):
        return [child for child in self.children(pid) if test_sshd.command_name(child).startswith("python")]

    # ------------------------------------------------------------ the plugs

    def left_alone(self):
        out, _ = self.run().communicate(timeout=PATIENCE)
        return out

    def master_killed(self):
        journal = ["--journal", self.path("j1"), "--resume"]
        for _ in range(3):
            run = self.run(*journal)
            self.some_lines(run)
            run.kill()
            run.communicate(timeout=PATIENCE)
        out, _ = self.run(*journal).communicate(timeout=PATIENCE)
        return out

    def worker_killed(self):
        run = self.run()
        out = self.some_lines(run)
        os.kill(self.workers(run.pid)[0], signal.SIGKILL)
        rest, _ = run.communicate(timeout=PATIENCE)
        return out + rest

    def guard_killed(self):
        run = self.run()
        out = self.some_lines(run)
        guards = [child for child in self.children(run.pid) if child not in self.workers(run.pid)]
        if not guards:
            raise CannotBe("no guard is running")
        for guard in guards:
            os.kill(guard, signal.SIGKILL)
        rest, _ = run.communicate(timeout=PATIENCE)
        return out + rest

    def master_stopped(self):
        run = self.run()
        out = self.some_lines(run)
        os.kill(run.pid, signal.SIGSTOP)
        time.sleep(1)
        os.kill(run.pid, signal.SIGCONT)
        rest, _ = run.communicate(timeout=PATIENCE)
        return out + rest

    def worker_stopped(self):
        run = self.run("--timeout", "1", "--retries", "3", "--kill-grace", "1")
        out = self.some_lines(run)
        os.kill(self.workers(run.pid)[0], signal.SIGSTOP)
        rest, _ = run.communicate(timeout=PATIENCE)
        return out + rest

    def disk_full(self):
        """The journal lies on a disk of 64 KiB, of which 56 are taken; the run goes on where there is room."""
        small = self.path("small")
        os.mkdir(small)
        script = ('mount -t tmpfs -o size=64k none "$1" && head -c 57344 /dev/zero >"$1/filler" || exit 77\n'
                  'shift; "$@"; status=$?\ncp "$SMALL/j" "$SMALL/../j2" && exit $status')
        prefix = ["unshare", "-Urm", "sh", "-c", script, "sh", small]
        self.environment["SMALL"] = small
        run = self.run("--journal", os.path.join(small, "j"), prefix=prefix)
        _, err = run.communicate(timeout=PATIENCE)
        if run.returncode == 77 or b"unshare" in err:
            raise CannotBe("no name space may be made: " + err.decode().strip()[:60])
        if run.returncode == 0:
            raise CannotBe("the disk did not become full")
        print("    " + err.decode().strip().splitlines()[0])
        out, _ = self.run("--journal", self.path("j2"), "--resume").communicate(timeout=PATIENCE)
        return out

    def connection_cut(self):
        folder = self.path("sshd")
        os.mkdir(folder, mode=0o700)
        try:
            server = test_sshd.Sshd(folder)
        except test_sshd.NotInstalled as missing:
            raise CannotBe(str(missing)) from None
        self.environment["PATH"] = f"{server.bin}:{self.environment['PATH']}"
        try:
            run = self.run("-S", "2/h2,2/h3")
            out = self.some_lines(run)
            server.cut("h2")
            rest, err = run.communicate(timeout=PATIENCE)
            if run.returncode != 0:
                print(err.decode())
            return out + rest
        finally:
            server.close()


ROWS = [("nothing", Plug.left_alone), ("kill -9 of the master, three times", Plug.master_killed),
        ("kill -9 of a worker", Plug.worker_killed), ("kill -9 of the guard", Plug.guard_killed),
        ("SIGSTOP and CONT of the master", Plug.master_stopped),
        ("SIGSTOP of a worker, --timeout 1", Plug.worker_stopped),
        ("a full disk under the journal", Plug.disk_full), ("a connection cut", Plug.connection_cut)]


def main():
    table, bad = [], False
    with tempfile.TemporaryDirectory(prefix="spread-plug-") as folder:
        plug = Plug(folder)
        for name, pull in ROWS:
            print(f"{name} ...", flush=True)
            start = time.monotonic()
            try:
                same = pull(plug) == EXPECTED
                result = "the same" if same else "ANOTHER ONE"
            except CannotBe as why:
                same, result = True, f"not shown: {why}"
            except subprocess.TimeoutExpired:
                same, result = False, "HANGS"
            left = plug.left()
            bad = bad or not same or left > 0
            table.append((name, f"{time.monotonic() - start:.1f}", result, str(left)))
            for pid in plug.living():
                os.kill(pid, signal.SIGKILL)
    rows = [("pulled", "seconds", "output", "left running"), *table]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    print()
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
