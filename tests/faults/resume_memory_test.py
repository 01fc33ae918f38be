"""What a resume knows of each task lies in a file, not in memory: 16 bytes of each in a table, and two more tables
of these by content."""

import os
import threading

from spread_testing import SpreadTest, peak_memory_kb

FEW, MANY = 1_000, 1_000_000
MEGABYTE = 1024  # in kB


class ResumeMemory(SpreadTest):
    deadline = 300

    def words(self, journal, *options):
        return ["run", "--journal", journal, "--durable", "none", "-j1", "--wire", "lines", *options, "--", "cat"]

    def peak_of(self, count, *options):
        """Of the resume of a run of so many tasks that has come to its end: in kB, when all has come again."""
        tasks = self.file(f"tasks-{count}", "".join(f"{n}\n" for n in range(count)))
        journal = self.path(f"journal-{count}")
        if not os.path.exists(journal):
            with open(tasks, "rb") as stdin:
                self.assertEqual(self.start(*self.words(journal), stdin=stdin).finish().status, 0)
        resumed = self.start(*self.words(journal, *options))
        with open(tasks, "rb") as file:
            data = file.read()
        # Its input does not end, so that it is there to be looked at.
        feeder = threading.Thread(target=resumed.write, args=(data,))
        feeder.start()
        missing = len(data)
        while missing:
            piece = os.read(resumed.process.stdout.fileno(), 1 << 20)
            self.assertTrue(piece, "it ended")
            missing -= len(piece)
        feeder.join()
        peak = peak_memory_kb(resumed.pid)
        resumed.close_input()
        self.assertEqual(resumed.finish().status, 0)
        return peak

    def test_the_index_is_not_in_memory(self):
        for option, tables in (("--resume", 1), ("--resume=content", 3)):
            with self.subTest(option):
                more = self.peak_of(MANY, option) - self.peak_of(FEW, option)
                in_file = tables * 16 * MANY / 1024
                print(f"{option}: {more / MEGABYTE:.1f} MiB more; the tables have {in_file / MEGABYTE:.0f} MiB")
                # Of each table 2 MiB are in memory, and the pieces of a file that is read.
                self.assertLess(more, in_file / 2)
