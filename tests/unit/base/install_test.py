"""What cmake --install and cpack give a stranger: everything that README speaks of, and it works away
from the checkout."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

BUILD = os.environ["SPREAD_BUILD"]
SOURCE = os.environ["SPREAD_SOURCE"]

FILES = (
    "bin/spread",
    "share/man/man1/spread.1",
    "share/man/man1/spread-map.1",
    "share/bash-completion/completions/spread",
    "share/zsh/site-functions/_spread",
    "share/fish/vendor_completions.d/spread.fish",
    "include/spread/worker.hpp",
    "lib/python3/dist-packages/spread_worker/__init__.py",
    "share/spread/spread-worker.sh",
    "share/spread/spread-gang.sh",
    "share/spread/spread-subtasks.sh",
    "share/spread/spread-shards.sh",
    "share/doc/spread/LICENSE",
    "share/doc/spread/copyright",
    "share/doc/spread/CHANGELOG.md",
    "share/doc/spread/README.md",
    "share/doc/spread/docs/manual.md",
    "share/doc/spread/examples/square/square.py",
)
PYTHON = "import spread_worker\nspread_worker.run(lambda task: task * task)\n"
SHELL = '. "$1/share/spread/spread-worker.sh"\nf() { spread_ok_json "$(($1 * $1))"; }\nspread_run f\n'


def run(*words, **options):
    done = subprocess.run(words, capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise AssertionError(f"{words}: {done.stdout}{done.stderr}")
    return done.stdout


def setting(name):
    with open(os.path.join(BUILD, "CMakeCache.txt"), encoding="utf-8") as cache:
        return re.search(rf"^{name}:\w+=(.*)$", cache.read(), re.MULTILINE).group(1)


class Installed(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def install(self):
        """A whole installation. Its list goes to the test's folder; a user's own stays in the build folder."""
        prefix = os.path.join(self.folder, "prefix")
        manifest = os.path.join(BUILD, "install_manifest.txt")
        kept = manifest + ".kept"
        if os.path.exists(manifest):
            shutil.move(manifest, kept)
            self.addCleanup(shutil.move, kept, manifest)
        run("cmake", "--install", BUILD, "--prefix", prefix)
        os.makedirs(os.path.join(self.folder, "build"))
        shutil.move(manifest, os.path.join(self.folder, "build"))
        return prefix

    def works_below(self, prefix):
        for name in FILES:
            self.assertTrue(os.path.isfile(os.path.join(prefix, name)), name)
        spread = os.path.join(prefix, "bin", "spread")
        self.assertEqual(run(spread, "map", "echo", ":::", "a b"), "a b\n")
        away = {
            **os.environ,
            "PYTHONPATH": os.path.join(prefix, "lib/python3/dist-packages"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        for text, words in ((PYTHON, ["/usr/bin/python3"]), (SHELL, ["sh"])):
            worker = os.path.join(self.folder, "worker")
            with open(worker, "w", encoding="utf-8") as file:
                file.write(text)
            words = [*words, worker, prefix]
            options = ["--no-history", "--wire", "json", "--in", "json", "-j1", "--"]
            told = run(spread, "run", *options, *words,
                       input="3\n4\n", env=away, cwd=self.folder)
            self.assertEqual(told, "9\n16\n")

    def test_everything_is_there_and_works_and_goes_again(self):
        prefix = self.install()
        self.works_below(prefix)
        run("cmake", "-D", f"BUILD={self.folder}/build", "-P", f"{SOURCE}/cmake/uninstall.cmake")
        left = [name for _, _, names in os.walk(prefix) for name in names]
        self.assertEqual(left, [])
        self.assertFalse(os.path.exists(os.path.join(prefix, "share/doc/spread")))

    def test_the_program_is_stripped_and_small(self):
        if setting("CMAKE_BUILD_TYPE") != "Release":
            self.skipTest("only Release is what a stranger installs")
        spread = os.path.join(self.install(), "bin", "spread")
        self.assertLess(os.path.getsize(spread), 7_000_000)
        self.assertNotIn(".debug_info", run("readelf", "-W", "-S", spread))

    def test_the_package_of_cpack_holds_the_same(self):
        run("cpack", "--config", os.path.join(BUILD, "CPackConfig.cmake"), "-B", self.folder)
        (package,) = (name for name in os.listdir(self.folder) if name.endswith(".deb"))
        package = os.path.join(self.folder, package)
        self.assertEqual(run("dpkg-deb", "-f", package, "Package"), "spread\n")
        self.assertRegex(run("dpkg-deb", "-f", package, "Depends"), r"^libc6 \(>= [0-9.]+\)\n$")
        root = os.path.join(self.folder, "root")
        run("dpkg-deb", "-x", package, root)
        self.works_below(os.path.join(root, "usr"))


if __name__ == "__main__":
    unittest.main()
