"""What has a limit, and is fed by hosts and workers: each is flooded with more (docs/limits.md)."""

import os
import unittest

from spread_testing import PYTHON, SpreadTest

# A login that prints this much before it becomes what it was to start: 2 MB and 200 KB.
FLOOD = """\
#!/bin/sh
yes "noise on stdout" | head -c 2000000
yes "noise on stderr" | head -c 200000 >&2
"""

# Answers one task, and breaks the protocol at the next one, each time in another way.
WRONG = """\
import json, os, sys
for line in sys.stdin:
    task = json.loads(line)[0]
    print(json.dumps([task, "ok", 1] if task % 2 == 0 else [task, f"kind {os.getpid()}"]), flush=True)
"""


class Floods(SpreadTest):
    def launcher(self, end='shift; exec "$@"\n'):
        path = self.file("flood", FLOOD + end)
        os.chmod(path, 0o755)
        return ("-S", "1/n1", "--launch", f"{path} {{host}}")

    def test_the_answer_about_cpus(self):
        _, _, *launch = self.launcher()
        result = self.spread("hosts", "-S", "n1", *launch)
        self.assertEqual(result.status, 1, result)
        self.assertIn("does not answer: its answer is too long", result.out)

    def test_the_time_for_it(self):
        time, post, gate = self.clock(), self.post(), self.gate()
        path = self.file("slow", f"#!/bin/sh\necho asked >{post.path}\nhead -c1 <{gate.path}\nexec sleep 1000\n")
        os.chmod(path, 0o755)
        running = self.start("hosts", "-S", "n1", "--launch", f"{path} {{host}}")
        self.assertEqual(post.line(), "asked")
        time.forward(20)
        gate.open()  # what it prints wakes the run
        result = running.finish()
        self.assertIn("it did not answer within 20 s", result.out)

    def test_reasons_of_ends(self):
        worker = self.file("worker.py", WRONG)
        result = self.spread("run", "-j4", "--wire", "json", "--crash-retries", "1", "--", PYTHON, worker,
                             input="".join(f"{n}\n" for n in range(200)))
        self.assertEqual(result.status, 100, result)
        told = [line for line in result.err.splitlines() if line.startswith("spread: worker ")]
        self.assertEqual(len(told), 20, result.err)

    def test_what_a_login_of_filters_says_first(self):
        result = self.spread("pipe", *self.launcher(), "--round-robin", "cat", input="1\n2\n")
        self.assertEqual((result.status, result.out), (0, "1\n2\n"), result)
        # 64 KiB in all are kept, and told.
        self.assertLess(len(result.err), 150000)

    def test_what_a_login_of_filters_says_that_fails(self):
        result = self.spread("pipe", *self.launcher("exit 3\n"), "--round-robin", "cat", input="1\n2\n")
        self.assertNotEqual(result.status, 0, result)
        self.assertEqual(result.out, "")
        self.assertLess(len(result.err), 150000)

    def test_what_a_worker_says_that_is_checked(self):
        worker = self.file("worker.py", 'import sys\nsys.stderr.write("x" * 1000000 + "\\nlast words\\n")\n'
                                        "sys.stderr.flush()\nsys.exit(3)\n")
        result = self.spread("check", "--wire", "lines", "--", PYTHON, worker)
        self.assertEqual(result.status, 1, result)
        self.assertIn("it says: last words", result.out)
        self.assertLess(len(result.out), 20000)

    def test_what_explain_tells(self):
        result = self.spread("run", "-v", "--wire", "lines", "--", "sh", "-c", "exec cat", "x" * 100000, input="1\n")
        self.assertEqual((result.status, result.out), (0, "1\n"), result)
        self.assertLess(max(map(len, result.err.splitlines())), 1100)

    def test_rows_of_the_summary(self):
        words = []
        for n in range(40):
            words += ["--worker", f"sh -c 'exec cat' w{n}"]
        result = self.spread("run", "--wire", "lines", "--summary", "--start-all", *words, input="1\n" * 400)
        self.assertEqual(result.status, 0, result)
        self.assertLess(len(result.err.splitlines()), 40)
        self.assertRegex(result.err, r"\n(localhost|all) +40 ")


if __name__ == "__main__":
    unittest.main()
