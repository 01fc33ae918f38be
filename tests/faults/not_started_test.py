"""What cannot be started: a program whose interpreter is missing, and command lines at the limit of
what the kernel takes."""

import os
import resource
import unittest

from map_testing import MapTest
from sshd import SshTest


class MissingInterpreter(MapTest):
    def setUp(self):
        super().setUp()
        self.script("b", "#!/usr/bin/nopython\nprint(1)\n")
        self.script("crlf", "#!/bin/sh\r\necho\r\n")

    def commands(self, program):
        return (
            ("map", program, ":::", "a"),
            ("map", "-j1", program, ":::", "a"),
            ("pipe", program),
            ("pipe", "--round-robin", "-j1", program),
            ("run", "-j1", "--", program),
            ("all", "-j1", "--", program),
        )

    def assert_named(self, program, why, **how):
        for command in self.commands(program):
            with self.subTest(command):
                result = self.spread(*command, input="1\n", **how)
                self.assertNotEqual(result.status, 0)
                self.assertIn(f"cannot start {program}: {why}", result.err)
                self.assertNotIn("No such file", result.err)

    def test_it_is_named(self):
        self.assert_named("./b", "its interpreter /usr/bin/nopython is missing")

    def test_carriage_return_is_named(self):
        self.assert_named("./crlf", "its first line ends with a carriage return (CR LF), so its "
                          "interpreter /bin/sh<CR> is missing")

    def test_of_a_program_in_path(self):
        path = self.folder + ":" + os.environ["PATH"]
        self.assert_named("b", "its interpreter /usr/bin/nopython is missing",
                          env={**self.environment, "PATH": path})

    def test_in_the_directory_of_the_job(self):
        os.mkdir(self.path("d"))
        os.rename(self.path("b"), self.path("d/b"))
        result = self.map("--wd", "d", "./b", "{}", ":::", "a")
        self.assertIn("cannot start ./b (in d): its interpreter /usr/bin/nopython is missing",
                      result.err)

    def test_program_that_is_missing_is_said_to_be(self):
        result = self.map("./none", "{}", ":::", "a")
        self.assertIn("cannot start ./none: No such file or directory", result.err)


class MissingInterpreterFarAway(SshTest):
    """The shell there says "not found", as if the script were missing."""

    def script(self, name, text):
        with open(self.path(name), "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(self.path(name), 0o755)
        return self.path(name)

    def assert_named(self, program, why):
        for command in (
            ("map", "-S", "1/h2", program, ":::", "a"),
            ("pipe", "-S", "1/h2", program),
            ("run", "-S", "1/h2", "--start-retries", "1", "--", program),
            ("all", "-S", "1/h2", "--", program),
        ):
            with self.subTest(command):
                result = self.spread(*command, input="1\n")
                self.assertNotEqual(result.status, 0)
                self.assertIn(f"cannot start {program}: {why}", result.err)
                self.assertNotIn("not found", result.err)
                self.assertNotIn("there is no", result.err)

    def test_it_is_named(self):
        program = self.script("b", "#!/usr/bin/nopython -x\nprint(1)\n")
        self.assert_named(program, "its interpreter /usr/bin/nopython is missing")

    def test_carriage_return_is_named(self):
        program = self.script("crlf", "#!/bin/sh\r\necho\r\n")
        self.assert_named(program, "its first line ends with a carriage return (CR LF), so its "
                          "interpreter /bin/sh<CR> is missing")

    def test_what_can_be_started_is(self):
        for program in (
            self.script("good", "#!/bin/sh\necho $1\n"),
            self.script("plain", "# usr/bin/nopython\necho $1\n"),
            self.script("relative", "#! /usr/bin/env -S sh\necho $1\n"),
            "/bin/echo",
        ):
            with self.subTest(program):
                self.assert_run(self.spread("map", "-S", "1/h2", program, ":::", "a"), 0, "a\n")


class AtTheKernelsLimit(MapTest):
    """ARG_MAX is a quarter of the stack's limit; the arguments have the item, and $SPREAD_ITEM too."""

    def small(self):
        kib = 1024
        # So that the environment leaves the same room on every machine.
        environment = {name: self.environment[name] for name in ("PATH", "LC_ALL", "TERM")}
        return {
            "env": environment,
            "preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_STACK, (512 * kib, 512 * kib)),
        }

    def test_lines_of_many_items(self):
        items = "".join(f"{n}\n" for n in range(1, 60001))
        for options in (("--xargs",), ("-X",), ("-m",)):
            with self.subTest(options):
                result = self.map("-j2", *options, "echo", input=items, **self.small())
                self.assertEqual((result.status, result.err), (0, ""), result)
                self.assertEqual(result.out.split(), items.split())

    def test_item_that_fits_only_once(self):
        item = "x" * 65000
        for words in (("printf", "%s"), ("printf %s {}",), ("printf %s {}; : $SPREAD_SEQ",)):
            with self.subTest(words):
                self.assert_run(self.map(*words, ":::", item, **self.small()), 0, item, "")

    def test_item_that_fits_twice_is_in_the_variable(self):
        item = "x" * 50000
        result = self.map("printf '%s' \"$SPREAD_ITEM\"; : {}", ":::", item, **self.small())
        self.assert_run(result, 0, item, "")

    def test_command_that_names_the_variable_is_not_run_without_it(self):
        result = self.map("printf %s \"$SPREAD_ITEM\"; : {}", ":::", "x" * 65000, **self.small())
        self.assertEqual((result.status, result.out), (1, ""), result)
        self.assertIn("the item has 65000 bytes, and with the arguments the kernel does not take that "
                      "in $SPREAD_ITEM as well; send it on stdin instead (--stdin)", result.err)

    def test_large_environment(self):
        environment = {**self.environment, **{f"BIG{n}": "x" * 130000 for n in range(15)}}
        items = "".join(f"{n}\n" for n in range(1, 20001))
        result = self.map("-j2", "--xargs", "echo", input=items, env=environment)
        self.assertEqual((result.status, result.err), (0, ""), result)
        self.assertEqual(result.out.split(), items.split())


if __name__ == "__main__":
    unittest.main()
