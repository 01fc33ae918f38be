"""What is installed of the library: found by CMake and by pkg-config, in both forms; its headers bring
no type of any other library along, and of its symbols only those of its face are seen."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["SPREAD_SOURCE"])
BUILD = pathlib.Path(os.environ["SPREAD_BUILD"])
CONSUMER = SOURCE / "tests" / "support" / "library_consumer"
WORKER = ["/usr/bin/python3", SOURCE / "examples" / "square" / "square.py"]


def run(*args, **options):
    result = subprocess.run([str(a) for a in args], capture_output=True, check=False, text=True, **options)
    if result.returncode != 0:
        raise AssertionError(f"{args}: {result.stdout}{result.stderr}")
    return result.stdout


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.prefix = cls.folder / "prefix"
        run("cmake", "--install", BUILD, "--component", "library", "--prefix", cls.prefix)
        cls.shared_object, = cls.prefix.glob("lib*/**/libspread.so")
        # A sanitizer's run-time library has to be in the program, too.
        cache = (BUILD / "CMakeCache.txt").read_text()
        found = re.search(r"SPREAD_SANITIZE:STRING=(.+)", cache)
        cls.flags = [f"-fsanitize={found[1]}"] if found else []
        cls.compiler = re.search(r"CMAKE_CXX_COMPILER:\w+=(.+)", cache)[1]

    def squares(self, program):
        self.assertEqual(run(program, *WORKER), "1\n4\n9\n")

    def test_cmake_finds_it(self):
        build = self.folder / "build"
        run("cmake", "-S", CONSUMER, "-B", build, f"-DCMAKE_PREFIX_PATH={self.prefix}",
            "-DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF", f"-DCMAKE_CXX_COMPILER={self.compiler}",
            "-DCMAKE_CXX_FLAGS=" + " ".join(self.flags))
        run("cmake", "--build", build)
        self.squares(build / "with_pool")
        self.squares(build / "with_pool_static")

    def test_a_component_that_is_not_there_is_named(self):
        project = self.folder / "wrong"
        project.mkdir()
        (project / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.22)\nproject(wrong LANGUAGES CXX)\n"
            "find_package(spread REQUIRED COMPONENTS worker)\n")
        done = subprocess.run(
            ["cmake", "-S", project, "-B", project / "build", f"-DCMAKE_PREFIX_PATH={self.prefix}"],
            capture_output=True, text=True, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("the component 'worker' of spread is not installed", done.stderr)

    def test_pkg_config_finds_it(self):
        where, = self.prefix.glob("lib*/**/pkgconfig")
        environment = {**os.environ, "PKG_CONFIG_PATH": str(where)}

        def asked(*options):
            return run("pkg-config", *options, "spread", env=environment).split()

        shared, static = self.folder / "shared", self.folder / "static"
        run(self.compiler, *self.flags, "-std=c++20", CONSUMER / "consumer.cc", "-o", shared,
            *asked("--cflags", "--libs"), f"-Wl,-rpath,{self.shared_object.parent}")
        self.squares(shared)
        options = ["-l:libspread.a" if each == "-lspread" else each
                   for each in asked("--cflags", "--libs", "--static")]
        run(self.compiler, *self.flags, "-std=c++20", CONSUMER / "consumer.cc", "-o", static, *options)
        self.squares(static)
        self.assertNotIn("libspread", run("ldd", static))

    def test_it_has_a_name_of_its_version(self):
        self.assertRegex(run("readelf", "-d", self.shared_object), r"SONAME.*\[libspread\.so\.\d+\.\d+\]")

    def test_its_headers_stand_alone(self):
        headers = list((self.prefix / "include" / "spread").iterdir())
        self.assertGreater(len(headers), 5)
        names = {f"spread/{header.name}" for header in headers}
        for header in headers:
            for given in re.findall(r"#include (\S+)", header.read_text()):
                with self.subTest(header=header.name, given=given):
                    if given.startswith('"'):
                        self.assertIn(given.strip('"'), names)
                    else:
                        self.assertRegex(given, r"^<[a-z_]+>$")

    def test_its_code_knows_two_headers_of_the_engine(self):
        sources = list((SOURCE / "libspread").rglob("*.h")) + list((SOURCE / "libspread").rglob("*.cc"))
        given = {name for source in sources
                 for name in re.findall(r'#include "(spread/\w+/[^"]+)"', source.read_text())}
        self.assertEqual(given, {"spread/embed/pool_engine.h", "spread/embed/thread.h"})

    def test_nothing_but_its_face_is_seen(self):
        if self.flags:
            self.skipTest("a sanitizer adds symbols of its own")
        table = run("nm", "-DC", "--defined-only", self.shared_object)
        names = [line.split(" ", 2)[2] for line in table.splitlines()]
        self.assertGreater(len(names), 50)
        strangers = [name for name in names if "spread::v1::" not in name
                     # Inline functions of the standard library, which every program has.
                     and not re.match(r"(\w[\w ]*[ &*])?(std|__gnu_cxx)::|(typeinfo|vtable).* for std::", name)]
        self.assertEqual(strangers, [])


if __name__ == "__main__":
    unittest.main()
