"""What `spread map` says of input that it has not been given, or that it cannot have."""

import os
import pty
import unittest

from map_testing import MapTest


class Terminal(MapTest):
    def typed(self, *words, then):
        """What is said before anything is typed, and the end of the run once `then` has been."""
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        running = self.start(*words, stdin=slave)
        os.close(slave)
        line = running.process.stderr.readline().decode()
        os.write(master, then)
        return line, running.finish()

    def test_input_that_is_typed_is_asked_for_once(self):
        told = "spread: the input is read from the terminal"
        for words in (("map", "-j1", "echo"), ("map", "-j1", "-a", "-", "echo"), ("pipe", "cat")):
            with self.subTest(words):
                line, result = self.typed(*words, then=b"a\nb\n\x04")
                self.assertTrue(line.startswith(told), line)
                self.assertIn("Ctrl-D ends it", line)
                self.assert_run(result, 0, "a\nb\n", "")
        line, result = self.typed("run", "--wire", "lines", "-j1", "--", "cat", then=b"a\n\x04")
        self.assertTrue(line.startswith(told), line)

    def test_other_input_is_not(self):
        self.assert_run(self.map("echo", input="a\n"), 0, "a\n", "")
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        self.addCleanup(os.close, slave)
        running = self.start("map", "echo", ":::", "a", stdin=slave)
        self.assert_run(running.finish(), 0, "a\n", "")


class Wrong(MapTest):
    def test_a_whole_command_in_quotes_as_a_worker(self):
        hint = "it is one word, with a blank in it: write the words of a command without quotes"
        for words in (("run", "--wire", "lines", "-j1", "--", "cat -u"), ("all", "-j1", "--", "cat -u")):
            result = self.spread(*words, input="a\n")
            self.assertIn(f"cannot start cat -u: No such file or directory; {hint}", result.err)

    def test_items_for_blocks(self):
        for words in (("map", "--pipe"), ("map", "--pipepart", "-a", self.file("f", "a\n")), ("pipe",)):
            result = self.spread(*words, "wc", ":::", "a")
            self.assert_run(result, 255, "")
            self.assertRegex(result.err, r"\Aspread: ::: and :::: give items, and pipe \(map --pipe,")


if __name__ == "__main__":
    unittest.main()
