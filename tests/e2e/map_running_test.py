"""How many jobs of `spread map` run at a time, when they start, and in what surroundings."""

import os
import resource
import unittest

from map_testing import MapTest, failures, is_asleep, is_signal_pending, tell, wait_at


class Slots(MapTest):
    def width(self, *options):
        """The number of slots: --dry-run gives jobs to all of them in turn."""
        items = map(str, range(1000))
        result = self.map("--dry-run", *options, "echo", "{%}", "{#}", ":::", *items)
        self.assertEqual((result.status, result.err), (0, ""), result)
        return max(int(line.split()[1]) for line in result.out.splitlines())

    def test_every_slot_is_used_and_no_more(self):
        post, gate = self.post(), self.gate()
        script = f"{tell(post, 's{#}')}; {wait_at(gate)}; {tell(post, 'e{#}')}; : {{}}"
        for option in ("-j", "-P", "--jobs", "--max-procs"):
            with self.subTest(option):
                running = self.start_map(option, "3", script, ":::", *"abcde", stdin=None)
                self.assertEqual(sorted(post.lines(3)), ["s1", "s2", "s3"])
                gate.open()
                self.assertRegex(post.line(), "e[123]")
                self.assertEqual(post.line(), "s4")
                gate.open(4)
                self.assertEqual(sorted(post.lines(5))[-1:], ["s5"])
                self.assert_run(running.finish(), 0, "", "")
                self.assertTrue(post.is_empty())

    def test_default_is_one_for_each_usable_cpu(self):
        self.assertLessEqual(self.width(), len(os.sched_getaffinity(0)))
        one = {min(os.sched_getaffinity(0))}
        result = self.map(
            *("--dry-run", "echo", "{%}", "{}", ":::", *"ab"),
            preexec_fn=lambda: os.sched_setaffinity(0, one),
        )
        self.assert_run(result, 0, "echo 1 a\necho 1 b\n", "")

    def test_in_proportion_to_the_cpus(self):
        cpus = self.width()
        for option, width in (
            *(("-j100%", cpus), ("-j300%", 3 * cpus), ("-j1%", 1), ("-j+2", cpus + 2)),
            *(("-j-1", max(1, cpus - 1)), ("-j-99", 1), ("-P+1", cpus + 1)),
        ):
            with self.subTest(option):
                self.assertEqual(self.width(option), width)

    def test_zero_is_no_limit(self):
        post, gate = self.post(), self.gate()
        script = f"{tell(post, '{#}')}; {wait_at(gate)}; : {{}}"
        running = self.start_map("-j0", script, ":::", *map(str, range(50)), stdin=None)
        self.assertEqual(sorted(map(int, post.lines(50))), list(range(1, 51)))
        gate.open(50)
        self.assert_run(running.finish(), 0, "", "")

    def test_two_running_jobs_never_have_the_same_slot_number(self):
        script = "mkdir slot{%} && rmdir slot$SPREAD_SLOT && echo {%}; : {}"
        result = self.map("-j4", script, ":::", *map(str, range(200)))
        self.assertEqual((result.status, result.err), (0, ""), result)
        self.assertEqual(set(result.out.split()), set("1234"))
        self.assertEqual(len(result.out.split()), 200)

    def test_nonsense_is_refused_before_anything_runs(self):
        path = self.path("started")
        for value in ("x", "", "1.5", "65537", "+x", "0x2", "2j", "-", "%"):
            with self.subTest(value):
                result = self.map("-j", value, "touch", ":::", path)
                told = "expected a number of slots up to 65536, N%, +N, -N, 0 for no limit, or a"
                told = f"spread: -j: {told} file that holds one, not '{value}'"
                self.assert_run(result, 255, "", f"{told} (try 'spread map --help')\n")
                self.assertFalse(os.path.exists(path))


class SlotsWhileRunning(MapTest):
    """Every job tells when it starts, waits, and tells when it ends."""

    def begin(self, *options):
        self.told, self.way = self.post(), self.gate()
        script = f"{tell(self.told, 's')}; {wait_at(self.way)}; {tell(self.told, 'e')}; : {{}}"
        return self.start_map(*options, script, ":::", *map(str, range(12)), stdin=None)

    def let_through(self):
        """One job: it ends."""
        self.way.open()
        self.assertEqual(self.told.line(), "e")

    def assert_one_at_a_time(self, running, jobs):
        """All others, after one that runs already."""
        self.way.open(20)
        self.assertEqual(self.told.lines(2 * jobs + 1), ["e", *["s", "e"] * jobs])
        self.assert_run(running.finish(), 0, "", "")

    def test_file_is_read_at_the_start_and_when_a_job_ends(self):
        jobs = self.file("jobs", "1\n")
        running = self.begin("-j", jobs)
        self.assertEqual(self.told.line(), "s")
        self.file("jobs", "3\n")
        self.let_through()
        self.assertEqual(self.told.lines(3), ["s"] * 3)
        self.file("jobs", "1")
        self.let_through()
        # Two still run, and one of these must end before ...
        self.let_through()
        self.assert_one_at_a_time(running, 8)

    def test_file_with_nonsense_is_told_and_changes_nothing(self):
        jobs = self.file("jobs", "2")
        running = self.begin("-j", jobs)
        self.assertEqual(self.told.lines(2), ["s", "s"])
        self.file("jobs", "many")
        self.let_through()
        self.assertEqual(self.told.line(), "s")
        self.way.open(20)
        result = running.finish()
        self.assertEqual((result.status, result.out), (0, ""), result)
        self.assert_only_told(result, rf"spread: -j {jobs}: .*'many'.*")

    def test_file_that_is_gone_changes_nothing(self):
        jobs = self.file("jobs", "2")
        running = self.begin("-j", jobs)
        self.assertEqual(self.told.lines(2), ["s", "s"])
        os.remove(jobs)
        self.let_through()
        self.assertEqual(self.told.line(), "s")
        self.way.open(20)
        self.assert_run(running.finish(), 0, "", "")

    def test_usr1_is_one_slot_more(self):
        running = self.begin("-j1")
        self.assertEqual(self.told.line(), "s")
        running.signal(10)
        self.assertEqual(self.told.line(), "s")
        running.signal(10)
        self.assertEqual(self.told.line(), "s")
        self.way.open(20)
        self.assert_run(running.finish(), 0, "", "")

    def test_usr2_is_one_slot_less_and_kills_nobody(self):
        running = self.begin("-j2")
        self.assertEqual(self.told.lines(2), ["s", "s"])
        running.signal(12)
        while is_signal_pending(running.pid, 12):
            pass
        self.let_through()
        self.assert_one_at_a_time(running, 10)

    def test_the_last_slot_stays(self):
        running = self.begin("-j1")
        self.assertEqual(self.told.line(), "s")
        for _ in range(3):
            running.signal(12)
            while is_signal_pending(running.pid, 12):
                pass
        self.assert_one_at_a_time(running, 11)


class Starts(MapTest):
    def held(self, *options):
        """Nothing starts, and a signal ends it."""
        post = self.post("events")
        running = self.start_map(
            *("--events", post.path, *options, "touch", "started", ":::", "a", "b"), stdin=None
        )
        self.assertIn('"run_started"', post.line())
        # Whatever may start now has been started when it goes to sleep.
        while not is_asleep(running.pid):
            pass
        running.signal(15)
        result = running.finish()
        self.assert_run(result, 128 + 15, "")
        self.assert_told(result, r"spread: 2 jobs were not run: the run was interrupted")
        self.assertFalse(os.path.exists(self.path("started")))

    def test_memfree_holds_jobs_back(self):
        self.held("--memfree", "1000T")

    def test_load_holds_jobs_back(self):
        if os.getloadavg()[0] < 0.05:
            self.skipTest("there is no load")
        self.held("--load", "0.001")

    def test_what_is_not_reached_holds_nothing_back(self):
        for option, value in (("--memfree", "1k"), ("--load", "100000"), ("--load", "9999999%")):
            with self.subTest(option):
                self.assert_run(self.map(option, value, "echo", ":::", "a"), 0, "a\n", "")

    def test_delay_is_the_least_time_between_two_starts(self):
        log = self.path("log")
        result = self.map("-j4", "--delay", "0.06", "--jl", log, "true", ":::", *"abcd")
        self.assert_run(result, 0, "", "")
        lines = self.read("log").splitlines()[1:]
        starts = sorted(float(line.split("\t")[2]) for line in lines)
        self.assertEqual(len(starts), 4)
        # The log has milliseconds.
        gaps = [after - before for before, after in zip(starts, starts[1:])]
        self.assertGreaterEqual(min(gaps), 0.058, starts)

    def test_nice(self):
        own = os.nice(0)
        # What a job starts at once has it, too.
        result = self.map("-j2", "--nice", "3", "nice; : {}", ":::", *map(str, range(30)))
        self.assert_run(result, 0, f"{own + 3}\n" * 30, "")

    def test_values(self):
        time = "expected a time such as 1.5, 30s, 10m or 2h"
        size = "expected a number of bytes such as 65536, 64K or 1.5M"
        for option, value, told in (
            ("--delay", "x", f"{time}, not 'x'"),
            ("--load", "x", "expected a load above 0 such as 8 or 80%, not 'x'"),
            ("--load", "0", "expected a load above 0 such as 8 or 80%, not '0'"),
            ("--memfree", "x", f"{size}, not 'x'"),
            ("--nice", "20", "expected a whole number from -20 to 19, not '20'"),
        ):
            with self.subTest(option):
                result = self.map(option, value, "touch", "started", ":::", "a")
                told = f"spread: {option}: {told} (try 'spread map --help')\n"
                self.assert_run(result, 255, "", told)
                self.assertFalse(os.path.exists(self.path("started")))


class Surroundings(MapTest):
    def test_limit_of_memory(self):
        for options in ((), ("-u",)):
            with self.subTest(options):
                result = self.map("--limit-memory", "1G", *options, "ulimit -v; : {}", ":::", "a")
                self.assert_run(result, 0, "1048576\n", "")
        code = "import sys; bytearray(1 << 30); sys.exit(7)"
        result = self.map("--limit-memory", "500M", "/usr/bin/python3", "-c", code, ":::", "a")
        self.assertEqual(result.status, 1, result)
        self.assert_told(result, r"spread: (?:\d+ of \d+ jobs? failed(?: \(job 1\))?|job 1): exit status 1, --limit-memory perhaps: /usr/bin/python3 .*")

    def test_limit_of_cpu_time(self):
        script = "ulimit -St; ulimit -Ht; : {}"
        result = self.map("--limit-cpu", "1500ms", "--limit-memory", "1G", script, ":::", "a")
        self.assert_run(result, 0, "2\n7\n", "")
        script = "while :; do :; done; : {}"
        result = self.map("--limit-cpu", "0.1", script, ":::", "a")
        self.assertEqual(result.status, 1, result)
        self.assert_told(result, r"spread: (?:\d+ of \d+ jobs? failed(?: \(job 1\))?|job 1): killed by signal 24 \(.*\), --limit-cpu: while .*")

    def test_limits_leave_the_command_as_it_is(self):
        options = ("--limit-cpu", "1h", "--joblog", "log")
        result = self.map(*options, "printf", "%s|", "a b", "$x", ":::", "*")
        self.assert_run(result, 0, "a b|$x|*|", "")
        self.assertTrue(self.read("log").endswith("\tprintf '%s|' 'a b' '$x' '*'\n"))
        result = self.map("--dry-run", "--limit-cpu", "1h", "echo", ":::", "a")
        self.assert_run(result, 0, "echo a\n", "")
        result = self.map("--limit-cpu", "1h", "./nosuch", "x", ":::", "a")
        self.assertEqual(result.status, 1)
        self.assert_told(result, r"spread: (?:\d+ of \d+ jobs? failed(?: \(job 1\))?|job 1): exit status 127: \./nosuch x a")

    def test_limit_that_cannot_be_set_fails_the_job(self):
        def limited():
            resource.setrlimit(resource.RLIMIT_CPU, (50, 50))

        how = {"preexec_fn": limited}
        result = self.map("--limit-cpu", "48", "ulimit -t; : {}", ":::", "a", **how)
        self.assert_run(result, 0, "48\n", "")
        result = self.map("--limit-cpu", "1h", "touch", "ran", ":::", "a", **how)
        self.assertEqual(result.status, 1, result)
        self.assertFalse(os.path.exists(self.path("ran")))

    def test_limits_of_nonsense(self):
        for option in ("--limit-memory", "--limit-cpu"):
            for value in ("0", "x", "-1"):
                result = self.map(option, value, "echo", ":::", "a")
                self.assertEqual((result.status, result.out), (255, ""), result)
                self.assertRegex(result.err, rf"\Aspread: {option}: expected ")

    def test_working_directory(self):
        os.mkdir(self.path("d"))
        for option in ("--wd", "--workdir"):
            for value in ("d", self.path("d")):
                with self.subTest(option=option, value=value):
                    result = self.map(option, value, "pwd; : {}", ":::", "a")
                    self.assert_run(result, 0, os.path.realpath(self.path("d")) + "\n", "")
        result = self.map("pwd; : {}", ":::", "a")
        self.assert_run(result, 0, os.path.realpath(self.folder) + "\n", "")

    def test_working_directory_of_each_item(self):
        for name in ("d", "e f"):
            os.mkdir(self.path(name))
        result = self.map("--wd", "{}", 'basename "$PWD"; : {}', ":::", "d", "e f")
        self.assert_run(result, 0, "d\ne f\n", "")

    def test_working_directory_that_is_not_there_fails_the_job(self):
        result = self.map("--wd", "nowhere", "touch", ":::", self.path("started"))
        self.assertEqual((result.status, result.out), (1, ""), result)
        self.assert_told(result, r"spread: (?:\d+ of \d+ jobs? failed(?: \(job 1\))?|job 1): cannot start touch \(in .*nowhere\): No such file .*")
        self.assertFalse(os.path.exists(self.path("started")))

    def test_stdin_of_a_job_is_dev_null(self):
        result = self.map("readlink /proc/self/fd/0; : {}", input="a\nb\n")
        self.assert_run(result, 0, "/dev/null\n" * 2, "")

    def test_jobs_have_nothing_open_that_is_ours(self):
        # The descriptor of ls itself is the fourth.
        result = self.map("-j4", "ls /proc/self/fd | wc -l; : {}", ":::", *map(str, range(20)))
        self.assert_run(result, 0, "4\n" * 20, "")

    def test_signals_are_as_they_were_before_us(self):
        script = "grep -E 'Sig(Blk|Ign)' /proc/self/status; : {}"
        with open("/proc/self/status", encoding="ascii") as status:
            ours = [line.split()[1] for line in status if line.startswith("SigBlk")]
        result = self.map(script, ":::", "a")
        self.assertEqual((result.status, result.err), (0, ""), result)
        blocked, ignored = (line.split()[1] for line in result.out.splitlines())
        self.assertEqual(blocked, ours[0])
        # But for the two that glibc keeps to itself, which its posix_spawn() leaves ignored.
        self.assertEqual(int(ignored, 16) & (1 << 31) - 1, 0)

    def test_what_nohup_ignores_stays_ignored(self):
        # As with xargs: what a job leaves behind outlives the terminal, too. INT and QUIT are what a
        # shell ignores for `spread ... &`.
        import signal

        def ignore():
            for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGINT, signal.SIGQUIT):
                signal.signal(number, signal.SIG_IGN)

        script = "grep SigIgn /proc/self/status; : {}"
        for command in (("map", script, ":::", "a"), ("pipe", "-N1", script),
                        ("pipe", "--round-robin", "-j1", script + "; cat >/dev/null")):
            with self.subTest(command):
                result = self.spread(*command, input="a\n", preexec_fn=ignore)
                self.assertEqual((result.status, result.err), (0, ""), result)
                ignored = int(result.out.split()[1], 16) & (1 << 31) - 1
                self.assertEqual(ignored, 1 << signal.SIGHUP - 1 | 1 << signal.SIGUSR1 - 1)

    def test_pwd_is_the_directory(self):
        os.makedirs(self.path("d/e"))
        for wd in ("d/e", "./d/e", self.path("d/e"), "d/../d/e/."):
            for words in (("printenv", "PWD"), ("printenv PWD",)):
                for command in (("map", "-N0", "--wd", wd, *words, ":::", "a"),
                                ("pipe", "--wd", wd, *words), ("all", "-j1", "--wd", wd, "--", *words)):
                    with self.subTest(command):
                        if command[0] == "all" and len(words) == 1:
                            continue
                        self.assert_run(self.spread(*command, input="a\n"), 0,
                                        self.path("d/e") + "\n", "")

    def test_pwd_of_each_item(self):
        os.mkdir(self.path("x"))
        os.mkdir(self.path("y"))
        result = self.map("-N1", "--wd", "{}", "-j1", "printenv PWD; : {}", ":::", "x", "y")
        self.assert_run(result, 0, f"{self.path('x')}\n{self.path('y')}\n", "")

    def test_environment_is_passed_on(self):
        self.environment["SOME_THING"] = "a  b"
        result = self.map("printenv SOME_THING; : {}", ":::", "x")
        self.assert_run(result, 0, "a  b\n", "")


class Timeouts(MapTest):
    def test_job_is_killed(self):
        gate = self.gate()
        script = f"echo started; {wait_at(gate)}; echo never {{}}"
        for value in ("0.2", "200ms"):
            with self.subTest(value):
                result = self.map("--timeout", value, script, ":::", "a")
                told = failures((1, "timed out", script.replace("{}", "a")), of=1)
                self.assert_run(result, 1, "started\n", told)

    def test_others_go_on(self):
        gate = self.gate()
        script = f"case {{}} in 2) {wait_at(gate)};; esac; echo {{}}"
        result = self.map("-j1", "--timeout", "0.2", script, ":::", *"123")
        self.assertEqual((result.status, result.out), (1, "1\n3\n"), result)
        self.assert_told(result, r"spread: 1 of 3 jobs failed \(job 2\): timed out: case 2 .*")

    def test_percentage_of_the_median(self):
        # Three must have succeeded; it is never less than a second.
        gate = self.gate()
        script = f"case {{}} in 4) {wait_at(gate)};; esac; echo {{}}"
        result = self.map("-j1", "--timeout", "300%", script, ":::", *"12345")
        self.assertEqual((result.status, result.out), (1, "1\n2\n3\n5\n"), result)
        self.assert_told(result, r"spread: 1 of 5 jobs failed \(job 4\): timed out: case 4 .*")

    def test_is_tried_again(self):
        gate, post = self.gate(), self.post()
        script = f"{tell(post)}; test -e once || {{ touch once; {wait_at(gate)}; }}; echo {{}}"
        result = self.map("-j1", "--timeout", "0.2", "--retries", "2", script, ":::", "a")
        self.assert_run(result, 0, "a\n", "")
        self.assertEqual(post.lines(2), ["a", "a"])

    def test_term_seq(self):
        # TERM comes a second after USR1, and the job ends then by itself.
        post, gate = self.post(), self.gate()
        traps = f"trap '{tell(post, 'usr1')}' USR1; trap '{tell(post, 'term')}; exit' TERM"
        script = f"{traps}; while :; do {wait_at(gate)}; done; : {{}}"
        result = self.map(
            *("--timeout", "0.1", "--term-seq", "USR1,1000,TERM,600000,KILL", script, ":::", "a")
        )
        self.assertEqual((result.status, result.out), (1, ""), result)
        self.assertEqual(post.lines(2), ["usr1", "term"])

    def test_term_seq_ends_with_a_kill(self):
        gate = self.gate()
        script = f"trap '' TERM; while :; do {wait_at(gate)}; done; : {{}}"
        for options in (("--term-seq", "TERM,1,KILL"), ("--kill-grace", "0.01")):
            with self.subTest(options):
                result = self.map("--timeout", "0.1", *options, script, ":::", "a")
                self.assertEqual((result.status, result.out), (1, ""), result)

    def test_term_seq_of_nonsense(self):
        for value in ("bogus", "TERM,x", "", "5000", "TERM,,KILL"):
            result = self.map("--term-seq", value, "echo", ":::", "a")
            told = "expected signals and milliseconds such as TERM,200,TERM,100,KILL"
            told = f"spread: --term-seq: {told}, not '{value}' (try 'spread map --help')\n"
            self.assert_run(result, 255, "", told)


class Retries(MapTest):
    def count(self, name):
        """A command that fails until it has been called so often as its item says."""
        return f"echo x >>{name}-{{}}; echo try $(wc -l <{name}-{{}}); " \
               f"test $(wc -l <{name}-{{}}) -ge {{}}"

    def test_a_job_that_fails_is_tried_again_and_printed_once(self):
        result = self.map("-j1", "--retries", "3", self.count("n"), ":::", *"123")
        self.assert_run(result, 0, "try 1\ntry 2\ntry 3\n", "")

    def test_is_the_number_of_tries_in_all(self):
        result = self.map("-j1", "--retries", "2", self.count("n"), ":::", "9", "1")
        self.assertEqual((result.status, result.out), (1, "try 2\ntry 1\n"), result)
        self.assert_told(result, r"spread: 1 of 2 jobs failed \(job 1\): .*")

    def test_zero_is_for_ever(self):
        result = self.map("-j1", "--retries", "0", self.count("n"), ":::", "12")
        self.assert_run(result, 0, "try 12\n", "")

    def test_default_is_once(self):
        result = self.map("-j1", self.count("n"), ":::", "2")
        self.assertEqual((result.status, result.out), (1, "try 1\n"), result)


if __name__ == "__main__":
    unittest.main()
