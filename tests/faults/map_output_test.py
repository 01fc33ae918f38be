"""The output of `spread map` when its reader goes away, its disk is full, or it is not read."""

import os
import resource
import shutil
import signal
import subprocess
import unittest

from map_testing import MapTest, is_signal_pending, tell, wait_at


class ClosedOutput(MapTest):
    def endless(self, *words):
        """With an input that never ends: only the end of the reader can end the run."""
        forever = subprocess.Popen(["yes", "x"], stdout=subprocess.PIPE)
        self.addCleanup(forever.wait)
        self.addCleanup(forever.kill)
        self.addCleanup(forever.stdout.close)
        return self.start_map("-j2", *words, stdin=forever.stdout)

    def test_head_1_is_141_and_nothing_on_stderr(self):
        for options in ((), ("--unordered",), ("--lb",), ("--tag",), ("--out=records",)):
            with self.subTest(options):
                running = self.endless(*options, "echo")
                head = subprocess.run(["head", "-1"], stdin=running.process.stdout,
                                      capture_output=True)
                self.close_output(running)
                self.assertIn(b"x\n" if "records" not in str(options) else b'"x\\n"', head.stdout)
                self.assert_run(running.finish(), 141, "", "")

    def test_ungrouped_jobs_meet_it_themselves(self):
        # Their own exit status tells of it; the run goes on, as with xargs.
        running = self.start_map("-j1", "-u", "echo x; echo y; : {}", ":::", "a", stdin=None)
        head = subprocess.run(["head", "-1"], stdin=running.process.stdout, capture_output=True)
        self.close_output(running)
        self.assertEqual(head.stdout, b"x\n")
        self.assertIn(running.finish().status, (0, 1, 141))

    def test_reader_that_goes_away_while_nothing_is_written(self):
        post, gate = self.post(), self.gate()
        script = f"{tell(post, '$$')}; {wait_at(gate)}; : {{}}"
        running = self.start_map("-j2", script, ":::", *"abc", stdin=None)
        groups = [int(pid) for pid in post.lines(2)]
        self.close_output(running)
        self.assert_run(running.finish(), 141, "", "")
        for group in groups:
            self.wait_until_gone(group)

    def test_reader_that_goes_away_while_a_job_prints_without_end(self):
        running = self.start_map("-j2", "yes", ":::", "a", "b", stdin=None)
        self.assertEqual(running.read_line(), "a\n")
        self.close_output(running)
        self.assert_run(running.finish(), 141, "", "")


class Full(MapTest):
    TOLD = r"spread: cannot write to standard output: No space left on device"

    def test_full_disk(self):
        for options in ((), ("--unordered",), ("--lb",), ("--out=records",)):
            with self.subTest(options), open("/dev/full", "wb") as full:
                result = self.map("-j2", *options, "echo", ":::", *"abc", stdout=full)
                self.assertEqual(result.status, 255, result)
                self.assert_told(result, self.TOLD)

    def test_full_disk_ends_an_endless_run(self):
        with open("/dev/full", "wb") as full:
            running = self.start_map("-j1", "echo", stdout=full)
        running.write("a\n")
        running.process.wait()
        self.assertEqual(running.finish().status, 255)

    def test_full_disk_where_nothing_is_printed(self):
        with open("/dev/full", "wb") as full:
            self.assertEqual(self.map("true", ":::", "a", stdout=full).status, 0)

    def test_full_disk_of_dry_run(self):
        with open("/dev/full", "wb") as full:
            result = self.map("--dry-run", "echo", ":::", "a", stdout=full)
        self.assertEqual(result.status, 255, result)
        self.assert_told(result, self.TOLD)

    def test_full_disk_of_results(self):
        os.mkdir(self.path("d"))
        os.mkdir(self.path("d/1"))
        os.symlink("/dev/full", self.path("d/1/stdout"))
        result = self.map("--results", "d", "echo", ":::", "a")
        # It is the job that cannot write.
        self.assertEqual(result.status, 1, result)

    def test_file_size_limit_is_as_a_full_disk(self):
        with open(self.path("out"), "wb") as out:
            result = self.map(
                *("-j1", "head -c100000 /dev/zero; : {}", ":::", "a"), stdout=out,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)),
            )
        self.assertEqual(result.status, 255, result)
        self.assert_told(result, r"spread: cannot write to standard output: File too large")

    def test_stderr_that_nobody_reads_any_more(self):
        read, write = os.pipe()
        os.close(read)
        try:
            result = self.map("-j2", "echo e >&2; echo {}", ":::", "a", "b", stderr=write)
            self.assertEqual((result.status, result.out), (0, "a\nb\n"))
        finally:
            os.close(write)


class SlowReaderOfErrors(MapTest):
    """stderr is not read until all jobs are over: it waits as long as it has to, and no signal is
    lost meanwhile."""

    # What they print fits into memory, but not into what waits for stderr. The first one is
    # waited for by all.
    JOBS, EACH = 6, 700000

    def start_loud(self, *words, **how):
        return self.start(*words, stdout=subprocess.DEVNULL, **how)

    def start_jobs(self, gate):
        """Until all have ended."""
        post = self.post()
        script = (
            f"if [ {{}} = 1 ]; then {wait_at(gate)}; fi;"
            f" head -c {self.EACH} /dev/zero | tr '\\0' e >&2"
        )
        running = self.start_loud("map", f"-j{self.JOBS}", "--joblog", "post", script, ":::",
                                  *map(str, range(1, self.JOBS + 1)), stdin=None)
        post.lines(self.JOBS)
        gate.open()
        post.line()
        return running

    def assert_all_there(self, result):
        self.assertEqual((result.status, len(result.err)), (0, self.JOBS * self.EACH))

    def test_gets_all_of_it(self):
        self.assert_all_there(self.start_jobs(self.gate()).finish())

    def test_of_pipe_gets_all_of_it(self):
        gate = self.gate()
        script = f"if [ $SPREAD_SLOT = 1 ]; then {wait_at(gate)}; fi; cat >&2"
        for options in ((), ("--round-robin",)):
            with self.subTest(options):
                running = self.start_loud("pipe", f"-j{self.JOBS}", "--block", str(self.EACH),
                                          *options, script)
                for _ in range(self.JOBS):
                    running.write("1234567890123456789\n" * (self.EACH // 20))
                running.close_input()
                gate.open()
                self.assert_all_there(running.finish())

    def test_of_tails_gets_all_of_it(self):
        post = self.post()
        running = self.start_loud("all", "-j1", "--tails", "stderr", "--", "sh", "-c",
                                  f"head -c 20000000 /dev/zero; {tell(post, 'x')}", stdin=None)
        post.line()
        result = running.finish()
        self.assertEqual((result.status, len(result.err)), (0, 20000000))

    def test_that_never_reads_does_not_hold_a_signal_off(self):
        gate = self.gate()
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                running = self.start_jobs(gate)
                os.unlink(self.path("post"))
                running.signal(number)
                self.assertEqual(running.process.wait(), 128 + number)


class SlowReaderOfATable(MapTest):
    """--results to a FIFO that is not read until all jobs are over."""

    EACH = 3000000

    def assert_sleeps(self, pid):
        """What goes round and round is never found asleep so often in a row."""
        asleep = 0
        while asleep < 300:
            with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
                asleep = asleep + 1 if stat.read().rpartition(") ")[2][0] == "S" else 0

    def test_it_is_waited_for_without_turning(self):
        post, log = self.post("table.csv"), self.post("log")
        running = self.start("map", "-j1", "--results", "table.csv", "--joblog", "log",
                             f"head -c {self.EACH} /dev/zero | tr '\\0' x; : {{}}", ":::", "1", "2",
                             stdin=None)
        log.lines(3)
        self.assert_sleeps(running.process.pid)
        head = post.line()
        self.assertTrue(head.startswith("Seq,Host"), head)
        rows = post.lines(2)
        self.assertEqual([len(row) > self.EACH for row in rows], [True, True])
        self.assert_run(running.finish(), 0, "", "")


class FullSpill(MapTest):
    """A job that holds the output of all others back, and too little room for these."""

    JOBS, EACH = 30, 200000

    def behind_a_slow_one(self, *options):
        """The first job ends when the other slot does nothing any more."""
        gate, post = self.gate(), self.post()
        script = (
            f"case {{}} in 0) {tell(post)}; {wait_at(gate)};;"
            f" *) head -c{self.EACH} /dev/zero | tr '\\0' x; echo {{}};; esac"
        )
        items = map(str, range(self.JOBS + 1))
        running = self.start_map(
            "-j2", "--reorder-mem", "64K", *options, script, ":::", *items, stdin=None
        )
        post.line()
        return running, gate

    def assert_all_there(self, result):
        wanted = "".join("x" * self.EACH + f"{n}\n" for n in range(1, self.JOBS + 1))
        self.assertEqual(result.status, 0, result)
        self.assertTrue(result.out == wanted)

    def test_spill_max_loses_nothing_and_is_told_once(self):
        running, gate = self.behind_a_slow_one("--spill-max", "1M")
        told = self.wait_for_line(running, "spread: the spill file in ")
        self.assertIn("--spill-max", told)
        gate.open()
        result = running.finish()
        self.assert_all_there(result)
        self.assertEqual(result.err, "")

    def test_full_disk_loses_nothing_and_is_told_once(self):
        folder = self.small_disk()
        running, gate = self.behind_a_slow_one("--spill-dir", folder)
        told = self.wait_for_line(running, "spread: ")
        self.assertIn("No space left on device", told)
        self.assertIn(folder, told)
        gate.open()
        result = running.finish()
        self.assert_all_there(result)
        self.assertEqual(result.err, "")

    def small_disk(self):
        folder = self.path("disk")
        os.mkdir(folder)
        mount = shutil.which("mount")
        if os.getuid() != 0 or mount is None:
            self.skipTest("only root can mount a small disk")
        done = subprocess.run([mount, "-t", "tmpfs", "-o", "size=512k", "none", folder],
                              capture_output=True)
        if done.returncode != 0:
            self.skipTest(f"a small disk cannot be mounted here: {done.stderr.decode().strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", folder], check=True)
        return folder

    def test_a_job_that_is_tried_again_gets_a_slot_before_new_ones(self):
        # Every fifth fails once. What runs beside may block until the one before has ended.
        script = (
            "case {} in *0|*5) if ! [ -e {}.done ]; then : >{}.done; exit 1; fi;; esac;"
            f" head -c{self.EACH} /dev/zero | tr '\\0' x; echo {{}}"
        )
        for options in ((), ("--lb", "-k"), ("--out=records",)):
            with self.subTest(options):
                for item in range(1, self.JOBS + 1):
                    if os.path.exists(self.path(f"{item}.done")):
                        os.unlink(self.path(f"{item}.done"))
                items = map(str, range(1, self.JOBS + 1))
                result = self.map(
                    *("-j5", "--retries", "2", "--reorder-mem", "64K", "--spill-max", "1K"),
                    *options, script, ":::", *items,
                )
                if "--out=records" in options:
                    result.raw = "".join(job["stdout"] for job in result.values).encode()
                self.assert_all_there(result)

    def test_blocks_of_pipe_are_tried_again_before_new_ones(self):
        script = (
            'f=once.$PARALLEL_SEQ; case $PARALLEL_SEQ in *3) if ! [ -e $f ]; then : >$f; exit 1; fi;; esac;'
            " head -c100000 /dev/zero; cat"
        )
        result = self.spread(
            *("pipe", "-j3", "--retries", "2", "--reorder-mem", "64K", "--spill-max", "1K"),
            *("-N1", script), input="".join(f"{n}\n" for n in range(20)),
        )
        self.assertEqual(result.status, 0, result.err)
        self.assertTrue(
            result.raw == b"".join(b"\0" * 100000 + b"%d\n" % n for n in range(20))
        )

    def test_a_job_to_be_tried_again_that_has_no_slot_is_made_way_for(self):
        # One slot less, while the other job waits for room: it must end first.
        gate, post = self.gate(), self.post()
        script = (
            f"case {{}} in a) if ! [ -e once ]; then : >once; {tell(post)}; {wait_at(gate)}; exit 1; fi;;"
            f" *) head -c{self.EACH} /dev/zero | tr '\\0' x;; esac; echo {{}}"
        )
        running = self.start_map(
            *("-j2", "--retries", "2", "--reorder-mem", "64K", "--spill-max", "1K"),
            *(script, ":::", "a", "b", "c"), stdin=None,
        )
        post.line()
        self.wait_for_line(running, "spread: the spill file in ")
        running.signal(signal.SIGUSR2)
        while is_signal_pending(running.pid, signal.SIGUSR2):
            pass
        gate.open()
        told = self.wait_for_line(running, "spread: job 1 is to be tried again and has no slot")
        self.assertIn("--spill-max", told)
        result = running.finish()
        each = "x" * self.EACH
        self.assert_run(result, 0, f"a\n{each}b\n{each}c\n")

    def test_killed_while_it_spills_leaves_no_file(self):
        folder = self.path("spill")
        os.mkdir(folder)
        running, gate = self.behind_a_slow_one("--spill-dir", folder)
        running.signal(signal.SIGKILL)
        running.process.wait()
        self.assertEqual(os.listdir(folder), [])


if __name__ == "__main__":
    unittest.main()
