"""What a library would link (all folders but those of the program) keeps nothing that belongs to the whole
process: no static state, no fork, no signal disposition, no environment, no standard stream. Read from
the object files, so that no macro and no header hides anything. What is left is listed, with the reason."""

import glob
import os
import re
import subprocess
import unittest

BUILD = os.environ["SPREAD_BUILD"]

# The program's own folders.
PROGRAM = {"options", "help", "cli", "program"}
# System calls under their own names: what counts is who calls them.
CALLS = {"sys"}

# Functions and variables of the C library that concern the whole process. A folder may use those of
# ALLOWED. The names that the library's headers make of them (fortified, 64 bits) count, too.
PROCESS_WIDE = set(
    """fork vfork daemon atexit exit _exit abort
    signal sigaction sigprocmask pthread_sigmask sigwaitinfo signalfd alarm setitimer
    environ getenv setenv unsetenv putenv
    stdin stdout puts printf putchar perror
    chdir fchdir umask setlocale setrlimit setpriority nice setsid setpgid prctl
    srand rand strtok localtime gmtime""".split()
)

ALLOWED = {
    ("base", "abort"): "a broken invariant",
    ("io", "sigaction"): "launcher_threads: reads the dispositions; signals: reads",
    ("io", "pthread_sigmask"): "the mask of a thread, which is put back: terminal; signals",
    ("io", "signalfd"): "signals, which the program makes and a run is given",
}

# Boost's header of Sobol's sequence includes <iostream>. What that brings with it does nothing here.
# forked_copies: what a forked child closes is of the whole process (decision 34).
STATIC = {"sweep": {"std::__ioinit"}, "io": {
    "spread::(anonymous namespace)::kept()::all", "guard variable for spread::(anonymous namespace)::kept()::all"}}


def output_of(*words):
    environment = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(words, capture_output=True, check=True, text=True, env=environment)
    return done.stdout


def libraries():
    found = {}
    for path in glob.glob(os.path.join(BUILD, "libspread_*.a")):
        folder = re.fullmatch(r"libspread_(\w+)\.a", os.path.basename(path)).group(1)
        if folder not in PROGRAM | CALLS:
            found[folder] = path
    return found


def undefined_symbols(library):
    found = re.findall(r"^\s+U (\S+)$", output_of("nm", library), re.MULTILINE)
    # spread::sys::fork() is fork().
    found = [re.sub(r"^_ZN6spread3sys\d+([a-z_]+[a-z0-9])E.*", r"\1", name) for name in found]
    return {re.fullmatch(r"(?:__(?=\w+_chk$)|__(?=environ$))?(\w+?|\S+?)(?:_chk|64)?", name).group(1)
            for name in found}


def writable_data(library):
    """The names of all variables that are written to while a program runs."""
    names = set()
    text = output_of("readelf", "-SWs", library)
    for member in re.split(r"^File: ", text, flags=re.MULTILINE)[1:]:
        sections = {
            number
            for number, name, flags in re.findall(
                r"^ +\[ *(\d+)\] (\S+) +\S+ +[0-9a-f]+ [0-9a-f]+ [0-9a-f]+ [0-9a-f]+ +(\w*) ",
                member, re.MULTILINE)
            # .data.rel.ro: constants that hold addresses, read-only once the program is linked.
            if "W" in flags and not name.startswith((".data.rel.ro", ".init_array", ".fini_array"))
        }
        for section, name in re.findall(
                r"^ +\d+: [0-9a-f]+ +\S+ (?:OBJECT|TLS|COMMON) +\w+ +\w+ +(\w+) (\S+)$", member,
                re.MULTILINE):
            if section in sections or section == "COM":
                names.add(name)
    return {re.sub(r"\[abi:\w+\]", "", name) for name in demangled(names)}


def demangled(names):
    done = subprocess.run(["c++filt"], input="\n".join(sorted(names)), capture_output=True, text=True,
                          check=True)
    # What the compiler adds for exceptions and inline variables.
    return {name for name in done.stdout.splitlines() if name and not name.startswith("DW.ref.")}


@unittest.skipIf("SPREAD_SANITIZE:STRING=\n" not in open(os.path.join(BUILD, "CMakeCache.txt"),
                                                       encoding="utf-8").read(),
                 "sanitizers add state and calls of their own")
class Library(unittest.TestCase):
    def test_there_are_libraries_to_look_at(self):
        self.assertGreater(len(libraries()), 10)

    def test_none_has_static_state(self):
        for folder, library in libraries().items():
            with self.subTest(folder):
                self.assertEqual(set(writable_data(library)) - STATIC.get(folder, set()), set())

    def test_none_acts_on_the_process(self):
        for folder, library in libraries().items():
            with self.subTest(folder):
                used = undefined_symbols(library) & PROCESS_WIDE
                self.assertEqual({name for name in used if (folder, name) not in ALLOWED}, set())

    def test_none_opens_the_terminal_of_the_process(self):
        for folder, library in libraries().items():
            with self.subTest(folder), open(library, "rb") as archive:
                self.assertNotIn(b"/dev/tty\0", archive.read())

    def test_the_list_of_exceptions_is_no_longer_than_it_has_to_be(self):
        used = {(folder, name) for folder, library in libraries().items()
                for name in undefined_symbols(library)}
        # abort is a builtin of the compiler, which objects for link-time optimisation do not name.
        self.assertEqual(set(ALLOWED) - used - {("base", "abort")}, set())


if __name__ == "__main__":
    unittest.main()
