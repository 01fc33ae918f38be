"""Descriptors above 2 that spread's caller opened: which processes have them, and which must not; those
that an option names; and the limit of descriptors."""

import os
import resource
import shlex
import subprocess
import unittest

from map_testing import MapTest, tell, wait_at
from spread_testing import SPREAD, Result

OPEN = "ls /proc/self/fd | tr '\\n' ' '"  # ls has one more, of the folder


class Descriptors(MapTest):
    def bash(self, script):
        """A line of bash in which $S is spread."""
        done = subprocess.run(
            ["bash", "-c", script], cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True,
            env={**self.environment, "S": SPREAD}, check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr.decode())

    def assert_bash(self, script, out):
        self.assert_run(self.bash(script), 0, out, "")


class ThoseThatCallersOpened(Descriptors):
    def test_side_log_of_jobs(self):
        for options in ("", "-u", "--lb", "--results=r", "-j1", "--unordered"):
            with self.subTest(options):
                self.assert_bash(
                    f"""rm -f side; "$S" map {options} 'echo seen {{}} >&3' ::: a b 3>>side; sort side""",
                    "seen a\nseen b\n")

    def test_process_substitution(self):
        self.assert_bash('"$S" map cat {} ::: <(echo hello)', "hello\n")
        self.assert_bash('printf "1\\n2\\n" >s; "$S" map grep -c -f <(echo 1) {} ::: s', "1\n")

    def test_lock_that_the_caller_holds(self):
        self.assert_bash(
            "( flock 9; \"$S\" map 'flock -n 9 && echo locked {}' ::: a ) 9>lock", "locked a\n")

    def test_jobserver_of_make(self):
        self.file("inner", "x y:\n\t@echo $@ $(MAKEFLAGS)\n")
        self.file("outer", "all:\n\t+@$(S) map -j2 '$(MAKE) -sf inner {}' ::: x y\n")
        result = self.bash("make -s -j2 -f outer")
        self.assertEqual((result.status, result.err), (0, ""), result)
        self.assertRegex(result.out, r"\Ax .*--jobserver-auth=.*\ny .*--jobserver-auth=.*\n\Z")

    def test_pipe_and_its_filters(self):
        for options in ("-N1", "--round-robin"):
            with self.subTest(options):
                self.assert_bash(f"""rm -f side; seq 3 | "$S" pipe -j1 {options} 'cat >&3' 3>>side; cat side""",
                                 "1\n2\n3\n")

    def test_workers_of_run_and_all(self):
        worker = shlex.quote('while read -r x; do echo "got $x" >&3; echo ok; done')
        self.assert_bash(
            f'seq 2 | "$S" run -j1 --wire lines -- sh -c {worker} 3>side; cat side',
            "ok\nok\ngot 1\ngot 2\n")
        self.assert_bash("""rm side; "$S" all -j2 -- sh -c 'echo here >&3' 3>>side; cat side""",
                         "here\nhere\n")

    def test_logins_questions_and_jobs_elsewhere_have_none(self):
        self.script("login", "#!/bin/sh\nshift\nls /proc/self/fd | wc -l >>opened\nexec \"$@\"\n")
        for command in ("map 'ls /proc/self/fd | wc -l; : {}' ::: a",
                        "pipe --round-robin -j1 'ls /proc/self/fd | wc -l' </dev/zero --block 1 -N1",
                        "run -j1 --wire lines -- sh -c 'while read -r x; do ls /proc/self/fd | wc -l; done'"
                        " < one"):
            if command.startswith("pipe"):
                command = "pipe --round-robin -j1 'ls /proc/self/fd | wc -l; cat >/dev/null' < one"
            with self.subTest(command):
                self.file("one", "1\n")
                first, _, rest = command.partition(" ")
                self.assert_bash(
                    f"""rm -f opened; "$S" {first} -S h1 --launch './login {{host}}' {rest} """
                    "7>>side 9>>side; sort -u opened", "4\n4\n")

    def held_by_guard(self, master):
        """What the descriptors of its guard lead to; nothing if it has none, or no name yet."""
        with open(f"/proc/{master}/task/{master}/children", encoding="ascii") as children:
            pids = children.read().split()
        for pid in pids:
            with open(f"/proc/{pid}/comm", encoding="ascii") as name:
                if name.read() != "spread-guard\n":
                    continue
            folder = f"/proc/{pid}/fd"
            try:
                return [os.readlink(f"{folder}/{fd}") for fd in os.listdir(folder)]
            except FileNotFoundError:
                return []
        return []

    def test_guard_has_none_and_nobody_at_the_end(self):
        ours, theirs = os.pipe()
        post, gate = self.post(), self.gate()
        running = self.start_map(f"{tell(post)}; {wait_at(gate)}; : {{}}", ":::", "a", stdin=None,
                                 pass_fds=(theirs,))
        os.close(theirs)
        post.line()
        # It closes them when it comes to it.
        pipe = f"pipe:[{os.fstat(ours).st_ino}]"
        while pipe in (held := self.held_by_guard(running.pid)) or not held:
            pass
        gate.open()
        self.assert_run(running.finish(), 0, "", "")
        self.assertEqual(os.read(ours, 1), b"")
        os.close(ours)

    def test_all_of_ours_are_close_on_exec(self):
        post, gate = self.post(), self.gate()
        login = self.script("login", '#!/bin/sh\nshift\nexec "$@"\n')
        worker = ("sh", "-c", f"while read -r x; do {tell(post, '$x')}; {wait_at(gate)}; echo $x; done")
        script = f"{tell(post)}; {wait_at(gate)}; : {{}}"
        reports = ("--events", "events", "--joblog", "log", "--summary")
        for command in (
            ("map", "-j2", "-S", ":,2/h1", "--launch", f"{login} {{host}}", *reports, "--reorder-mem",
             "1", script, ":::", *"abcd"),
            ("map", "-j4", "--stdin", *reports, script, ":::", *"abcd"),
            ("run", "-j2", "--worker", shlex.join(worker), "--worker", shlex.join((*worker, "x")),
             "--wire", "lines", *reports, "--tails", "tails/", "--", *worker, ":::", *"abcd"),
        ):
            with self.subTest(command):
                running = self.start(*command, stdin=None)
                post.lines(4)
                shared = {}
                for fd in map(int, os.listdir(f"/proc/{running.pid}/fd")):
                    try:
                        with open(f"/proc/{running.pid}/fdinfo/{fd}", encoding="ascii") as info:
                            flags = next(line for line in info if line.startswith("flags:"))
                        if fd > 2 and not int(flags.split()[1], 8) & os.O_CLOEXEC:
                            shared[fd] = os.readlink(f"/proc/{running.pid}/fd/{fd}")
                    except FileNotFoundError:
                        pass  # closed meanwhile, as the ends of a pipe are after a start
                self.assertEqual(shared, {})
                gate.open(10)
                self.assertEqual(running.finish().status, 0)
                gate.shut()


class ThoseThatOptionsName(Descriptors):
    def test_nobody_else_has_them(self):
        for options in ("--joblog fd:4 4>log", "--joblog /dev/fd/4 4>log", "--events fd:4 4>log",
                        "--events /proc/self/fd/4 4>log"):
            with self.subTest(options):
                self.assert_bash(f'"$S" map {options} "{OPEN}; : {{}}" ::: a', "0 1 2 3 ")
        self.assert_bash(f'"$S" map -a <(echo a) "{OPEN}; : {{}}"', "0 1 2 3 ")
        self.assert_bash(f'"$S" map "{OPEN}; : {{}}" :::: <(echo a)', "0 1 2 3 ")

    def test_writer_behind_a_joblog_sees_its_end_with_ours(self):
        # A job leaves a child behind, which must not hold the pipe open.
        gate = self.gate()
        result = self.bash(
            f'"$S" map --joblog >(cat >log; echo over) '
            f"'(head -c1 {gate.path} >/dev/null 2>&1 <&1 &) ; : {{}}' ::: a >/dev/null; wait $!")
        gate.open()
        self.assertEqual(result.status, 0, result)
        self.assertEqual(len(self.read("log").splitlines()), 2)

    def test_one_that_is_not_there_is_refused_before_anything_runs(self):
        for option, name in (("--events", "fd:4"), ("--joblog", "fd:5"), ("--joblog", "/dev/fd/6"),
                             ("-a", "/dev/fd/4")):
            for command in ("map", "run"):
                with self.subTest((command, option, name)):
                    words = ("touch", "started") if command == "map" else ("--", "touch", "started")
                    result = self.spread(command, option, name, *words, input="a\n")
                    number = name.lstrip("fd:/ev")
                    self.assert_run(result, 255, "",
                                    f"spread: {option} {name}: there is no descriptor {number}\n")
                    self.assertFalse(os.path.exists(self.path("started")))

    def test_joblog_on_stderr_does_not_empty_it(self):
        for name in ("/dev/stderr", "fd:2", "/dev/fd/2"):
            for redirect in ("2>", "2>>"):
                with self.subTest((name, redirect)):
                    result = self.bash(
                        f"""{{ echo earlier >&2; "$S" map --joblog {name} 'echo {{}} >&2' ::: a b; """
                        f"}} {redirect}err")
                    self.assertEqual(result.status, 0, result)
                    lines = self.read("err").splitlines()
                    self.assertEqual(lines[0], "earlier")
                    self.assertEqual(sorted(line for line in lines if len(line) == 1), ["a", "b"])
                    self.assertEqual(sum("\t" in line for line in lines), 3)
                    self.assertFalse(os.path.exists(f"{self.folder}/{name}"))
                    os.remove(self.path("err"))

    def test_reports_on_stdout_do_not_empty_it(self):
        for option in ("--joblog", "--events"):
            with self.subTest(option):
                result = self.bash(
                    f"""{{ echo earlier; "$S" map {option} /dev/stdout 'echo {{}}' ::: a b; }} >out""")
                self.assertEqual(result.status, 0, result)
                lines = self.read("out").splitlines()
                self.assertEqual(lines[0], "earlier")
                self.assertEqual([line for line in lines if len(line) == 1], ["a", "b"])

    def test_joblog_on_a_descriptor_resumes(self):
        self.bash("""exec 4<>log; "$S" map --joblog fd:4 --resume echo ::: a""")
        self.assert_bash("""exec 4>>log 5<log; "$S" map --joblog /dev/fd/4 --resume echo ::: a b""",
                         "b\n")
        self.assertEqual(len(self.read("log").splitlines()), 3)

    def test_one_that_cannot_be_written_is_refused(self):
        result = self.bash('"$S" map --joblog fd:4 touch ::: started 4</dev/null')
        self.assert_run(result, 255, "",
                        "spread: --joblog: cannot write fd:4: it was opened for reading\n")


class Limit(Descriptors):
    def test_children_have_the_limit_that_we_were_given(self):
        def limited():
            resource.setrlimit(resource.RLIMIT_NOFILE, (256, 4096))

        for options in (("-j200",), ("-j0",), ("-j2",)):
            with self.subTest(options):
                result = self.map(*options, "ulimit -n; ulimit -Hn; : {}", ":::", "a", "b",
                                  preexec_fn=limited)
                self.assert_run(result, 0, "256\n4096\n" * 2, "")
        result = self.spread("run", "-j200", "--wire", "lines", "--", "sh", "-c",
                             "while read -r x; do ulimit -n; done", input="1\n", preexec_fn=limited)
        self.assert_run(result, 0, "256\n", "")


if __name__ == "__main__":
    unittest.main()
