"""examples/library/tiles over a real ssh."""

import os
import subprocess
import unittest

from spread_testing import BUILD
from sshd import SshTest

EXAMPLES = os.path.join(BUILD, "examples")


class Ssh(SshTest):
    def test_tiles_come_from_other_machines(self):
        worker = os.path.join(EXAMPLES, "tile_worker")

        def image(*hosts):
            done = subprocess.run([os.path.join(EXAMPLES, "tiles"), worker, *hosts], capture_output=True,
                                  check=False, cwd=self.folder, env=self.environment)
            self.assertEqual(done.returncode, 0, done.stderr)
            return done.stdout

        self.assertEqual(image("h2", "2/h3"), image())


if __name__ == "__main__":
    unittest.main()
