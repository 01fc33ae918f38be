"""scripts/pull-the-plug, as a stranger runs it."""

import os
import re
import subprocess

from spread_testing import SOURCE, SPREAD, SpreadTest


class PullThePlug(SpreadTest):
    deadline = 600

    def test_every_row_is_as_it_should_be(self):
        ended = subprocess.run([os.path.join(SOURCE, "scripts", "pull-the-plug"), SPREAD],
                               env=self.environment, capture_output=True, text=True)
        rows = [re.split("  +", line) for line in ended.stdout.splitlines() if re.search("  +", line)]
        table = [row for row in rows if len(row) == 4][1:]
        self.assertEqual(len(table), 8, ended.stdout + ended.stderr)
        self.assertEqual({(row[2], row[3]) for row in table}, {("the same", "0")}, ended.stdout + ended.stderr)
        self.assertEqual(ended.returncode, 0)
