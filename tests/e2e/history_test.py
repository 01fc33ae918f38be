"""What is remembered of past performance, on two local "hosts" of which one takes four times as
long. The claims are about which host was given which task, and never about how long it took."""

import os
import sqlite3
import unittest

import confinement
from spread_testing import PYTHON, SpreadTest

# Sleeps for MILLISECONDS, on the host "slow" four times as long, and answers with its payload. To
# take some time is its task here; no test waits for it to pass. Where both hosts are to work, neither
# begins before the other is there: on a busy machine the fast one would do everything alone.
SLEEPER = """\
import os, sys, time, msgpack
if "MEET" in os.environ:
    os.open(os.environ["MEET"], os.O_WRONLY if os.environ["SPREAD_HOST"] == "slow" else os.O_RDONLY)
i, o = sys.stdin.buffer, sys.stdout.buffer
seconds = int(sys.argv[1]) / 1000 * (4 if os.environ["SPREAD_HOST"] == "slow" else 1)
while h := i.read(5):
    id, x = msgpack.unpackb(i.read(int.from_bytes(h[1:], "big")))
    time.sleep(seconds)
    b = msgpack.packb([id, "ok", x])
    o.write(b"\\xc6" + len(b).to_bytes(4, "big") + b)
    o.flush()
"""


class HistoryTest(SpreadTest):
    def setUp(self):
        super().setUp()
        self.sleeper = self.file("sleeper.py", SLEEPER)
        self.default = os.path.join(self.environment["XDG_STATE_HOME"], "spread", "history.db")

    def hosts_of(self, tasks, *options, milliseconds=30, said="", meet=None, **how):
        """The hosts that computed the tasks, in the order of the tasks. The slow one is named
        first, so that only knowledge puts it behind."""
        result = self.spread(
            *("run", "--launch", "local", "-S", "1/slow,1/fast", "--out", "records", *options),
            *("--", PYTHON, self.sleeper, milliseconds),
            input="x\n" * tasks,
            env={**self.environment, **({"MEET": meet} if meet else {})},
            **how,
        )
        self.assertEqual(result.status, 0, result)
        self.assertRegex(result.err, rf"\A{said}\Z")
        return [record["host"] for record in result.values]

    def learn(self, *options, **how):
        meet = self.path("meet")
        if not os.path.exists(meet):
            os.mkfifo(meet)
        hosts = self.hosts_of(10, *options, meet=meet, **how)
        self.assertEqual(set(hosts), {"fast", "slow"})

    def show(self, *words):
        result = self.spread("history", "show", *words)
        self.assertEqual((result.status, result.err), (0, ""), result)
        return result.out


class Locked(HistoryTest):
    deadline = 20

    def test_file_that_somebody_has_locked_delays_nothing(self):
        self.learn()
        database = sqlite3.connect(self.default, isolation_level=None)
        self.addCleanup(database.close)
        database.execute("BEGIN EXCLUSIVE")
        for _ in range(8):  # at 3 s each it would be too late
            self.hosts_of(2, milliseconds=1, said=r"spread: no history: .*locked[^\n]*\n")

    def test_file_system_without_locks_is_one_warning(self):
        self.learn()
        with open(self.default, "rb") as file:
            before = file.read()
        for _ in range(4):
            hosts = self.hosts_of(
                2,
                milliseconds=1,
                said=r"spread: no history: [^\n]*grants no locks\)\n",
                preexec_fn=confinement.refuse_locks,
            )
            self.assertEqual(len(hosts), 2)
        with open(self.default, "rb") as file:
            self.assertEqual(file.read(), before)


class FastestFirst(HistoryTest):
    def test_without_history_hosts_are_used_as_they_are_given(self):
        self.assertEqual(self.hosts_of(1), ["slow"])

    def test_from_the_second_run_on_the_fastest_is_first(self):
        self.learn()
        self.assertEqual(self.hosts_of(1), ["fast"])
        self.assertTrue(os.path.exists(self.default))

    def test_also_for_a_command_that_was_never_seen(self):
        # Not how long it takes, but that this host is the faster one.
        self.learn()
        self.assertEqual(self.hosts_of(1, milliseconds=31), ["fast"])

    def test_all_starts_and_shows_its_slots_in_their_order_nevertheless(self):
        self.learn()
        show = ("--", "sh", "-c", "echo $SPREAD_HOST")
        result = self.spread("all", "--launch", "local", "-S", "1/slow,1/fast", *show)
        self.assert_run(result, 0, "slow\nfast\n", "")

    def test_tail_of_seven_and_of_two_tasks(self):
        # 400 ms and 1.6 s. Of 7 the fast one does 6 while the slow one does 1: 2.4 s, and a second
        # one there would end at 3.2 s. Of 2 it does both: 0.8 s.
        self.learn(milliseconds=400)
        hosts = self.hosts_of(7, milliseconds=400)
        self.assertEqual((hosts.count("fast"), hosts.count("slow")), (6, 1))
        self.assertEqual(hosts[0], "fast")
        self.assertEqual(self.hosts_of(2, milliseconds=400), ["fast", "fast"])

    def test_runs_at_the_same_time_do_not_disturb_each_other(self):
        runs = [
            self.start(
                *("run", "--launch", "local", "-S", "1/slow,1/fast", "--"),
                *(PYTHON, self.sleeper, 20),
            )
            for _ in range(5)
        ]
        for run in runs:
            run.write("x\n" * 10)
        for run in runs:
            self.assert_run(run.finish(), 0, "x\n" * 10, "")
        self.assertEqual(self.hosts_of(1, milliseconds=20), ["fast"])


class HistoryFile(HistoryTest):
    def test_history_is_kept_where_it_is_told(self):
        file = self.path("of my own")
        self.learn("--history", file)
        self.assertTrue(os.path.exists(file))
        self.assertFalse(os.path.exists(self.default))
        self.assertEqual(self.hosts_of(1, "--history", file), ["fast"])
        self.assertEqual(self.hosts_of(1, "--no-history"), ["slow"])

    def test_no_history_remembers_nothing(self):
        self.learn("--no-history")
        self.assertFalse(os.path.exists(self.default))
        self.assertEqual(self.hosts_of(1), ["slow"])

    def test_no_history_uses_nothing(self):
        self.learn()
        self.assertEqual(self.hosts_of(1, "--no-history"), ["slow"])

    def test_history_that_cannot_be_written_is_a_warning(self):
        # A folder that is a file: not even root can.
        file = os.path.join(self.file("file", "text"), "history.db")
        warning = rf"spread: [^\n]*{file}[^\n]*\n"
        self.learn("--history", file, said=warning)

    def test_file_that_is_no_history_is_a_warning_and_stays_as_it_is(self):
        text = "this is a letter, and no database\n" * 100
        file = self.file("letter", text)
        self.learn("--history", file, said=rf"spread: [^\n]*{file}[^\n]*\n")
        with open(file, encoding="utf-8") as kept:
            self.assertEqual(kept.read(), text)


class Damaged(HistoryTest):
    def test_file_is_set_aside_with_one_warning_and_a_new_one_is_begun(self):
        self.learn()
        with open(self.default, "r+b") as file:
            file.truncate(5000)
        aside = self.default + ".damaged"
        self.learn(said=rf"spread: damaged history: [^\n]*; the file is now {aside}, [^\n]*\n")
        self.assertEqual(os.path.getsize(aside), 5000)
        self.assertEqual(self.hosts_of(1), ["fast"])

    def test_file_of_rubbish_in_the_place_of_spread_is_set_aside(self):
        os.makedirs(os.path.dirname(self.default))
        with open(self.default, "w", encoding="utf-8") as file:
            file.write("rubbish\n" * 1000)
        self.learn(said=rf"spread: damaged history: [^\n]*{self.default}.damaged, [^\n]*\n")
        self.learn()

    def test_show_of_it_is_an_error_and_changes_nothing(self):
        os.makedirs(os.path.dirname(self.default))
        with open(self.default, "w", encoding="utf-8") as file:
            file.write("rubbish\n" * 1000)
        result = self.spread("history", "show")
        self.assertEqual(result.status, 255)
        self.assertRegex(result.err, rf"\Aspread: read history {self.default}: [^\n]*\n\Z")
        self.assertEqual(os.listdir(os.path.dirname(self.default)), ["history.db"])


class Show(HistoryTest):
    def test_show_has_the_fastest_host_first(self):
        self.learn()
        text = self.show()
        self.assertRegex(text, r"(?s)\bfast\b.*\bslow\b")
        self.assertIn("sleeper.py", text)

    def test_show_of_some_hosts(self):
        self.learn()
        self.assertRegex(self.show("slow"), r"\bslow\b")
        self.assertNotRegex(self.show("slow"), r"(?m)^fast\b")

    def test_show_of_another_file(self):
        file = self.path("other")
        self.learn("--history", file)
        self.assertNotIn("sleeper.py", self.show())
        self.assertIn("sleeper.py", self.show("--history", file))

    def test_show_without_history(self):
        self.assertNotIn("sleeper.py", self.show())
        self.assertFalse(os.path.exists(self.default))

    def test_reset_of_a_host(self):
        self.learn()
        self.assertEqual(self.spread("history", "reset", "slow").status, 0)
        self.assertNotRegex(self.show(), r"\bslow\b")
        self.assertRegex(self.show(), r"\bfast\b")

    def test_reset_of_all(self):
        self.learn()
        self.assertEqual(self.spread("history", "reset").status, 0)
        self.assertNotIn("sleeper.py", self.show())
        self.assertEqual(self.hosts_of(1), ["slow"])


if __name__ == "__main__":
    unittest.main()
