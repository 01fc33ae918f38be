"""What a page of docs/ shows is true: every command in a ```console block prints what stands below it.

In a block, a line `$ COMMAND` (`> ` goes on) is run by bash in a folder of its own with the files of
FILES. The lines below it are its whole stdout, and that of the commands directly above it: several
commands with one output are claimed to be the same thing."""

import os
import re
import subprocess

from spread_testing import SOURCE, SPREAD, SpreadTest


def read(page):
    with open(os.path.join(SOURCE, "docs", page), encoding="utf-8") as file:
        return file.read()


def examples(page):
    """(command, what it prints) for each command of the page."""
    found = []
    for block in re.findall(r"^```console\n(.*?)^```", read(page), re.MULTILINE | re.DOTALL):
        waiting, output = [], []
        for line in block.splitlines() + ["$ "]:
            if line.startswith("> "):
                waiting[-1] += "\n" + line[2:]
            elif line.startswith("$ "):
                if output:
                    text = "".join(part + "\n" for part in output)
                    found += [(command, text) for command in waiting]
                    waiting, output = [], []
                waiting.append(line[2:])
            else:
                output.append(line)
        if waiting != [""]:
            raise AssertionError(f"{page}: no output below {waiting[0]}")
    return found


class PageTest(SpreadTest):
    FILES = {}

    def run_command(self, page, number, command):
        folder = self.path(f"{page}.{number}")
        os.mkdir(folder)
        for name, text in self.FILES.items():
            self.file(os.path.join(folder, name), text)
        programs = self.path("bin")
        if not os.path.isdir(programs):
            os.mkdir(programs)
            os.symlink(os.path.abspath(SPREAD), os.path.join(programs, "spread"))
        environment = {
            **self.environment,
            "LC_ALL": "C",
            "HOME": self.folder,
            "PATH": programs + os.pathsep + os.environ["PATH"],
        }
        return subprocess.run(
            ["bash", "--norc", "-c", command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    def check(self, page, wanted):
        run = 0
        for number, (command, output) in enumerate(examples(page)):
            if not wanted(command):
                continue
            with self.subTest(page=page, command=command):
                result = self.run_command(page, number, command)
                self.assertEqual(result.stdout, output, result.stderr)
                self.assertEqual(result.stderr, "")
            run += 1
        return run
