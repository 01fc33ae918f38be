"""One script of collectives in each SDK, and in gangs that are mixed of them: the same values
everywhere. The master is tests/support/gang_master.py."""

import contextlib
import os
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests", "unit", "sdk_python"), os.path.join(ROOT, "tests", "support")]
import gang_master
from harness import Worker

SCRIPTS = os.path.join(ROOT, "tests", "e2e", "gang_workers")
BUILD = os.environ["SPREAD_BUILD"]
ENVIRONMENT = {
    "SPREAD_FEATURES": "ask,meta",
    "SPREAD_SDK": os.path.join(ROOT, "worker_sdk", "sh"),
}
WORKERS = {
    "python": ([sys.executable, os.path.join(SCRIPTS, "script.py")], "msgpack"),
    "python json": ([sys.executable, os.path.join(SCRIPTS, "script.py")], "json"),
    "c++": ([os.path.join(BUILD, "test_workers", "gang_script")], "msgpack"),
    "sh": (["sh", os.path.join(SCRIPTS, "script.sh")], "json"),
}


class GangScript(unittest.TestCase):
    def check(self, *names, payloads=(7, 100)):
        with contextlib.ExitStack() as stack:
            workers = []
            for name in names:
                argv, wire = WORKERS[name]
                workers.append(
                    stack.enter_context(Worker("", argv=argv, wire=wire, env=ENVIRONMENT))
                )
                workers[-1].hello()
            for id, n in enumerate(payloads):
                found = gang_master.play(workers, id, n)
                for rank, answer in enumerate(found):
                    self.assertEqual(
                        answer, ["ok", gang_master.expected(rank, len(names), n)], names[rank]
                    )

    def test_each_sdk(self):
        for name in WORKERS:
            for size in (1, 3):
                with self.subTest(name=name, size=size):
                    self.check(*[name] * size)

    def test_a_gang_of_all_of_them(self):
        self.check("c++", "python", "sh", "python json", "c++")
        self.check("python", "c++")
        self.check("sh", "c++", "python")

    def test_outside_of_a_gang_every_call_is_the_identity(self):
        for name, (argv, wire) in WORKERS.items():
            with self.subTest(name=name), Worker("", argv=argv, wire=wire, env=ENVIRONMENT) as w:
                w.hello()
                w.task(0, 7)
                # But that nothing is put where no other is.
                self.assertEqual(w.message(), [0, "ok", gang_master.expected(0, 1, 7)])


if __name__ == "__main__":
    unittest.main()
