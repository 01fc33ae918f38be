"""--retry-failed of `spread map` with -S: what failed on hosts, once more on hosts."""

import os
import unittest

from sshd import SshTest

RETRY = ("--retry-failed", "--joblog", "log")


class RetryFailed(SshTest):
    def map(self, *words, **how):
        return self.spread("map", "--wd", self.folder, *words, **how)

    def logged(self):
        """Of each line: the number, the host, Exitval."""
        with open(self.path("log"), encoding="utf-8") as log:
            rows = [row.split("\t") for row in log.read().splitlines()[1:]]
        return [(int(row[0]), row[1], row[6]) for row in rows]

    def test_is_run_on_the_hosts_that_are_given_now(self):
        script = "echo {} $SSH_CONNECTION | sed 's/ 127.*127/ 127/'; test -e {}.ok"
        self.file("b.ok", "")
        result = self.map("-S", "1/h2", "--joblog", "log", script, ":::", "a", "b", "c d")
        self.assertEqual(result.status, 2, result)
        self.file("a.ok", "")
        result = self.map("-S", "1/h3", *RETRY)
        at = f"127.0.0.3 {self.sshd.port}"
        self.assertEqual((result.status, result.out), (1, f"a {at}\nc d {at}\n"), result)
        self.assert_only_told(result, "spread: 1 of 3 jobs failed .job 3.: exit status 1: echo 'c d' .*")
        first = [(1, "h2", "1"), (2, "h2", "0"), (3, "h2", "1")]
        self.assertEqual(self.logged(), [*first, (1, "h3", "0"), (3, "h3", "1")])
        self.file("c d.ok", "")
        # On any machine, this one too.
        self.assert_run(self.map(*RETRY), 0, "c d\n", "")
        self.assert_run(self.map("-S", "1/h2", *RETRY), 0, "", "")

    def test_any_command_is_what_it_was_there(self):
        self.environment.update({"BASH_FUNC_greet%%": "() {  echo hello $1; false\n}", "V": "it's"})
        words = ("-q", "sh", "-c", 'printf "[%s]" "$0"; false', ":::", "a b", "c'd\n$V\te\\n", "*")
        for words, out in (
            (words, "[a b][c'd\n$V\te\\n][*]"),
            (("cat <(echo {}); false", ":::", "a b"), "a b\n"),
            (("greet {}", ":::", "a b", "c"), "hello a b\nhello c\n"),
            (("greet", ":::", "a b"), "hello a b\n"),
            (('echo "$V"; : {}; false', ":::", "a"), "it's\n"),
            (("echo $PARALLEL_SEQ {}; false", ":::", "a", "b"), "1 a\n2 b\n"),
        ):
            with self.subTest(words):
                hosts = ("-S", "1/h2", "--env", "greet,V")
                self.assertEqual(self.map(*hosts, "--joblog", "log", *words).out, out)
                for _ in range(2):
                    self.assertEqual(self.map(*hosts, *RETRY).out, out)

    def test_item_on_stdin_is_in_the_command(self):
        hosts = ("-S", "1/h2", "--env", "count")
        self.environment["BASH_FUNC_count%%"] = "() {  wc -c; false\n}"
        self.map(*hosts, "--joblog", "log", "--stdin", "count", input="it's\n")
        self.assertEqual(self.map(*hosts, *RETRY).out, "5\n")

    def test_files_that_no_item_names_go_along(self):
        os.mkdir(self.path("there"))
        self.file("table", "here\n")
        hosts = ("-S", "1/h2", "--wd", self.path("there"))
        files = ("--bf", "table", "--return", "out.{#}", "--cleanup")
        script = "cat table >out.{#}; exit {}"
        result = self.spread("map", *hosts, *files, "--joblog", "log", script, ":::", "0", "3")
        self.assertEqual(result.status, 1, result)
        os.remove(self.path("out.2"))
        result = self.spread("map", *hosts, *files, *RETRY)
        self.assertEqual((result.status, self.logged()[2:]), (1, [(2, "h2", "3")]), result)
        with open(self.path("out.2"), encoding="utf-8") as out:
            self.assertEqual(out.read(), "here\n")
        self.assertEqual(os.listdir(self.path("there")), [])

    def test_where_no_host_is_up_the_log_stays_as_it_is(self):
        self.map("-S", "1/h2", "--joblog", "log", "echo {}; false", ":::", "a", "b")
        before = self.logged()
        result = self.map("-S", "1/down", *RETRY)
        self.assertEqual((result.status, result.out), (2, ""), result)
        self.assert_told(result, "spread: 2 jobs were not run: no worker is left")
        self.assertEqual(self.logged(), before)


if __name__ == "__main__":
    unittest.main()
