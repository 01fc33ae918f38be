"""What docs/security.md says of files in folders that all users share, and of words that are no options."""

import os
import stat
import unittest

import confinement
from map_testing import MapTest, tell, wait_at


class SharedFolders(MapTest):
    def setUp(self):
        super().setUp()
        self.shared = self.path("shared")
        os.mkdir(self.shared, 0o777)
        self.environment["TMPDIR"] = self.shared

    def spilling(self, **how):
        """A run that has spilled: the first job waits while the others have printed."""
        post, gate = self.post(), self.gate()
        big = "head -c 100000 /dev/zero | tr '\\0' x"
        script = f"case {{}} in 1) {wait_at(gate)};; *) {big}; {tell(post)};; esac"
        running = self.start_map("-j2", "--reorder-mem", "64K", script, ":::", *map(str, range(1, 9)),
                                 stdin=None, **how)
        post.lines(7)
        return running, gate

    def spill_files(self, running):
        """(status, what the system calls it), of each regular file that it has there."""
        found = []
        for fd in os.listdir(f"/proc/{running.pid}/fd"):
            link = f"/proc/{running.pid}/fd/{fd}"
            try:
                name, status = os.readlink(link), os.stat(link)
            except FileNotFoundError:
                continue  # the pipe of a job, which has just been closed
            if name.startswith(self.shared) and stat.S_ISREG(status.st_mode):
                found.append((status, name))
        return found

    def assert_private(self, running, gate):
        # What it prints last may still be on its way into the file, which is there from the first byte.
        found = self.spill_files(running)
        self.assertEqual(len(found), 1, found)
        status, name = found[0]
        self.assertEqual(stat.S_IMODE(status.st_mode), 0o600)
        self.assertEqual(status.st_nlink, 0, name)
        self.assertEqual(os.listdir(self.shared), [])
        gate.open()
        result = running.finish()
        self.assertEqual((result.status, result.err), (0, ""), result)
        self.assertEqual(len(result.out), 700000)

    def test_a_spill_file_has_no_name_and_is_ours_alone(self):
        self.assert_private(*self.spilling(umask=0))

    def test_a_spill_file_has_none_where_the_file_system_gives_it_one_at_first(self):
        self.assert_private(*self.spilling(umask=0, preexec_fn=confinement.refuse_unnamed_files))

    def test_a_run_leaves_nothing_there(self):
        result = self.map("cat", "{}", ":::", "/dev/null", "/dev/null")
        self.assert_run(result, 0, "", "")
        self.assertEqual(os.listdir(self.shared), [])


class NoOptions(MapTest):
    """Tasks, items and names that look like options of spread, or of what it runs."""

    WORDS = ("-j0", "--dry-run", "--halt=now,fail=1", "--", "-", "-n", "--version", "-oProxyCommand=touch x")

    def test_items(self):
        result = self.map("-k", "printf", "%s\\n", ":::", *self.WORDS)
        self.assertEqual((result.status, result.out), (0, "\n".join(self.WORDS) + "\n"), result)

    def test_tasks(self):
        result = self.spread("run", "--wire", "lines", "--", "sed", "-u", "s/^/=/",
                             input="\n".join(self.WORDS) + "\n")
        self.assert_run(result, 0, "".join(f"={word}\n" for word in self.WORDS), "")

    def test_hosts(self):
        for name in ("-oProxyCommand=touch x", "-F/tmp/x", "1/-n"):
            self.file("hosts", name + "\n")
            for words in (("-S", name), ("--slf", "hosts")):
                result = self.map(*words, "echo", ":::", "x")
                self.assertEqual((result.status, result.out), (255, ""), result)
        self.assertFalse(os.path.exists(self.path("x")))

    def test_result_folders(self):
        result = self.map("--results", "out/{}", "echo {}", ":::", "../../up", "/etc/x", "..", "-d")
        self.assertEqual(os.listdir(self.path("out/..")).count("up"), 0, result)
        self.assertFalse(os.path.exists(os.path.join(os.path.dirname(self.folder), "up")))
        self.assertFalse(os.path.exists("/etc/x"))


if __name__ == "__main__":
    unittest.main()
