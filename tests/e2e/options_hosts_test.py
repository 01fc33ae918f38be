"""The options that say where workers run and when they start: each with what it changes."""

import os
import subprocess
import unittest

from spread_testing import PUPPET, SpreadTest, do, json_lines, shell_words


class WhereWorkersRun(SpreadTest):
    def show(self, *options, what="$SPREAD_HOST/$SPREAD_SLOT/$SPREAD_WORKER/$SPREAD_WORKERS"):
        return self.spread("all", *options, "--", "sh", "-c", f"echo {what}")

    def test_jobs(self):
        for words in (("-j", "2"), ("-j2",), ("-P", "2"), ("-P2",), ("--jobs", "2"), ("--jobs=2",)):
            with self.subTest(words):
                self.assert_run(self.show(*words), 0, "localhost/1/0/2\nlocalhost/2/1/2\n", "")

    def test_jobs_by_default_and_in_percent_are_of_the_usable_cpus(self):
        one = {min(os.sched_getaffinity(0))}
        how = {"preexec_fn": lambda: os.sched_setaffinity(0, one)}
        show = ("--", "sh", "-c", "echo $SPREAD_SLOT")
        self.assert_run(self.spread("all", "-j100%", *show, **how), 0, "1\n", "")
        self.assert_run(self.spread("all", "-j300%", *show, **how), 0, "1\n2\n3\n", "")
        two = {"preexec_fn": lambda: os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])}
        cpus = min(2, len(os.sched_getaffinity(0)))
        planned = self.spread("run", "--dry-run", "--", "true", **two)
        self.assertEqual(planned.out.count("\n"), cpus, planned)

    def test_all_runs_once_on_each_host(self):
        self.assert_run(self.show(), 0, "localhost/1/0/1\n", "")
        local = ("--launch", "local")
        self.assert_run(self.show(*local, "-S", "b,a"), 0, "b/1/0/2\na/1/1/2\n", "")
        out = "a/1/0/3\nb/1/1/3\nb/2/2/3\n"
        self.assert_run(self.show(*local, "-S", "a,2/b"), 0, out, "")
        out = "a/1/0/4\na/2/1/4\nb/1/2/4\nb/2/3/4\n"
        self.assert_run(self.show(*local, "-j2", "-S", "a,b"), 0, out, "")
        out = "localhost/1/0/2\nlocalhost/2/1/2\n"
        lists = ("--worker", "sh -c 'echo $SPREAD_HOST/$SPREAD_SLOT/$SPREAD_WORKER/$SPREAD_WORKERS'")
        self.assert_run(self.show(*lists), 0, out, "")

    def test_tag_names_the_host_on_both_streams(self):
        speak = "printf 'one\\n\\ntw'; printf 'o\\n'; echo problem >&2"
        hosts = ("--launch", "local", "-S", "b,a")
        out = "".join(f"{host}\tone\n{host}\t\n{host}\ttwo\n" for host in "ba")
        for mode in ((), ("--unordered",)):
            with self.subTest(mode):
                result = self.spread("all", "--tag", *mode, *hosts, "sh", "-c", speak)
                self.assertEqual(result.status, 0, result)
                self.assertEqual(sorted(result.out.splitlines()), sorted(out.splitlines()))
                if not mode:
                    self.assertEqual(result.out, out)
                errors = sorted(result.err.splitlines())
                self.assertEqual(errors, ["a\tproblem", "b\tproblem"], result)
        result = self.spread("map", "--nonall", "--tag", *hosts, "echo", "x")
        self.assert_run(result, 0, "b\tx\na\tx\n", "")

    def test_hosts_and_their_slots(self):
        local = ("-j1", "--launch", "local")
        for words in (("-S", "a,2/b"), ("-S", "a", "-S", "2/b"), ("--sshlogin", "a,2/b")):
            with self.subTest(words):
                self.assert_run(self.show(*local, *words), 0, "a/1/0/3\nb/1/1/3\nb/2/2/3\n", "")

    def test_hosts_from_files(self):
        one, two = self.file("one", "# first\n2/a\n\n"), self.file("two", ":\n")
        result = self.show("-j1", "--launch", "local", "--slf", one, "--sshloginfile", two)
        self.assert_run(result, 0, "a/1/0/3\na/2/1/3\nlocalhost/1/2/3\n", "")

    def test_bad_line_of_a_host_file_is_named(self):
        result = self.show("--slf", self.file("hosts", "a\n0x/b\n"))
        self.assert_run(result, 255, "")
        self.assert_only_told(result, r"spread: .*hosts:2: .*")

    def test_launch_template(self):
        result = self.show("-j1", "-S", "a,b", "--launch", "env VIA={host}-1", what="$VIA $0 '$0'")
        self.assert_run(result, 0, "a-1 sh $0\nb-1 sh $0\n", "")

    def test_launch_template_with_the_command_in_the_middle(self):
        launch = """sh -c '"$@" | tr a-z A-Z' x {cmd} {host}"""
        result = self.spread("all", "-j1", "-S", "to", "--launch", launch, "--", "echo", "go")
        self.assert_run(result, 0, "GO TO\n", "")

    def test_wd(self):
        os.mkdir(self.path("in here"))
        result = self.show("-j1", "--wd", "in here", what='"$(pwd -P)"')
        self.assert_run(result, 0, os.path.realpath(self.path("in here")) + "\n", "")

    def test_placeholders(self):
        words = ["{host}", "{slot}", "{worker}", "{prep}", "x{worker}y", "{}", "{#}", "{HOST}"]
        options = ("--launch", "local", "-S", "1/a,2/b", "--prep", "x")
        result = self.spread("all", *options, "--", "echo", *words)
        places = (("a", 1, 0), ("b", 1, 1), ("b", 2, 2))
        out = "".join(f"{h} {s} {w} 1 x{w}y {{}} {{#}} {{HOST}}\n" for h, s, w in places)
        self.assert_run(result, 0, out, "")

    def test_whole_argument_lists(self):
        lists = ["echo 'a  b' {host} \"$HOME\" *", '["echo", "[x]", "{slot}", "\\u00e4"]']
        result = self.spread("all", "--worker", lists[0], "--worker", lists[1])
        self.assert_run(result, 0, "a  b {host} $HOME *\n[x] {slot} ä\n", "")

    def test_args_file(self):
        file = self.file("lists", "# two\necho 'a  b'\n\n[\"echo\", \"c\"]\n")
        result = self.spread("all", "--args-file", file, "-j1", "--", "echo", "own")
        self.assert_run(result, 0, "a  b\nc\nown\n", "")
        result = self.spread("all", "--args-file", self.file("bad", "true\necho 'a\n"))
        self.assert_run(result, 255, "")
        self.assert_only_told(result, r"spread: .*bad:2: .*")

    def test_workers_start_when_there_is_a_task_for_them_or_all_at_once(self):
        self.environment["PUPPET_TAIL"] = "tail\n"
        self.assert_run(self.puppet([1], "-j3"), 0, "1\ntail\n", "")
        self.assert_run(self.puppet([1], "-j3", "--start-all"), 0, "1\n" + 3 * "tail\n", "")

    def test_dry_run_prints_what_would_be_started_and_starts_nothing(self):
        marker = self.path("it's")
        options = ("--launch", "local", "-S", "a,b", "-j1", "--wd", "/tmp")
        result = self.spread("all", "--dry-run", *options, "--", "touch", marker, "{host}")
        self.assertEqual((result.status, result.err), (0, ""), result)
        self.assertEqual(len(result.out.splitlines()), 2)
        self.assertFalse(os.path.exists(marker))
        # And what it prints does just that in a shell.
        command = ["sh", "-c", 'echo "$0$SPREAD_SLOT"', "a b"]
        lines = self.spread("all", "--dry-run", "-j2", "--", *command).raw
        shell = subprocess.run(["sh"], input=lines, capture_output=True, check=True)
        self.assertEqual(shell.stdout, b"a b1\na b2\n")

    def test_dry_run_names_hosts_whose_slots_only_they_know(self):
        result = self.spread("run", "--dry-run", "--launch", "echo {host}", "-S", "n1,1/n2", "--", "true")
        self.assertRegex(result.out, r"\Aecho n2 .*\n\Z")
        self.assert_only_told(result, r"spread: n1 is not shown: a run asks it for its number of CPUs .*")
        self.assertEqual(result.status, 0)

    def test_bench_is_how_long_a_host_without_slots_is_left_alone(self):
        # Bad until its second start. Only when it has had its task, the others may end.
        post, starts = self.post(), self.path("starts")
        second = self.path("second")
        script = self.script(
            "worker",
            f"#!/bin/sh\nif [ $SPREAD_HOST = bad ]; then echo x >> {starts}\n"
            f"  [ -e {second} ] || {{ : > {second}; exit 1; }}\nfi\nexec {shell_words(PUPPET)}\n",
        )
        gate = self.gate()
        tell = f"echo $SPREAD_HOST > {post.path}"
        task = do(["child", "sh", "-c", tell], ["wait", gate.path])
        running = self.start(
            *("run", "--launch", "local", "-S", "1/good,1/bad", "--in", "json", "--window", "1"),
            *("--start-retries", "1", "--bench", "0.1", "--", script),
        )
        running.write(json_lines([task] * 4))
        self.assertEqual(sorted(post.lines(2)), ["bad", "good"])
        gate.open(4)
        self.assert_run(running.finish(), 0, [0, 1, 2, 3])

    def test_benched_host_is_not_tried_again_before_its_time(self):
        starts = self.path("starts")
        script = self.script(
            "worker",
            f"#!/bin/sh\n[ $SPREAD_HOST = good ] || {{ echo x >> {starts}; exit 1; }}\n"
            f"exec {shell_words(PUPPET)}\n",
        )
        # The good host has not finished anything when the bad one is given up, and has all the
        # work before it then.
        gate = self.gate()
        running = self.start(
            *("run", "--launch", "local", "-S", "1/bad,1/good", "--in", "json", "--window", "1"),
            *("--start-retries", "2", "--bench", "1h", "--", script),
        )
        running.write(json_lines([do(["wait", gate.path])] * 20))
        self.assertIn(b"on bad ended before its first answer (exit status 1), tried 2 times", running.process.stderr.readline())
        gate.open(20)
        self.assert_run(running.finish(), 0, list(range(20)))
        with open(starts, encoding="utf-8") as file:
            self.assertEqual(file.read(), "x\nx\n")


if __name__ == "__main__":
    unittest.main()
