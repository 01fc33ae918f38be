"""What GNU parallel, xargs and moreutils parallel were measured to do wrong, each as a test that
`spread map` does it right."""

import os
import resource
import unittest

from map_testing import MapTest, failures, tell, wait_at


def few_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


class MoreutilsParallel(MapTest):
    def test_no_line_is_lost_in_a_hundred_runs_of_fifty_jobs(self):
        # There, 2 to 4 of 100 runs have less than 50 lines.
        items = [str(n) for n in range(1, 51)]
        out = "".join(f"x {n}\n" for n in items)
        for number in range(100):
            with self.subTest(number):
                self.assert_run(self.map("-j4", "echo", "x", ":::", *items), 0, out, "")

    def test_no_line_is_lost_without_an_order(self):
        items = [str(n) for n in range(1, 51)]
        for option in ("--unordered", "--lb", "-u"):
            for number in range(20):
                with self.subTest(option=option, number=number):
                    result = self.map("-j4", option, "echo", ":::", *items)
                    self.assertEqual((result.status, result.err), (0, ""), result)
                    self.assertEqual(sorted(result.out.split(), key=int), items)


class Xargs(MapTest):
    def test_term_leaves_no_children(self):
        post, gate = self.post(), self.gate()
        script = f"{tell(post, '$$')}; {wait_at(gate)}; : {{}}"
        for how in ((), ("-u",)):
            with self.subTest(how):
                running = self.start_map("-j3", *how, script, ":::", *"abc", stdin=None)
                groups = [int(pid) for pid in post.lines(3)]
                running.signal(15)
                self.wait_for_line(running, "spread: waiting ")
                running.signal(15)
                self.assertEqual(running.finish().status, 143)
                for group in groups:
                    self.wait_until_gone(group)

    def test_quotes_and_blanks_are_no_syntax(self):
        items = ["it's", 'say "x', "a b  c", "\\n", " "]
        result = self.map("-j1", "printf", "<%s>", input="\n".join(items))
        self.assert_run(result, 0, "".join(f"<{item}>" for item in items), "")

    def test_jobs_print_whole_blocks(self):
        script = "for i in 1 2 3 4 5 6 7 8; do printf '{} '; done; echo"
        result = self.map("-j4", script, ":::", *"abcdefgh")
        self.assert_run(result, 0, "".join(f"{c} " * 8 + "\n" for c in "abcdefgh"), "")


class GnuParallel(MapTest):
    def test_kill_9_leaves_nothing(self):
        post, gate = self.post(), self.gate()
        script = f"{tell(post, '$$')}; {wait_at(gate)}; : {{}}"
        running = self.start_map("-j3", script, ":::", *"abc", stdin=None)
        groups = [int(pid) for pid in post.lines(3)]
        pidfds = [os.pidfd_open(pid) for pid in groups]
        running.process.kill()
        running.process.wait()
        for pidfd in pidfds:
            self.assert_gone(pidfd)
        for group in groups:
            self.wait_until_gone(group)

    def test_hup_is_not_0_when_jobs_were_not_started(self):
        post, gate = self.post(), self.gate()
        script = f"{tell(post)}; {wait_at(gate)}; echo {{}}"
        running = self.start_map("-j1", script, ":::", *"abc", stdin=None)
        post.line()
        running.signal(1)
        self.wait_for_line(running, "spread: waiting ")
        gate.open()
        result = running.finish()
        self.assert_run(result, 129, "a\n")
        self.assert_told(result, r"spread: 2 jobs were not run: the run was interrupted")

    def slow_first(self, jobs, *options, **how):
        """A first job that waits, and all others behind it, at full width to the last one."""
        post, gate, others = self.post(), self.gate(), self.gate("others")
        script = (
            f"case {{}} in 0) {wait_at(gate)}; echo slow;;"
            f" *) {tell(post)}; {wait_at(others)}; echo {{}}; echo {{}} >&2;; esac"
        )
        items = map(str, range(jobs + 1))
        running = self.start_map("-j5", *options, script, ":::", *items, stdin=None, **how)
        # Four run beside the first. Each that may go makes room for exactly one.
        told = post.lines(4)
        for _ in range(jobs - 4):
            others.open()
            told.append(post.line())
        others.open(4)
        self.assertEqual(sorted(map(int, told)), list(range(1, jobs + 1)))
        gate.open()
        result = running.finish()
        lines = "".join(f"{n}\n" for n in range(1, jobs + 1))
        self.assert_run(result, 0, "slow\n" + lines, lines)

    def test_slow_first_job_does_not_stop_the_others_with_few_descriptors(self):
        # There, 12 of 200 jobs were run.
        self.slow_first(200, preexec_fn=few_descriptors)

    def test_slow_first_job_does_not_stop_the_others_with_few_descriptors_and_a_spill(self):
        self.slow_first(200, "--reorder-mem", "1", preexec_fn=few_descriptors)

    def test_joblog_is_a_table_with_tab_and_newline_in_items(self):
        items = ("a\tb", "c\nd", "e\\tf")
        result = self.map("-j1", "--jl", "log", "true", ":::", *items)
        self.assert_run(result, 0, "", "")
        lines = self.read("log").split("\n")
        self.assertEqual(lines.pop(), "")
        self.assertEqual({line.count("\t") for line in lines}, {8})
        commands = [line.split("\t")[8] for line in lines[1:]]
        self.assertEqual(commands, ["true 'a\\tb'", "true 'c\\nd'", "true 'e\\\\tf'"])

    def test_argument_with_a_newline_is_one_job(self):
        result = self.map("-j1", "printf", "<%s>", ":::", "a\nb", "c\n")
        self.assert_run(result, 0, "<a\nb><c\n>", "")

    def test_double_quotes_around_the_placeholder(self):
        for item in ('a"b', "$HOME", "`echo x`", "a\\", "$(echo x)", "!x"):
            with self.subTest(item):
                result = self.map('printf "%s\\n" "{}"', ":::", item)
                self.assert_run(result, 0, item + "\n", "")

    def test_single_and_double_quotes_around_the_placeholder(self):
        result = self.map("""echo '"{}"'""", ":::", "$HOME", "it's")
        self.assert_run(result, 0, '"$HOME"\n"it\'s"\n', "")

    def test_star_is_not_expanded(self):
        self.file("x", "")
        self.assert_run(self.map("echo", ":::", "*"), 0, "*\n", "")
        self.assert_run(self.map("echo", "*", ":::", "a"), 0, "* a\n", "")

    def test_words_of_bash_c_stay_words(self):
        result = self.map("bash", "-c", "echo {} x", ":::", "a  b")
        self.assert_run(result, 0, "a  b x\n", "")

    def test_item_of_100_kb(self):
        item = "x" * 100000
        self.assert_run(self.map("echo", ":::", item), 0, item + "\n", "")
        self.assert_run(self.map("echo {}", ":::", item), 0, item + "\n", "")
        self.assert_run(self.map("printf %s {}{}", ":::", item), 0, item * 2, "")

    def test_halt_done_is_no_hundred_and_one(self):
        result = self.map("-j1", "--halt", "soon,done=2", "echo", ":::", *"abcd")
        told = failures(of=4, not_run="2 jobs were not run: --halt was reached")
        self.assert_run(result, 2, "a\nb\n", told)

    def test_nonsense_for_jobs_is_refused_and_a_large_offset_is_one_slot(self):
        result = self.map("-j", "nonsense", "touch", ":::", self.path("started"))
        self.assertEqual((result.status, result.out), (255, ""), result)
        self.assertRegex(result.err, r"\Aspread: -j: .*, not 'nonsense' .*\n\Z")
        self.assertFalse(os.path.exists(self.path("started")))
        self.assert_run(self.map("-j-99", "echo {%}; : {}", ":::", "a", "b"), 0, "1\n1\n", "")

    def test_job_killed_by_signal_9_is_no_success_in_the_joblog(self):
        result = self.map("--jl", "log", "kill -9 $$; : {}", ":::", "a")
        self.assertEqual(result.status, 1)
        line = self.read("log").splitlines()[1].split("\t")
        self.assertEqual(line[6:8], ["137", "9"])

    def test_resume_runs_what_is_new_although_its_number_is_not(self):
        self.map("--jl", "log", "echo", ":::", "a", "b")
        result = self.map("-j1", "--jl", "log", "--resume", "echo", ":::", "new", "b")
        self.assert_run(result, 0, "new\n", "")

    def test_progress_does_not_read_all_input_first(self):
        for option in ("--bar", "--eta", "--progress"):
            with self.subTest(option):
                running = self.start_map("-j1", option, "echo")
                running.write("a\n")
                self.assertEqual(running.read_line(), "a\n")
                running.close_input()
                self.assertEqual(running.finish().status, 0)

    def test_results_print_nothing_as_theirs(self):
        result = self.map("-j1", "--results", "d", "echo", ":::", "a")
        self.assert_run(result, 0, "", "")

    def test_nothing_is_written_in_the_home_directory(self):
        home = self.path("home")
        os.mkdir(home)
        self.environment["HOME"] = home
        del self.environment["XDG_STATE_HOME"]
        self.assert_run(self.map("echo", ":::", "a"), 0, "a\n", "")
        self.assertEqual(os.listdir(home), [])

    def test_home_that_is_unset_or_not_there_is_no_matter(self):
        del self.environment["XDG_STATE_HOME"]
        for home in ("/nowhere", None):
            self.environment.pop("HOME", None)
            if home:
                self.environment["HOME"] = home
            self.assert_run(self.map("echo", ":::", "a"), 0, "a\n", "")

    def test_shell_of_the_user_does_not_matter(self):
        for shell in ("/usr/bin/fish", "/bin/csh", "/bin/false"):
            self.environment["SHELL"] = shell
            self.assert_run(self.map("x={}; echo $x", ":::", "a"), 0, "a\n", "")


if __name__ == "__main__":
    unittest.main()
