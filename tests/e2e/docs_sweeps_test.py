"""What docs/sweeps.md shows is true: tests/support/page_testing.py says how."""

import unittest

from page_testing import PageTest


class Examples(PageTest):
    def test_commands_print_what_the_page_says(self):
        self.assertGreater(self.check("sweeps.md", lambda command: True), 4)


if __name__ == "__main__":
    unittest.main()
