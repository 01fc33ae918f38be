"""What is printed in READMEs and lies in examples/ works."""

import os
import re
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness
from harness import Worker, frame

EXAMPLES = os.path.join(harness.ROOT, "examples", "square")
SHARDS = os.path.join("..", "shards")


class Readme(unittest.TestCase):
    def setUp(self):
        with open(os.path.join(harness.SDK, "README.md"), encoding="utf-8") as f:
            self.blocks = re.findall(r"```python\n(.*?)```", f.read(), re.DOTALL)

    def test_the_first_worker_is_complete_in_ten_lines(self):
        self.assertLessEqual(len(self.blocks[0].splitlines()), 10)
        with Worker(self.blocks[0]) as w:
            w.hello()
            self.assertEqual(w.ask(3, 1.5), [[0, "ok", 9], [1, "ok", 2.25]])

    def test_the_second_worker_loads_once_and_has_a_tail(self):
        with tempfile.NamedTemporaryFile("w") as words:
            words.write("red green")
            words.flush()
            with Worker(self.blocks[1], prep=1) as w:
                w.hello()
                w.send(frame(words.name))
                self.assertEqual(
                    w.ask("a red green door", "a blue one"), [[0, "ok", 2], [1, "ok", 0]]
                )
                w.close()
                self.assertEqual(w.rest(), b"done\n")


class Examples(unittest.TestCase):
    def worker(self, name, interpreter, **options):
        return Worker("", argv=[interpreter, os.path.join(EXAMPLES, name)], **options)

    def test_square_with_the_python_sdk(self):
        for wire in ("msgpack", "json"):
            with self.worker("square_sdk.py", sys.executable, wire=wire) as w:
                w.hello()
                self.assertEqual(w.ask(4), [[0, "ok", 16]])

    def test_square_with_the_shell_sdk(self):
        with self.worker("square.sh", "sh", wire="json") as w:
            w.hello()
            found = w.ask(12, "HOME", "a[$(id)]", -3)
            self.assertEqual([m[1] for m in found], ["ok", "error", "error", "error"])
            self.assertEqual(found[0][2], 144)

    def test_grep_words_tells_what_it_counted(self):
        with self.worker("grep_words.py", sys.executable, prep=2, env={"SPREAD_WORKER": "3"}) as w:
            w.hello()
            w.send(frame("one") + frame("two"))
            found = w.ask("one two", "three", "one", 4)
            self.assertEqual([m[2] for m in found[:3]], ["one, two", "", "one"])
            self.assertEqual(found[3][1], "error")
            w.close()
            self.assertEqual(w.rest(), b"worker 3: one in 2 lines\nworker 3: two in 1 lines\n")

    def test_primes_of_a_shard(self):
        with self.worker(os.path.join(SHARDS, "primes.py"), sys.executable) as w:
            w.hello()
            w.task(7, {"index": 1, "total": 2, "start": 10, "stop": 30, "max": 30})
            self.assertEqual(w.message(), [7, "progress", 1.0])
            self.assertEqual(w.message(), [7, "ok", [11, 13, 17, 19, 23, 29]])

    def test_primes_of_a_shard_in_a_shell(self):
        with self.worker(os.path.join(SHARDS, "primes.sh"), "sh", wire="json") as w:
            w.hello()
            w.task(7, {"index": 0, "total": 2, "start": 0, "stop": 20, "max": 40})
            self.assertEqual(w.message(), [7, "progress", 1, ""])
            self.assertEqual(w.message(), [7, "ok", [2, 3, 5, 7, 11, 13, 17, 19]])

    def test_squares_of_a_list(self):
        chunk = {"SPREAD_CHUNK": "3"}
        with self.worker(os.path.join(SHARDS, "squares.py"), sys.executable, env=chunk) as w:
            w.hello()
            self.assertEqual(w.ask([1, 2, 3], [4]), [[0, "ok", [1, 4, 9]], [1, "ok", [16]]])

    def test_upper_answers_line_by_line(self):
        with self.worker("upper.sh", "sh", wire="lines") as w:
            w.send(b"one two\n")
            w.close()
            self.assertEqual(w.rest(), b"ONE TWO\n")


if __name__ == "__main__":
    unittest.main()
