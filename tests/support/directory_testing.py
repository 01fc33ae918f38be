"""What tests of run directories stand on."""

import json
import os
import re
import signal

from spread_testing import SQUARE, SpreadTest


class DirectoryTest(SpreadTest):
    def setUp(self):
        super().setUp()
        self.dir = self.path("d")
        self.addCleanup(self.end_detached)

    def end_detached(self):
        """Ends a run that a failed test has left."""
        try:
            with open(os.path.join(self.dir, "pid")) as file:
                pid = int(file.read().split()[-1])
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if self.folder.encode() in file.read():
                    os.kill(pid, signal.SIGKILL)
        except (OSError, ValueError, IndexError):
            pass

    def inside(self, name):
        with open(os.path.join(self.dir, name), "rb") as file:
            return file.read().decode()

    def spec(self):
        return json.loads(self.inside("spec.json"))

    def status(self):
        result = self.spread("status", self.dir)
        self.assertEqual((result.status, result.err), (0, ""), result)
        self.assertEqual(len(result.out.splitlines()), 1, result)
        return result.out.rstrip("\n")

    def state(self):
        return self.status().split(":")[0].split()[0]

    def wait_for_status(self, pattern):
        """What a run does is seen in its journal a tenth of a second later."""
        while not re.search(pattern, self.status()):
            pass

    def refused(self, *words, because="", **how):
        result = self.spread(*words, **how)
        self.assertEqual((result.status, result.out), (255, ""), result)
        self.assertEqual(len(result.err.splitlines()), 1, result)
        self.assertIn(because, result.err)
        return result

    def square(self, *options, **how):
        return self.spread("run", "--dir", self.dir, "--in", "json", *options, "--", *SQUARE, **how)

    def gated(self, *items):
        """A run of map whose jobs report and wait."""
        self.post_, self.gate_ = self.post(), self.gate()
        script = self.script("job", f"""#!/bin/sh
echo begun $1 >&2
echo $$ >{self.path("job.pid")}
echo $1 >{self.post_.path}
read x <{self.gate_.path}
echo done $1
""")
        return ["map", "--dir", self.dir, "-k", "-j1", script, ":::", *items]

    def let(self, count=1):
        self.gate_.open(count, b"\n")

    def kill(self, run):
        """kill -9 of a gated run, whose job is at the gate; the job has ended, too, when this returns."""
        with open(self.path("job.pid")) as file:
            job = os.pidfd_open(int(file.read()))
        run.signal(signal.SIGKILL)
        run.process.wait()
        self.assert_gone(job)
