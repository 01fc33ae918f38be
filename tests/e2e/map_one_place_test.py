"""stdout and stderr of `spread map` in one place, as on a terminal or with 2>&1: a job's block stays
in one piece, and so does a line."""

import fcntl
import os
import pty
import re
import signal
import subprocess
import termios
import unittest

from map_testing import MapTest, tell, wait_at
from spread_testing import SPREAD, Running

SHELL_LINE = r"echo o{}; printf e >&2; printf %s {} >&2; echo >&2"


class Blocks(MapTest):
    def blocks(self, items):
        return "".join(f"o{item}\ne{item}\n" for item in items)

    def merged(self, *words, **how):
        return self.start_map(*words, stderr=subprocess.STDOUT, **how)

    def slow_first(self, *options, **how):
        """Six jobs, of which the first ends when the last one has ended."""
        way = self.gate()
        last = f"case {{}} in 1) {wait_at(way)};; 6) echo >{way.path};; esac"
        running = self.merged("-j2", *options, f"{last}; {SHELL_LINE}", ":::", *"123456",
                              stdin=None, **how)
        result = running.finish()
        os.remove(way.path)
        self.assertEqual(result.status, 0, result)
        return result.out

    def test_in_order_through_a_pipe(self):
        for options in ((), ("-k",), ("--retries", "2"), ("--reorder-mem", "1K")):
            with self.subTest(options):
                self.assertEqual(self.slow_first(*options), self.blocks("123456"))

    def test_unordered(self):
        text = self.slow_first("--unordered")
        self.assertEqual(text, self.blocks(text[1::6]))
        self.assertEqual(sorted(text[1::6]), [*"123456"])

    def test_tags(self):
        tagged = "".join(f"{n}\to{n}\n{n}\te{n}\n" for n in "123456")
        self.assertEqual(self.slow_first("--tag"), tagged)

    def test_line_buffered_in_order(self):
        self.assertEqual(self.slow_first("--lb", "-k"), self.blocks("123456"))

    def test_in_a_file(self):
        for mode in ("wb", "ab"):
            with self.subTest(mode), open(self.path("log"), mode) as log:
                self.slow_first(stdout=log)
                self.assertTrue(self.read("log").endswith(self.blocks("123456")))
        self.assertEqual(self.read("log"), self.blocks("123456123456"))

    def test_in_a_file_that_was_opened_twice(self):
        with open(self.path("log"), "wb") as out, open(self.path("log"), "wb") as err:
            result = self.map("-j2", SHELL_LINE, ":::", *"123", stdout=out, stderr=err)
        self.assertEqual(result.status, 0)
        self.assertEqual(self.read("log"), self.blocks("123"))

    def test_one_at_a_time(self):
        items = [str(n) for n in range(50)]
        result = self.merged("-j1", SHELL_LINE, ":::", *items, stdin=None).finish()
        self.assert_run(result, 0, self.blocks(items))

    def test_pipe(self):
        items = [str(n) for n in range(20)]
        script = r'read x; echo "o$x"; printf e >&2; echo "$x" >&2'
        result = self.spread("pipe", "-j2", "-N1", script, input="\n".join(items),
                             stderr=subprocess.STDOUT)
        self.assert_run(result, 0, self.blocks(items))

    def test_slow_reader_and_much_output(self):
        # More than the pipe, the queue and the memory hold.
        script = (
            r"yes out{} | head -c 300000; yes err{} | head -c 300000 >&2; echo o{}; echo e{} >&2"
        )
        for options in (("-j3",), ("-j3", "--unordered"), ("-j1", "--unordered")):
            with self.subTest(options):
                running = self.merged(*options, "--reorder-mem", "64K", script, ":::", *"123",
                                      stdin=None)
                text = b""
                while piece := os.read(running.process.stdout.fileno(), 1000):
                    text += piece
                self.assertEqual(running.finish().status, 0)
                # The live one shows both as they are read; no other job's output comes between.
                numbers = re.findall(r"(?:out|err|[oe])([123])", text.decode())
                order = [n for n, before in zip(numbers, [None, *numbers]) if n != before]
                self.assertEqual(sorted(order), ["1", "2", "3"])
                self.assertEqual(len(text), 3 * (600000 + 6))


class Live(MapTest):
    def test_head_shows_both_as_they_come(self):
        gate = self.gate()
        steps = (f"echo o1; {wait_at(gate)}", f"echo e1 >&2; {wait_at(gate)}",
                 f"echo o2; {wait_at(gate)}", "echo e2 >&2")
        running = self.start_map("-j2", f": {{}}; {'; '.join(steps)}", ":::", "a", stdin=None,
                                 stderr=subprocess.STDOUT)
        for line in ("o1\n", "e1\n", "o2\n"):
            self.assertEqual(running.read_line(), line)
            gate.open()
        self.assert_run(running.finish(), 0, "e2\n")

    def test_stdout_comes_first_where_both_are_there(self):
        # The reader is not there before everything has been printed.
        post = self.post()
        for _ in range(5):
            running = self.start_map("-j1", f"echo o; echo e >&2; {tell(post)}", ":::", "a",
                                     stdin=None, stderr=subprocess.STDOUT)
            post.line()
            self.assert_run(running.finish(), 0, "o\ne\n")

    def test_line_buffered_never_breaks_a_line(self):
        post, gate = self.post(), self.gate()
        script = (
            f"printf '{{}} begins '; printf '{{}} errs ' >&2; {tell(post)}; {wait_at(gate)};"
            f" echo 'and {{}} ends'; echo 'and {{}} fails' >&2"
        )
        running = self.start_map("-j2", "--lb", script, ":::", "a", "b", stdin=None,
                                 stderr=subprocess.STDOUT)
        post.lines(2)
        gate.open(2)
        lines = [f"{n} {one} and {n} {two}" for n in "ab"
                 for one, two in (("begins", "ends"), ("errs", "fails"))]
        self.assertEqual(sorted(running.finish().out.splitlines()), sorted(lines))


class Messages(MapTest):
    def third_is_told(self, *options):
        """The lines of a run in which -t tells of the third job while the first one is live, has
        printed, and goes on."""
        post, first, second = self.post(), self.gate("first"), self.gate("second")
        self.script("job", f"#!/bin/sh\necho $1.1\necho $1 >>{post.path}\n"
                           f"head -c1 <$2 >/dev/null\necho $1.2\n")
        running = self.start_map(
            *("-j2", "-t", *options, "--link", "./job", "{1}", "{2}", ":::", *"abc"),
            *(":::", first.path, second.path, second.path), stdin=None, stderr=subprocess.STDOUT,
        )
        post.lines(2)
        lines = ""
        while "a.1" not in lines:
            lines += running.process.stdout.read1().decode()
        second.open(2)
        self.assertEqual(post.line(), "c")
        first.open()
        lines += running.finish().out
        return re.sub(" /.*", "", lines).splitlines()

    def test_come_between_blocks(self):
        lines = self.third_is_told()
        blocks = ["a.1", "a.2", "./job c", "b.1", "b.2", "c.1", "c.2"]
        self.assertEqual(lines, ["./job a", "./job b", *blocks])

    def test_come_between_records(self):
        lines = self.third_is_told("--out", "records")
        self.assertEqual([line[:8] for line in lines],
                         ["./job a", "./job b", '{"id":0,', "./job c", '{"id":1,', '{"id":2,'])

    def test_of_an_interrupt_come_at_once_and_begin_a_line(self):
        post, gate = self.post(), self.gate()
        script = f"printf '{{}} begins'; {tell(post)}; {wait_at(gate)}; echo ', and ends'"
        running = self.start_map("-j1", script, ":::", "a", "b", stdin=None,
                                 stderr=subprocess.STDOUT)
        post.line()
        self.assertEqual(os.read(running.process.stdout.fileno(), 100), b"a begins")
        running.signal(signal.SIGINT)
        self.assertEqual(running.read_line(), "\n")
        self.assertRegex(running.read_line(), r"\Aspread: ")
        gate.open()
        self.assertEqual(running.read_line(), ", and ends\n")
        self.assertEqual(running.finish().status, 130)

    def test_are_the_last(self):
        result = self.map("-j2", "echo o{}; echo e{} >&2; exit 1", ":::", *"12",
                          stderr=subprocess.STDOUT)
        self.assertEqual(result.status, 2)
        self.assertEqual(result.out[:12], "o1\ne1\no2\ne2\n")
        self.assertIn("2 of 2 jobs failed", result.out[12:])


class OnTerminal(MapTest):
    def on_terminal(self, words, redirection=""):
        """What a terminal gets from it, which is the session's own."""
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)

        def take_terminal():
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        process = subprocess.Popen(
            ["/bin/sh", "-c", f'exec "$@" {redirection}', "sh", SPREAD, "map", *words],
            stdin=slave, stdout=slave, stderr=slave, cwd=self.folder, env=self.environment,
            start_new_session=True, preexec_fn=take_terminal,
        )
        self.addCleanup(self._end, process)
        os.close(slave)
        text = b""
        while True:
            try:
                text += os.read(master, 4096)
            except OSError:  # EIO: no process has the other end any more
                break
        self.assertEqual(Running(process).finish().status, 0)
        return text.decode().replace("\r\n", "\n")

    def test_blocks(self):
        items = [str(n) for n in range(30)]
        wanted = "".join(f"o{n}\ne{n}\n" for n in items)
        for redirection in ("", "2>/dev/tty"):
            with self.subTest(redirection):
                words = ("-j2", SHELL_LINE, ":::", *items)
                self.assertEqual(self.on_terminal(words, redirection), wanted)


if __name__ == "__main__":
    unittest.main()
