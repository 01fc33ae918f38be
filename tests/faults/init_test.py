"""spread as process 1, as in a container without an init: no other process reaps orphans there."""

import os
import signal
import subprocess
import unittest

from map_testing import MapTest, tell, wait_at
from spread_testing import SPREAD, Result

# A process 1 of its own needs a namespace: root may have one, and CI is root. Elsewhere a user
# namespace may do.
NEW = ("unshare", "-pf", "--mount-proc", "--kill-child")


def how_to_unshare():
    for words in (NEW, ("unshare", "-Ur", *NEW[1:])):
        if subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0:
            return words
    return None


UNSHARE = how_to_unshare()


@unittest.skipUnless(UNSHARE, "this user may not have a process namespace (unshare -pf --mount-proc)")
class ProcessOne(MapTest):
    def contained(self, *words, **how):
        process = subprocess.Popen(
            [*UNSHARE, SPREAD, *words], cwd=self.folder, env=self.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how
        )
        self.addCleanup(self._end, process)
        return process

    def run_contained(self, *words):
        process = self.contained(*words)
        out, err = process.communicate()
        return Result(process.returncode, out, err.decode())

    # An orphan that is dead and not reaped is a zombie of process 1. The job waits
    # until its own has vanished.
    ORPHAN = ("( : & echo $! >orphan{} ); read -r pid <orphan{}; "
              "while [ -e /proc/$pid ]; do :; done; echo {}")

    def test_orphans_are_reaped_while_jobs_run(self):
        result = self.run_contained("map", "-j2", self.ORPHAN, ":::", *"abcd")
        self.assert_run(result, 0, "a\nb\nc\nd\n", "")

    def test_orphans_of_workers_are_reaped(self):
        script = self.ORPHAN.replace("{}", "$x")
        result = self.run_contained("run", "-j1", "--wire", "lines", "--", "sh", "-c",
                                    f"while read -r x; do {script}; done", ":::", *"abc")
        self.assert_run(result, 0, "a\nb\nc\n", "")

    def test_exit_status_is_that_of_the_run(self):
        self.assertEqual(self.run_contained("map", "exit {}", ":::", "0", "1", "1").status, 2)
        self.assertEqual(self.run_contained("map", "--nonsense").status, 255)

    def test_signals_reach_the_run(self):
        post, gate = self.post(), self.gate()
        process = self.contained("map", "-j1", f"{tell(post)}; {wait_at(gate)}; echo {{}}", ":::",
                                 "a", "b")
        self.assertEqual(post.line(), "a")
        with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as children:
            init = int(children.read())
        os.kill(init, signal.SIGUSR1)  # one slot more
        self.assertEqual(post.line(), "b")
        os.kill(init, signal.SIGTERM)
        for line in process.stderr:
            if line.startswith(b"spread: "):
                break
        gate.open(2)
        out, _ = process.communicate()
        self.assertEqual((process.returncode, out), (143, b"a\nb\n"))

    def test_it_does_not_hold_what_the_run_has_open(self):
        ours, theirs = os.pipe()
        post, gate = self.post(), self.gate()
        process = self.contained("map", f"{tell(post)}; {wait_at(gate)}; : {{}}", ":::", "a",
                                 pass_fds=(theirs,))
        os.close(theirs)
        post.line()
        with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as children:
            init = int(children.read())
        self.assertEqual(sorted(map(int, os.listdir(f"/proc/{init}/fd"))), [0, 1, 2])
        gate.open()
        self.assertEqual(process.wait(), 0)
        os.close(ours)


if __name__ == "__main__":
    unittest.main()
