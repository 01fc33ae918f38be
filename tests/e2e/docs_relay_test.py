"""What docs/relay.md shows is true: tests/support/page_testing.py says how."""

import re
import unittest

from page_testing import PageTest, read


class Examples(PageTest):
    FILES = {"square.py": re.search(r"^```python\n(.*?)^```", read("relay.md"), re.MULTILINE | re.DOTALL)[1]}

    def test_commands_print_what_the_page_says(self):
        self.assertEqual(self.check("relay.md", lambda command: True), 1)


if __name__ == "__main__":
    unittest.main()
