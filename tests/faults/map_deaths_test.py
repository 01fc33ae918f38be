"""Jobs of `spread map` that are killed, leave children behind, cannot be started, or never end."""

import os
import resource
import signal
import subprocess
import unittest

from map_testing import MapTest, failures, tell, wait_at
from spread_testing import SPREAD


class Deaths(MapTest):
    def test_any_signal_is_a_failure_of_that_job_alone(self):
        names = ("HUP", "INT", "QUIT", "ABRT", "KILL", "SEGV", "PIPE", "ALRM", "TERM")
        script = "ulimit -c 0; case {} in -) echo fine;; *) kill -{} $$;; esac"
        result = self.map("-v", "-j2", script, ":::", "-", *names, "-")
        self.assert_run(result, len(names), "fine\nfine\n")
        for number, name in enumerate(names, 2):
            value = int(signal.Signals["SIG" + name])
            self.assert_told(result, rf"spread: job {number}: killed by signal {value} \(.*\): .*")

    def test_what_it_has_printed_is_not_lost(self):
        result = self.map("-j2", "printf '{}\\nhalf'; kill -9 $$", ":::", "a", "b")
        self.assert_run(result, 2, "a\nhalfb\nhalf")

    def test_child_that_keeps_the_pipe_does_not_hold_the_run(self):
        # It lives on and has the pipes to spread open; what the job itself has printed is all there.
        post, gate = self.post(), self.gate()
        script = f"( {tell(post, '$$')}; {wait_at(gate)} ) & read x <{post.path}; echo {{}}; : $x"
        for options in ((), ("--unordered",), ("--lb",), ("--tag",), ("--retries", "2")):
            with self.subTest(options):
                result = self.map("-j1", *options, script, ":::", "a", "b")
                gate.open(2)
                tag = ("a\t", "b\t") if "--tag" in options else ("", "")
                self.assert_run(result, 0, f"{tag[0]}a\n{tag[1]}b\n", "")

    def test_job_that_ends_in_time_has_not_timed_out_though_its_pipe_is_held(self):
        # By a child that is out of reach; the pipe is read for longer than the time-out.
        for status in (0, 3):
            with self.subTest(status):
                folder = os.path.join(self.folder, str(status))
                os.mkdir(folder)
                post, gate = self.post(f"{status}/post"), self.gate(f"{status}/gate")
                child = f"setsid sh -c '{tell(post, 'x')}; {wait_at(gate)}'"
                script = f"{child} & read x <{post.path}; echo {{}}; exit {status}; : $x"
                result = self.map("-j1", "--timeout", "0.3", script, ":::", "a", "b")
                gate.open(2)
                self.assertEqual((result.status, result.out), (2 * (status > 0), "a\nb\n"), result)
                self.assertNotIn("timed out", result.err)

    def test_job_that_closes_its_output_is_waited_for(self):
        gate, post = self.gate(), self.post()
        script = f"exec >&- 2>&-; {tell(post)}; {wait_at(gate)}; exit 4; : {{}}"
        running = self.start_map("-j1", script, ":::", "a", stdin=None)
        post.line()
        gate.open()
        self.assertEqual(running.finish().status, 1)

    def test_children_are_killed_with_a_job_that_takes_too_long(self):
        post, gate = self.post(), self.gate()
        child = f"( trap '' TERM; {tell(post, '$$')}; {wait_at(gate)}; : )"
        script = f"{child} & {wait_at(gate)}; : {{}}"
        result = self.map("--timeout", "0.3", "--kill-grace", "0.05", script, ":::", "a")
        self.assertEqual(result.status, 1, result)
        self.wait_until_gone(int(post.line()))

    def test_children_of_the_other_jobs_are_killed_by_halt_now(self):
        post, gate, fail = self.post(), self.gate(), self.gate("fail")
        script = (
            f"case {{}} in a) ( {wait_at(gate)}; : ) & {tell(post, '$$')}; wait;;"
            f" *) {wait_at(fail)}; exit 1;; esac"
        )
        running = self.start_map("-j2", "--halt", "now,fail=1", script, ":::", "a", "b", stdin=None)
        group = int(post.line())
        fail.open()
        self.assertEqual(running.finish().status, 1)
        self.wait_until_gone(group)

    def test_stopped_job_is_killed_when_its_time_is_over(self):
        result = self.map(
            *("--timeout", "0.3", "--kill-grace", "0.05", "kill -STOP $$; : {}", ":::", "a")
        )
        told = failures((1, "timed out", "kill -STOP $$; : a"), of=1)
        self.assert_run(result, 1, "", told)

    def test_no_zombies_while_jobs_run(self):
        post, gate = self.post(), self.gate()
        script = f"case {{}} in z) {tell(post)}; {wait_at(gate)};; esac"
        running = self.start_map("-j1", script, ":::", *"abcdz", stdin=None)
        post.line()
        with open(f"/proc/{running.pid}/task/{running.pid}/children", encoding="ascii") as file:
            for child in file.read().split():
                with open(f"/proc/{child}/stat", encoding="ascii") as stat:
                    self.assertNotEqual(stat.read().rpartition(") ")[2][0], "Z")
        gate.open()
        self.assertEqual(running.finish().status, 0)


class NotStarted(MapTest):
    def test_is_a_failed_job_and_the_rest_goes_on(self):
        good = self.script("good", "#!/bin/sh\necho good\n")
        bad = self.script("bad", "#!/nowhere/interpreter\n")
        result = self.map("-j1", "-q", "{}", ":::", good, "nowhere-found", bad, "/", good)
        self.assert_run(result, 3, "good\ngood\n")
        self.assert_told(
            result,
            r"spread: (?:\d+ of \d+ jobs? failed(?: \(job 2\))?|job 2): cannot start nowhere-found: No such file or directory: nowhere-found",
            rf"spread: (?:\d+ of \d+ jobs? failed(?: \(job 3\))?|job 3): cannot start {bad}: its interpreter /nowhere/interpreter is missing: .*",
            r"spread: (?:\d+ of \d+ jobs? failed(?: \(job 4\))?|job 4): cannot start /: Permission denied: /",
        )

    def test_is_a_failed_job_among_many_that_are_started_at_once(self):
        good = self.script("good", "echo good {}\n")
        programs = ["/nowhere/found", "/", good, "/bin/true"] * 20
        result = self.map(*("-j8", "--joblog", "log", "-q", "{}", ":::"), *programs)
        self.assert_run(result, 40, "good {}\n" * 20)
        rows = [line.split("\t") for line in self.read("log").splitlines()[1:]]
        statuses = [int(row[6]) for row in sorted(rows, key=lambda row: int(row[0]))]
        self.assertEqual(statuses, [127, 126, 0, 0] * 20)

    def test_program_that_is_a_script_without_an_interpreter(self):
        # execvp(3), and with it xargs and every shell, gives it to sh.
        file = self.script("plain", "echo plain $1\n")
        result = self.map(file, "{}", ":::", "a")
        self.assert_run(result, 0, "plain a\n", "")


class Shortages(MapTest):
    """A job for which there is no room at the moment waits until another one has ended."""

    TOLD = "spread: cannot start /bin/sh: Resource temporarily unavailable; it is tried again"

    def as_somebody_else(self, processes):
        """How to start a run that may have so many processes. Root has no such limit."""
        if os.getuid() != 0:
            self.skipTest("only root can become a user who has no other processes")
        nobody_else = 64000 + os.getpid() % 1000  # another one where tests run side by side
        os.chmod(self.folder, 0o777)
        # By its descriptor: the way to the program may be closed to that user.
        program = os.open(SPREAD, os.O_RDONLY)
        self.addCleanup(os.close, program)

        def become():
            resource.setrlimit(resource.RLIMIT_NPROC, (processes, processes))
            os.setgid(nobody_else)
            os.setuid(nobody_else)

        return become, program

    def start_limited(self, processes, *words, command="map"):
        become, program = self.as_somebody_else(processes)

        def run():
            become()
            os.execve(program, ["spread", command, *words], self.environment)

        return self.start_map(preexec_fn=run)

    def test_processes_that_the_system_does_not_permit(self):
        for options in ((), ("-u",), ("--unordered",), ("--retries", "3")):
            with self.subTest(options):
                gate = self.gate(f"gate{len(os.listdir(self.folder))}")
                os.chmod(gate.path, 0o666)
                script = f"read -r line <{gate.path}; echo {{}}"
                items = [str(n) for n in range(30)]
                running = self.start_limited(8, "-j20", *options, script, ":::", *items)
                self.wait_for_line(running, self.TOLD)
                with open(gate.path, "r+b", buffering=0) as lines:
                    lines.write(b"\n" * 30)
                result = running.finish()
                self.assertEqual((result.status, result.err), (0, ""), result)
                self.assertEqual(sorted(result.out.split()), sorted(items), result)

    def test_processes_are_not_waited_for_for_ever_where_none_of_ours_runs(self):
        running = self.start_limited(2, "-j2", "echo {}; :", ":::", "a", "b")
        result = running.finish()
        self.assertEqual((result.status, result.out), (2, ""), result)
        self.assert_told(result, self.TOLD + ".*", r"spread: 2 of 2 jobs failed: .*")

    # `run` waits in the same way. (`all` needs every worker at once.)
    WORKER_TOLD = "spread: cannot start cat: Resource temporarily unavailable; it is tried again"

    def start_workers(self, processes, *options):
        return self.start_limited(processes, "--no-history", *options, "--wire", "lines", "--", "cat",
                                  ":::", *"abcd", command="run")

    def test_workers_for_which_there_is_no_room_are_not_missed(self):
        # spread, its guard, and one of four.
        result = self.start_workers(3, "-j4", "--start-all").finish()
        self.assertEqual((result.status, result.out), (0, "a\nb\nc\nd\n"), result)
        self.assert_only_told(result, self.WORKER_TOLD + ".*")

    def test_workers_are_started_when_there_is_room(self):
        # spread, its guard, and a process that is not spread's, which goes.
        become, _ = self.as_somebody_else(10)
        other = subprocess.Popen(["cat"], stdin=subprocess.PIPE, preexec_fn=become)
        self.addCleanup(self._end, other)
        running = self.start_workers(3, "-j2")
        self.wait_for_line(running, self.WORKER_TOLD)
        other.stdin.close()
        other.wait()
        self.assert_run(running.finish(), 0, "a\nb\nc\nd\n", "")

    def test_workers_are_not_waited_for_for_ever_where_none_runs(self):
        result = self.start_workers(2, "-j2").finish()
        self.assertEqual((result.status, result.out), (255, "\n" * 4), result)
        self.assert_told(result, self.WORKER_TOLD + ".*",
                         r".*cannot start cat: Resource temporarily unavailable")

    def test_descriptors_that_are_gone_in_the_middle(self):
        post, gate = self.post(), self.gate()
        script = f"{tell(post)}; {wait_at(gate)}; echo {{}}"
        items = [str(n) for n in range(30)]
        running = self.start_map("-j4", script, ":::", *items, stdin=None)
        self.assertEqual(sorted(post.lines(4)), ["0", "1", "2", "3"])
        limits = resource.prlimit(running.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(running.pid, resource.RLIMIT_NOFILE, (3, limits[1]))
        gate.open(1)
        self.wait_for_line(running, "spread: pipe2: Too many open files; it is tried again")
        resource.prlimit(running.pid, resource.RLIMIT_NOFILE, limits)
        gate.open(29)
        self.assert_run(running.finish(), 0, "".join(f"{n}\n" for n in items), "")


class Descriptors(MapTest):
    def limited(self, soft, hard=None):
        return {
            "preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard or soft))
        }

    def test_slots_that_cannot_be_had_are_not_used(self):
        post, gate = self.post(), self.gate()
        script = f"{tell(post)}; {wait_at(gate)}; : {{}}"
        items = [str(n) for n in range(40)]
        running = self.start_map("-j100", script, ":::", *items, stdin=None, **self.limited(64))
        self.assertEqual(sorted(post.lines(16), key=int), items[:16])
        gate.open(1)
        self.assertEqual(post.line(), "16")
        gate.open(39)
        told = ("spread: 100 at a time need 316 file descriptors, and the limit is 64 (see ulimit "
                "-Hn): 16 at a time it is\n")
        self.assert_run(running.finish(), 0, "", told)

    def test_too_few_for_a_single_job_are_refused_before_anything_runs(self):
        result = self.map("-j2", "touch", "started", ":::", "a", **self.limited(17))
        self.assertEqual((result.status, result.out), (255, ""), result)
        self.assertRegex(result.err, r"\Aspread: 2 .*file descriptors.*\bulimit\b.*\n\Z")
        self.assertFalse(os.path.exists(self.path("started")))

    def test_soft_limit_is_raised_as_far_as_it_must(self):
        result = self.map("-j30", "echo", ":::", "a", **self.limited(40, 400))
        self.assert_run(result, 0, "a\n", "")

    def test_as_many_slots_as_they_permit_can_all_be_used(self):
        # What a start holds in the background must not be missing elsewhere.
        items = "".join(f"{n}\n" for n in range(400))
        for limit, *options in ((64, "--stdin", "cat"), (64, "--unordered", "--stdin", "cat"),
                                (64, "echo"),
                                (66, "--stdin", "--joblog", "log", "--events", "events", "cat")):
            with self.subTest(options):
                result = self.map("-j16", *options, input=items, **self.limited(limit))
                self.assertEqual((result.status, result.err), (0, ""))
                self.assertEqual(sorted(result.out.split(), key=int), items.split())

    def test_no_limit_is_what_descriptors_permit(self):
        items = map(str, range(60))
        result = self.map("-j0", "echo", ":::", *items, **self.limited(128))
        self.assert_run(result, 0, "".join(f"{n}\n" for n in range(60)), "")


if __name__ == "__main__":
    unittest.main()
