"""`spread map` on other machines: one login for many jobs, nothing there but /bin/sh, and hosts that
are down or go away."""

import os
import signal
import subprocess
import unittest

from sshd import SshTest


class Jobs(SshTest):
    def map(self, *words, **how):
        return self.spread("map", *words, **how)

    def logins(self):
        """How many logins there have been."""
        return self.sshd.log.count("Accepted publickey")

    def test_jobs_run_there_and_their_output_comes_in_order(self):
        result = self.map("-S", "2/h2,1/h3", "echo {} on $(hostname >/dev/null; echo there)",
                          input="".join(f"{n}\n" for n in range(20)))
        self.assert_run(result, 0, "".join(f"{n} on there\n" for n in range(20)), "")

    def test_many_jobs_share_a_login(self):
        before = self.logins()
        result = self.map("-S", "1/h2", "echo", input="".join(f"{n}\n" for n in range(30)))
        self.assertEqual(result.status, 0, result)
        self.assertEqual(self.logins() - before, 1)

    def test_any_bytes_of_an_item_arrive(self):
        items = ["a b", "$HOME", "'", '"', "\\", "`id`", "new\nline", "*", "", "\x01", "é", "-n", "#"]
        result = self.map("-0", "-S", "1/h2", "printf", "%s|", "{}",
                          input="\0".join(items) + "\0")
        self.assert_run(result, 0, "".join(item + "|" for item in items), "")

    def test_scripts_run_there_with_the_item_as_a_parameter(self):
        result = self.map("-S", "1/h2", 'x="{}"; echo "<$x>" {#}', ":::", "a'b", "$(id)")
        self.assert_run(result, 0, "<a'b> 1\n<$(id)> 2\n", "")

    def test_stdout_and_stderr_are_kept_apart(self):
        result = self.map("-S", "1/h2", ": {}; echo out; echo err >&2; exit 3", ":::", "a")
        self.assertEqual((result.status, result.out), (1, "out\n"), result)
        self.assert_told(result, "err", r"spread: 1 of 1 job failed: exit status 3: .*")

    def test_stdout_and_stderr_in_one_place_are_a_block(self):
        words = ("echo o{}; echo e{} >&2", ":::", *map(str, range(20)))
        result = self.map("-S", "2/h2,1/h3", *words, stderr=subprocess.STDOUT)
        self.assert_run(result, 0, "".join(f"o{n}\ne{n}\n" for n in range(20)))

    def test_output_without_a_newline_and_with_any_byte(self):
        result = self.map("-S", "1/h2", r"printf '\001\000\377no newline'; true", ":::", "a")
        self.assertEqual(result.raw, b"\x01\x00\xffno newline")

    def test_status_255_of_a_job_is_its_own(self):
        result = self.map("-S", "1/h2", "--joblog", self.path("log"), "exit {}", ":::", "255", "0")
        self.assertEqual(result.status, 1, result)
        with open(self.path("log"), encoding="ascii") as log:
            self.assertEqual([line.split("\t")[6] for line in log][1:], ["255", "0"])

    def test_environment_and_directory(self):
        result = self.map("-S", "1/h2", "--wd", "/", ': {}; echo "$SPREAD_SEQ $SPREAD_ITEM $(pwd)"',
                          ":::", "a", "b")
        self.assert_run(result, 0, "1 a /\n2 b /\n", "")

    def test_niceness_is_that_of_the_jobs(self):
        result = self.map("-S", "1/h2", "--nice", "7", "nice; : {}", ":::", "a")
        self.assert_run(result, 0, f"{min(19, os.nice(0) + 7)}\n", "")

    def test_xargs_there(self):
        for processes in ("1", "2"):
            with self.subTest(processes):
                words = ("-S", "1/h2,1/h3", "-P", processes, "--process-slot-var", "N", "-n2")
                result = self.spread("xargs", *words, "sh", "-c", 'echo "$0 $1"; [ "$N" ] || echo no',
                                     input="a 'b c'\nd e")
                self.assert_run(result, 0, err="")
                self.assertEqual(sorted(result.out.splitlines()), ["a b c", "d e"])
        result = self.spread("xargs", "-S", "1/h2", "-n1", "sh", "-c", "exit $0", input="0 3 255 0")
        self.assert_run(result, 124, "", "spread xargs: sh: exited with status 255; aborting\n")

    def test_item_on_standard_input(self):
        result = self.map("-S", "1/h2", "--stdin", "cat", ":::", "a'b", "c d")
        self.assert_run(result, 0, "a'b\nc d\n", "")

    def test_a_host_that_is_down_costs_nothing(self):
        result = self.map("-S", "1/down,1/h2", "echo", ":::", *range(10))
        self.assertEqual((result.status, result.out), (0, "".join(f"{n}\n" for n in range(10))),
                         result)

    def test_no_host_that_is_up(self):
        result = self.map("-S", "1/down", "echo", ":::", "a")
        self.assertEqual((result.status, result.out), (1, ""), result)
        self.assert_told(result, r"spread: host down cannot be reached \(.*Connection refused.*\)", r"spread: 1 job was not run: no worker is left")

    def test_a_login_that_is_lost_has_its_job_done_elsewhere(self):
        post, gate = self.post(), self.gate()
        # What it has printed until then is in its output only once.
        script = (f"echo begun; echo to err >&2; echo {{}} >>{post.path}; "
                  f"read -r line <{gate.path}; echo done {{}}")
        running = self.start("map", "-S", "1/h2,1/h3", script, ":::", "a", "b")
        post.lines(2)
        self.sshd.cut("h2")
        post.line()  # the job of h2, once more
        os.write(gate._fd, b"go\n" * 3)
        result = running.finish()
        self.assertEqual((result.status, result.out),
                         (0, "begun\ndone a\nbegun\ndone b\n"), result)
        self.assertEqual(result.err.count("to err\n"), 2, result)

    def test_a_job_that_takes_its_login_with_it_is_tried_three_times(self):
        script = f"echo x >>{self.path('runs')}; kill -9 $(ps -o ppid= -p $PPID); : {{}}"
        result = self.map("-S", "1/h2,1/h3", script, ":::", "bad")
        self.assertEqual((result.status, result.out), (1, ""), result)
        self.assert_told(result,
                         r"spread: host h[23]: the login ended \(.*\) while job 1 was running there",
                         r"spread: 1 of 1 job failed: .*3 times.*")
        with open(self.path("runs"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "x\n" * 3)

    def test_slots_of_all_hosts_have_numbers_of_their_own(self):
        post, gate = self.post(), self.gate()
        script = f"echo {{%}} $SPREAD_SLOT >>{post.path}; head -c1 <{gate.path} >/dev/null; : {{}}"
        running = self.start("map", "-S", "2/h2,2/h3,1/:", script, ":::", *"abcde", stdin=None)
        self.assertEqual(sorted(post.lines(5)), [f"{n} {n}" for n in range(1, 6)])
        gate.open(5)
        self.assert_run(running.finish(), 0, "", "")

    def test_dry_run_does_not_need_to_know_how_many_slots_there_are(self):
        result = self.map("-S", "h2", "--dry-run", "echo {%} {}", ":::", "a", "b")
        self.assert_run(result, 0, "echo 1 a\necho 1 b\n",
                        "spread: the shell of the script is /bin/sh\n")

    def test_a_script_that_needs_bash_has_it_there(self):
        result = self.map("-S", "1/h2", "[[ {} == a* ]] && echo {}.{x,y}", ":::", "a b")
        self.assert_run(result, 0, "a b.x a b.y\n", "")
        piped = self.spread("pipe", "-S", "1/h2", "--round-robin", "cat; echo {x,y}", input="a\n")
        self.assert_run(piped, 0, "a\nx y\n", "")

    def test_exported_functions_go_there_with_env(self):
        self.environment["BASH_FUNC_myf%%"] = '() {  printf "f<%s>" "$@"; echo\n}'
        for words in (("myf",), ("myf", "{}", "x"), ("y=1; myf {}",), ("--limit-cpu", "9", "myf")):
            result = self.map("-S", "1/h2", "--env", "myf", *words, ":::", "a b")
            self.assert_run(result, 0, "f<a b>f<x>\n" if "x" in words else "f<a b>\n", "")
        result = self.map("-S", "1/h2", "myf", "{}", "x", ":::", "a")
        told = "spread: myf is a function of this shell, which other machines do not have: --env myf .*"
        self.assert_told(result, told, "spread: 1 of 1 job failed: exit status 127: .*")

    def test_a_directory_that_is_not_there_is_told(self):
        result = self.map("-S", "1/h2", "--wd", "/nowhere", "echo", ":::", "a")
        self.assertEqual((result.status, result.out), (1, ""), result)
        self.assert_told(result, r"sh: 1: cd: can't cd to /nowhere",
                         r"spread: 1 of 1 job failed: exit status 125 \(--wd /nowhere: no such directory on h2\?\): .*")

    def test_a_timeout_ends_the_job_there(self):
        post, gate = self.post(), self.gate()
        script = f": {{}}; echo $$ >{post.path}; exec cat {gate.path}"
        result = self.map("-S", "1/h2", "--timeout", "0.3", "--kill-grace", "1", script, ":::", "a")
        self.assertEqual(result.status, 1, result)
        pid = int(post.line())
        try:
            self.assert_gone(os.pidfd_open(pid))
        except ProcessLookupError:
            pass

    def test_no_signal_to_the_master_leaves_a_job_behind_there(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL):
            with self.subTest(signal=number.name):
                post, gate = self.post(f"post{number}"), self.gate(f"gate{number}")
                # With a child that is not the one that is told.
                script = f": {{}}; cat <{gate.path} & echo $$ $! >{post.path}; wait"
                running = self.start("map", "-S", "1/h2", "--kill-grace", "1", script, ":::", "a")
                pids = [os.pidfd_open(int(pid)) for pid in post.line().split()]
                running.signal(number)
                if number != signal.SIGKILL:
                    self.assertIn(b"again: end it now", running.process.stderr.readline())
                    running.signal(number)
                    self.assertEqual(running.finish().status, 128 + number)
                for pid in pids:
                    self.assert_gone(pid)

    def test_this_machine_and_another(self):
        result = self.map("-S", "1/:,1/h2", "echo", ":::", *range(10))
        self.assert_run(result, 0, "".join(f"{n}\n" for n in range(10)), "")


if __name__ == "__main__":
    unittest.main()
