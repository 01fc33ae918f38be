"""What the README promises to strangers: one g++ line, and find_package(spread)."""

import os
import pathlib
import re
import struct
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["SPREAD_SOURCE"])
BUILD = pathlib.Path(os.environ["SPREAD_BUILD"])
SDK = SOURCE / "worker_sdk" / "cpp"


def frame(body: bytes) -> bytes:
    return b"\xc6" + struct.pack(">I", len(body)) + body


def run(*args: object, **options: object) -> subprocess.CompletedProcess:
    result = subprocess.run([str(a) for a in args], capture_output=True, check=False, **options)
    if result.returncode != 0:
        raise AssertionError(f"{args}: {result.stdout.decode()}{result.stderr.decode()}")
    return result


def answers(worker: pathlib.Path, task: bytes) -> bytes:
    """What a worker answers to one task, without its hello and ready."""
    output = run(worker, input=frame(task)).stdout
    hello = 5 + struct.unpack(">I", output[1:5])[0] + 1
    ready = frame(b"\x92\xc0\xa5ready") + b"\n"
    assert output[hello:].startswith(ready), output
    return output[hello + len(ready):]


class Readme(unittest.TestCase):
    def test_first_worker_compiles_with_the_line_below_it(self) -> None:
        blocks = re.findall(r"```(\w+)\n(.*?)```", (SDK / "README.md").read_text(), re.DOTALL)
        self.assertEqual([language for language, _ in blocks[:2]], ["cpp", "sh"])
        program, commands = blocks[0][1], blocks[1][1]
        self.assertLessEqual(len(program.splitlines()), 10)
        compile_line = commands.splitlines()[0]
        self.assertTrue(compile_line.startswith("g++ "))
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "square.cc").write_text(program)
            (folder / "worker_sdk").symlink_to(SOURCE / "worker_sdk")
            run("sh", "-c", compile_line, cwd=folder)
            answer = answers(folder / "square", b"\x92\x07\xa13")  # [7, "3"]
        nine = b"\xcb" + struct.pack(">d", 9)
        self.assertEqual(answer, frame(b"\x93\x07\xa2ok" + nine) + b"\n")


class Package(unittest.TestCase):
    def test_another_project_finds_the_installed_sdk(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            prefix, build = folder / "prefix", folder / "build"
            run("cmake", "--install", BUILD, "--component", "worker_sdk", "--prefix", prefix)
            run("cmake", "-S", SOURCE / "tests/support/sdk_consumer", "-B", build,
                f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF")
            run("cmake", "--build", build)
            answer = answers(build / "consumer", b"\x92\x07\xa2hi")  # [7, "hi"]
        self.assertEqual(answer, frame(b"\x93\x07\xa2ok\xa3hi!") + b"\n")


if __name__ == "__main__":
    unittest.main()
