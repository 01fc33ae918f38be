"""Programs that are linked to the library: those of docs/library.md and examples/library, and what is left
of the workers of one that is killed."""

import os
import re
import signal
import subprocess
import unittest

from spread_testing import BUILD, PYTHON, SOURCE, SpreadTest

EXAMPLES = os.path.join(BUILD, "examples")
SDK = os.path.join(SOURCE, "worker_sdk", "python")
with open(os.path.join(SOURCE, "docs", "library.md"), encoding="utf-8") as file:
    PAGE = file.read()

# Tells its pid, and waits for ever with its task.
WAITS = f"""
import os, sys
sys.path.insert(0, {SDK!r})
import spread_worker
def wait(post):
    with open(post, "w") as file:
        print(os.getpid(), file=file)
    os.read(os.open(post + ".never", os.O_RDWR), 1)
spread_worker.run(wait)
"""


def grey(x, y, whole):
    c, z, steps = complex(3.0 * x / whole - 2.2, 3.0 * y / whole - 1.5), 0, 0
    while steps < 255 and z.real * z.real + z.imag * z.imag < 4:
        z, steps = z * z + c, steps + 1
    return steps


class Library(SpreadTest):
    deadline = 300  # the compiler, on a busy machine

    def run_program(self, *words, **how):
        done = subprocess.run(words, capture_output=True, check=False, cwd=self.folder, env=self.environment, **how)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def example(self, name, *words):
        return self.run_program(os.path.join(EXAMPLES, name), *words)

    def test_the_program_of_the_page_does_what_it_says(self):
        program, = re.findall(r"```cpp\n(.*?)```", PAGE, re.DOTALL)
        lines = [line for line in program.splitlines() if line]
        self.assertLessEqual(len(lines), 12)
        os.symlink(os.path.join(EXAMPLES, "square"), self.path("square"))
        self.file("squares.cc", program)
        command, = re.findall(r"^    (c\+\+ .*)$", PAGE, re.MULTILINE)
        library = os.path.join(BUILD, "libspread")
        given = f"-I{SOURCE}/libspread/include -L{library} -lspread -Wl,-rpath,{library}"
        command, replaced = re.subn(r"\$\(pkg-config --cflags --libs spread\)", given, command)
        self.assertEqual(replaced, 1)
        with open(os.path.join(BUILD, "CMakeCache.txt"), encoding="utf-8") as cache:
            sanitizers = re.search(r"SPREAD_SANITIZE:STRING=(.+)", cache.read())
        if sanitizers:
            command += f" -fsanitize={sanitizers[1]}"
        self.run_program("sh", "-c", command)
        self.assertEqual(self.run_program("./squares"), b"1\n4\n9\n")

    def test_twelve_lines(self):
        self.assertEqual(self.example("twelve_lines", "1", "2.5", "-3", "--", os.path.join(EXAMPLES, "square")),
                         b"1\n6.25\n9\n")

    def test_monte_carlo(self):
        first = self.example("monte_carlo", "0.002")
        self.assertLess(abs(float(first) - 3.14159), 0.01)
        # Seeds are the tasks, so the number of workers makes no difference.
        self.assertEqual(self.example("monte_carlo", "0.002"), first)

    def check_image(self, image):
        head = b"P5\n512 512\n255\n"
        self.assertTrue(image.startswith(head))
        levels = image[len(head):]
        self.assertEqual(len(levels), 512 * 512)
        for x, y in ((0, 0), (200, 256), (511, 511), (63, 64), (64, 63), (300, 200)):
            self.assertEqual(levels[y * 512 + x], grey(x, y, 512), (x, y))

    def test_tiles(self):
        self.check_image(self.example("tiles", os.path.join(EXAMPLES, "tile_worker")))
        self.check_image(self.example("tiles", os.path.join(EXAMPLES, "tile_worker"), "2/:"))

    def test_a_program_that_is_killed_leaves_no_worker(self):
        post = self.post()
        self.file("waits.py", WAITS)
        os.mkfifo(post.path + ".never")
        program = subprocess.Popen(
            [os.path.join(EXAMPLES, "twelve_lines"), post.path, "--", PYTHON, self.path("waits.py")],
            env=self.environment, cwd=self.folder)
        self.addCleanup(self._end, program)
        worker = os.pidfd_open(int(post.line()))
        program.send_signal(signal.SIGKILL)
        program.wait()
        self.assert_gone(worker)

    def test_what_is_wrong_is_told_by_the_exception(self):
        done = subprocess.run([os.path.join(EXAMPLES, "tiles"), "./tile_worker", "4/"], capture_output=True,
                              text=True, check=False, cwd=self.folder)
        self.assertEqual((done.returncode, done.stderr), (1, "tiles: hosts: host '4/': the host's name is missing\n"))
        done = subprocess.run([os.path.join(EXAMPLES, "tiles"), "./nowhere"], capture_output=True,
                              text=True, check=False, cwd=self.folder)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr.splitlines()[-1], r"(^|tiles)tiles: task 0: NotComputed: .*nowhere.*No such file")


if __name__ == "__main__":
    unittest.main()
