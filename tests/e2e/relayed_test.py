"""`spread run` with workers behind relays: what is done when a relay dies, what its workers are told, and that nothing
of theirs is left. That they are otherwise as other workers are: relayed_suites_test.py."""

import json
import os
import shlex
import signal
import unittest

from spread_testing import PUPPET, PYTHON, SPREAD, SpreadTest, do, json_lines, living_processes


def parent_of(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
        return int(stat.read().rpartition(") ")[2].split()[1])


class RelayedTest(SpreadTest):
    def relay(self, slots, *worker, options=()):
        return ["--worker", shlex.join([SPREAD, "relay", "-j", str(slots), *options, "--", *worker])]

    def begin(self, *words):
        """A run of PUPPET that a test writes tasks to and reads records of."""
        self.told, self.way = self.post(), self.gate()
        self.running = self.start("run", "--in", "json", "--out", "records", "--window", "1", *words)
        return self.running

    def waits(self, **more):
        return do(["tell", self.told.path], ["wait", self.way.path], **more)

    def records(self, result):
        return {record["id"]: record for record in result.values}


class RelayDies(RelayedTest):
    def test_what_was_under_way_goes_back_unmarked_and_the_relay_is_started_again(self):
        run = self.begin("--crash-retries", "1", *self.relay(3, *PUPPET))
        run.write(json_lines([self.waits(answer=i) for i in range(3)]))
        workers = [int(pid) for pid in self.told.lines(3)]
        relays = {parent_of(pid) for pid in workers}
        self.assertEqual(len(relays), 1)
        ends = [os.pidfd_open(pid) for pid in workers]
        os.kill(relays.pop(), signal.SIGKILL)
        for end in ends:
            self.assert_gone(end)
        self.assertEqual(len(set(self.told.lines(3))), 3)
        self.way.open(3)
        run.close_input()
        result = run.finish()
        self.assertEqual(result.status, 0, result)
        self.assertEqual([r["value"] for r in result.values], [0, 1, 2])
        self.assertEqual([r["attempts"] for r in result.values], [1, 1, 1])
        self.assert_only_told(result, r"spread: the relay with 3 workers ended: killed by signal 9 "
                                      r"\(Killed.*\) \(worker 0 on localhost\)")

    def test_a_task_that_was_alone_in_it_is_charged(self):
        for tries in (1, 2):
            run = self.begin("--crash-retries", tries, *self.relay(3, *PUPPET))
            run.write(json_lines([0]))
            self.assertEqual(json.loads(run.read_line())["value"], 0)
            run.write(json_lines([do(["tell", self.told.path], ["hang"])]))
            for _ in range(tries):
                os.kill(parent_of(int(self.told.line())), signal.SIGKILL)
            run.close_input()
            result = run.finish()
            self.assertEqual(result.status, 1, result)
            [record] = result.values
            self.assertEqual((record["status"], record["attempts"]), ("lost", tries), result)
            self.assert_told(result, rf"spread: task 2 .*was lost.*died {tries} times?.*: the relay with 3 workers "
                                     r"ended: killed by signal 9 \(Killed.*\).*")
            os.unlink(self.told.path), os.unlink(self.way.path)

    def test_the_other_relay_goes_on(self):
        run = self.begin(*self.relay(2, *PUPPET), *self.relay(2, *PUPPET))
        run.write(json_lines([self.waits(answer=i) for i in range(4)]))
        workers = [int(pid) for pid in self.told.lines(4)]
        relays = [parent_of(pid) for pid in workers]
        self.assertEqual(len(set(relays)), 2)
        others = [os.pidfd_open(pid) for pid, relay in zip(workers, relays) if relay != relays[0]]
        os.kill(relays[0], signal.SIGKILL)
        self.told.lines(2)
        self.way.open(4)
        run.close_input()
        result = run.finish()
        self.assertEqual((result.status, [r["value"] for r in result.values]), (0, [0, 1, 2, 3]), result)
        self.assertEqual(sorted(r["attempts"] for r in result.values), [1, 1, 1, 1])
        for other in others:
            self.assert_gone(other)

    def test_one_that_cannot_be_started_again(self):
        """Its slots are given up as those of a worker are, and others do the work."""
        script = self.script("once", f'#!/bin/sh\n[ -e {self.path("was")} ] && exit 7\n: >{self.path("was")}\nexec "$@"\n')
        once = ["--worker", shlex.join([script, SPREAD, "relay", "-j", "2", "--", *PUPPET])]
        run = self.begin("--start-retries", "2", *once, *self.relay(1, *PUPPET))
        run.write(json_lines([self.waits(answer=i) for i in range(3)]))
        workers = [int(pid) for pid in self.told.lines(3)]
        relays = [parent_of(pid) for pid in workers]
        os.kill(max(relays, key=relays.count), signal.SIGKILL)
        told = [run.process.stderr.readline().decode() for _ in range(2)]
        self.assertRegex(told[1], "^spread: the relay with 2 workers could not be started again: exit status 7 ")
        self.way.open(6)
        run.close_input()
        result = run.finish()
        self.assertEqual((result.status, [r["value"] for r in result.values]), (0, [0, 1, 2]), result)

    def test_a_relay_that_is_stopped_is_lost_after_a_silence(self):
        wraps = self.script("here", "#!/bin/sh\nshift\nexec \"$@\"\n")
        run = self.begin("-S", "1/a", "--launch", f"{wraps} {{host}}", "--lost-after", "0.5", "--", SPREAD, "relay", "-j2",
                         "--", *PUPPET)
        run.write(json_lines([self.waits(answer=i) for i in range(2)]))
        workers = [int(pid) for pid in self.told.lines(2)]
        relay = parent_of(workers[0])
        os.kill(relay, signal.SIGSTOP)
        self.told.lines(2)
        self.way.open(4)
        run.close_input()
        result = run.finish()
        self.assertEqual((result.status, [r["value"] for r in result.values]), (0, [0, 1]), result)
        self.assertIn("silent for 0.5 s", result.err)


class OneOfMany(RelayedTest):
    def test_the_death_of_one_of_sixty_four_is_its_own(self):
        """Its task is charged and tried again; its 63 neighbours answer what they have, each at the first try."""
        run = self.begin("--crash-retries", "2", *self.relay(64, *PUPPET))
        dies = do(["tell", self.told.path, "dies"], ["wait", self.way.path], ["kill", 9])
        run.write(json_lines([self.waits(answer=i) for i in range(63)] + [dies]))
        lines = self.told.lines(64)
        relay = parent_of(int(next(line for line in lines if line != "dies")))
        self.way.open(64)
        self.assertEqual(self.told.line(), "dies")
        self.way.open(1)
        run.close_input()
        result = run.finish()
        self.assertEqual(result.status, 1, result)
        self.assertEqual([r["value"] for r in result.values[:63]], list(range(63)))
        self.assertEqual({r["attempts"] for r in result.values[:63]}, {1})
        self.assertEqual((result.values[63]["status"], result.values[63]["attempts"]), ("lost", 2))
        self.assertEqual(living_processes(relay), [])


class Ends(RelayedTest):
    def test_nothing_is_left_of_a_run_that_is_killed(self):
        run = self.begin(*self.relay(2, *PUPPET))
        run.write(json_lines([self.waits(), self.waits()]))
        workers = [int(pid) for pid in self.told.lines(2)]
        ends = [os.pidfd_open(pid) for pid in (*workers, parent_of(workers[0]))]
        run.process.kill()
        for end in ends:
            self.assert_gone(end)

    def test_nothing_is_left_of_one_that_is_interrupted(self):
        run = self.begin("--kill-grace", "0.1", *self.relay(2, *PUPPET))
        run.write(json_lines([do(["ignore", 15], ["tell", self.told.path], ["hang"])] * 2))
        workers = [int(pid) for pid in self.told.lines(2)]
        ends = [os.pidfd_open(pid) for pid in (*workers, parent_of(workers[0]))]
        for _ in range(3):
            run.process.send_signal(signal.SIGINT)
        self.assertEqual(run.finish().status, 130)
        for end in ends:
            self.assert_gone(end)

    def test_a_reader_that_leaves_ends_it(self):
        # (head would do the same)
        run = self.begin(*self.relay(2, *PUPPET))
        run.write(json_lines([1]))
        run.read_line()
        run.process.stdout.close()
        try:
            run.write(json_lines([do(answer="x" * 100_000)] * 50))
        except BrokenPipeError:
            pass
        run.process.wait()
        self.assertEqual(run.process.returncode, 141)


class Told(RelayedTest):
    def test_numbers_and_limits(self):
        names = ["SPREAD_WORKERS", "SPREAD_GENERATION", "SPREAD_MAX_RSS", "SPREAD_HOST", "SPREAD_WIRE", "SPREAD_SLOT"]
        shown = " ".join(f"${name}" for name in names)
        script = f'read -r l; echo "[0,\\"ok\\",\\"{shown}\\"]"; cat'
        result = self.spread("run", "--wire", "json", "--max-rss", "1G", *self.relay(1, "sh", "-c", script), input="a\n")
        self.assertEqual((result.status, result.out), (0, f"1 0 {1 << 30} localhost json 1\n"), result)

    def test_hosts_of_a_relay_are_those_of_its_workers(self):
        hosts = ["-S", "1/a,1/b", "--launch", "env VIA={host}"]
        run = self.begin("--worker", shlex.join([SPREAD, "relay", *hosts, "--", *PUPPET]))
        run.write(json_lines([self.waits(answer=i) for i in range(2)]))
        self.told.lines(2)
        self.way.open(2)
        run.close_input()
        result = run.finish()
        self.assertEqual((result.status, sorted(r["host"] for r in result.values)), (0, ["a", "b"]), result)

    def test_a_worker_is_not_asked_to_be_a_relay(self):
        script = 'read -r l; echo "[0,\\"ok\\",\\"$SPREAD_FEATURES\\"]"; cat'
        result = self.spread("run", "--wire", "json", *self.relay(1, "sh", "-c", script), input="a\n")
        self.assertNotIn("relay", result.out.strip().split(","))
        self.assertIn("bye", result.out.strip().split(","))


class Prep(RelayedTest):
    def test_it_crosses_once_and_reaches_each_worker(self):
        """The bytes that the relay has read, though it has 8 workers, and some begin again."""
        item = "m" * 300_000
        items = self.file("items", json.dumps(item) + "\n")
        script = self.script("relay", f'#!/bin/sh\ntee {self.path("seen")} | {shlex.join([SPREAD, "relay", "-j8", "--", *PUPPET])}\n')
        tasks = [do(["exit", 0], answer=1)] * 2 + list(range(40))
        result = self.spread("run", "--in", "json", "--unordered", "--prep-file", items, "--worker", script,
                             input=json_lines(tasks))
        self.assertEqual(result.status, 2, result)
        with open(self.path("seen"), "rb") as seen:
            self.assertEqual(seen.read().count(item.encode()), 1)


if __name__ == "__main__":
    unittest.main()
