"""scripts/pull-the-plug, as a stranger runs it."""

import os
import re
import subprocess
import sys

from spread_testing import SOURCE, SPREAD, SpreadTest

sys.path.insert(0, os.path.join(SOURCE, "tests", "plug"))
import plug_peers  # noqa: E402
import plug  # noqa: E402


class PullThePlug(SpreadTest):
    deadline = 600

    def test_every_row_is_as_it_should_be(self):
        ended = subprocess.run([os.path.join(SOURCE, "scripts", "pull-the-plug"), SPREAD],
                               env=self.environment, capture_output=True, text=True)
        rows = [re.split("  +", line) for line in ended.stdout.splitlines() if re.search("  +", line)]
        table = [row for row in rows if len(row) == 4][1:]
        self.assertEqual(len(table), 12, ended.stdout + ended.stderr)
        self.assertEqual({(row[2], row[3]) for row in table}, {("the same", "0")}, ended.stdout + ended.stderr)
        self.assertEqual(ended.returncode, 0)

    def test_what_others_lose_is_seen(self):
        """xargs ends with what runs when a job is killed, and tries nothing again."""
        result, left = plug_peers.cell(plug_peers.Xargs(self.folder), plug.Plug.worker_killed)
        self.assertRegex(result, r"^\d+ of 400 lines missing; status 125$")
        self.assertEqual(left, "0")

    def test_what_others_leave_running_is_counted(self):
        """A job of xargs is the shell and what it runs."""
        result, left = plug_peers.cell(plug_peers.Xargs(self.folder), plug.Plug.master_killed_in_long_tasks)
        self.assertEqual((result, left), ("begins anew; signal 9", "8"))

    def test_output_is_compared_line_by_line(self):
        lines = plug.EXPECTED.splitlines(keepends=True)
        self.assertEqual(plug_peers.compared(plug.EXPECTED), "the same")
        self.assertEqual(plug_peers.compared(b"".join(reversed(lines))), "the same in another order")
        self.assertEqual(plug_peers.compared(b"".join(lines[3:] + lines[-1:])), "3 of 400 lines missing, 1 too many")
