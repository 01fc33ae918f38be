"""The program is linked as one should be that reads what strangers send: its ELF file says so."""

import glob
import os
import re
import subprocess
import unittest

BUILD = os.environ["SPREAD_BUILD"]
PROGRAM = os.environ["SPREAD"]


def readelf(*words):
    done = subprocess.run(
        ["readelf", "-W", *words],
        capture_output=True,
        check=True,
        text=True,
        env={**os.environ, "LC_ALL": "C"},
    )
    return done.stdout


def setting(name):
    with open(os.path.join(BUILD, "CMakeCache.txt"), encoding="utf-8") as cache:
        found = re.search(rf"^{name}:\w+=(.*)$", cache.read(), re.MULTILINE)
    return found.group(1) if found else ""


class Hardening(unittest.TestCase):
    def setUp(self):
        shipped = ("Release", "RelWithDebInfo", "MinSizeRel")
        if setting("CMAKE_BUILD_TYPE") not in shipped or setting("SPREAD_SANITIZE"):
            self.skipTest("only what is shipped is hardened: Release, RelWithDebInfo, MinSizeRel")

    def test_symbols_are_bound_at_the_start_and_read_only_then(self):
        self.assertRegex(readelf("-d", PROGRAM), r"FLAGS_1.*\bNOW\b")
        self.assertIn("GNU_RELRO", readelf("-l", PROGRAM))

    def test_the_program_is_loaded_anywhere_and_its_stack_is_not_executed(self):
        self.assertRegex(readelf("-h", PROGRAM), r"Type:\s+DYN")
        self.assertRegex(readelf("-l", PROGRAM), r"GNU_STACK .* RW ")

    def test_a_stack_or_a_buffer_that_is_overrun_ends_the_program(self):
        symbols = readelf("--dyn-syms", PROGRAM)
        self.assertIn("__stack_chk_fail@", symbols)
        # -D_FORTIFY_SOURCE makes these of calls whose buffer's size is known.
        self.assertRegex(symbols, r"__\w+_chk@")

    @unittest.skipUnless(os.uname().machine == "x86_64", "only x86 has it")
    def test_our_objects_mark_where_an_indirect_jump_may_land(self):
        libraries = glob.glob(os.path.join(BUILD, "libspread_*.a"))
        self.assertGreater(len(libraries), 8)
        for library in libraries:
            with self.subTest(os.path.basename(library)):
                members = re.split(r"^File: ", readelf("-n", library), flags=re.MULTILINE)[1:]
                self.assertTrue(members)
                for member in members:
                    self.assertRegex(member, r"x86 feature: .*\bIBT\b.*\bSHSTK\b")


if __name__ == "__main__":
    unittest.main()
