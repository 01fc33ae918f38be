"""-o FILE: results in a file, in place of standard output."""

import os
import pty
import resource
import shutil
import signal
import subprocess
import unittest

from map_testing import MapTest, tell, wait_at
from spread_testing import PUPPET, PYTHON, SOURCE, SQUARE, json_lines


class OutputFileTest(MapTest):
    def to_file(self, *words, **how):
        """The run's status, and what is in the file then. It prints nothing itself."""
        result = self.spread(words[0], "-o", "out", *words[1:], **how)
        self.assertEqual(result.raw, b"", result)
        return result.status, self.read("out", "rb"), result

    def assert_same(self, *words, status=0, **how):
        """With -o the file is what standard output is without, and messages are the same."""
        plain = self.spread(*words, **how)
        self.assertEqual(plain.status, status, plain)
        self.assertNotEqual(plain.raw, b"")
        ended, out, result = self.to_file(*words, **how)
        self.assertEqual((ended, out, result.err), (plain.status, plain.raw, plain.err))
        return out


class Results(OutputFileTest):
    def test_forms_of_run(self):
        tasks = json_lines([1, 2, 3])
        for form in ("text", "json", "msgpack", "csv", "pickle"):
            with self.subTest(form):
                self.assert_same("run", "-j2", "--in", "json", "--out", form, "--", *SQUARE, input=tasks)
        self.assert_same("run", "-j2", "--in", "json", "--gather", "list", "--", *SQUARE, input=tasks)
        self.assert_same("run", "-j2", "--out0", "--", *PUPPET, input="a\nb\n")

    def test_records_of_run(self):
        status, out, _ = self.to_file("run", "--out", "records", "--in", "json", "--", *SQUARE, input="3\n")
        self.assertEqual((status, b'"value":9' in out), (0, True), out)

    def test_a_file_larger_than_what_is_written_at_once(self):
        tasks = "".join(f"{n:0100}\n" for n in range(30000))
        status, out, _ = self.to_file("run", "-j2", "--wire", "lines", "--window", "50", "--", "cat", input=tasks)
        self.assertEqual((status, out == tasks.encode()), (0, True))

    def test_a_failed_task_is_an_empty_line(self):
        out = self.assert_same("run", "-j1", "--in", "json", "--out", "text", "--", *SQUARE,
                               input=json_lines([1, "no number", 3]), status=1)
        self.assertEqual(out, b"1\n\n9\n")

    def test_tails(self):
        worker = self.script("worker", "#!/bin/sh\nwhile read -r line; do echo $line; done; echo tail\n")
        out = self.assert_same("run", "-j1", "--wire", "lines", "--", worker, input="a\n")
        self.assertEqual(out, b"a\ntail\n")

    def test_gang(self):
        worker = self.file("worker.py", "import spread_worker as w; w.run(lambda n: [w.rank(), n])")
        self.environment["PYTHONPATH"] = os.path.join(SOURCE, "worker_sdk", "python")
        out = self.assert_same("gang", "-n2", "-j2", "--in", "json", "--", PYTHON, worker, input=json_lines([1, 2]))
        self.assertEqual(out, b"[[0,1],[1,1]]\n[[0,2],[1,2]]\n")

    def test_outputs_of_map(self):
        script = "echo {}; echo more of {}; printf half"
        items = (":::", "a", "b", "c")
        for options in ((), ("--tag",), ("--lb", "-k"), ("--unordered", "-j1"), ("-u", "-j1"),
                        ("--results", "-.json", "-j1")):
            with self.subTest(options):
                self.without_times(self.assert_same, "map", *options, script, *items)
        status, out, _ = self.to_file("map", "--out", "records", script, *items)
        self.assertEqual((status, out.count(b'"stdout":')), (0, 3))
        status, out, _ = self.to_file("map", "--results", "jobs", script, *items)
        self.assertEqual((status, out, self.read("jobs/2/stdout")), (0, b"", "b\nmore of b\nhalf"))

    def without_times(self, check, *words):
        if "-.json" not in words:
            return check(*words)
        status, out, _ = self.to_file(*words)
        return self.assertEqual((status, out.count(b'"Seq":')), (0, 3), out)

    def test_jobs_of_other_machines_that_print_for_themselves(self):
        status, out, _ = self.to_file("map", "-u", "-j1", "--launch", "env", "-S", "far", "echo", ":::", "a", "b")
        self.assertEqual((status, out), (0, b"a\nb\n"))

    def test_pipe(self):
        lines = "".join(f"{n}\n" for n in range(5000))
        for options in (("--block", "1k"), ("-u", "-j1", "-N100")):
            with self.subTest(options):
                out = self.assert_same("pipe", *options, "cat", input=lines)
                self.assertEqual(out, lines.encode())
        status, out, _ = self.to_file("pipe", "--round-robin", "-j2", "-N10", "cat", input=lines)
        self.assertEqual((status, sorted(out.split())), (0, sorted(lines.encode().split())))

    def test_nothing(self):
        self.file("out", "old\n")
        self.assertEqual(self.to_file("map", "echo", input="")[:2], (0, b""))


class WhatIsThere(OutputFileTest):
    def test_is_written_over_as_by_a_shell(self):
        self.file("out", "of old, and longer\n")
        self.assertEqual(self.to_file("map", "echo", ":::", "a")[:2], (0, b"a\n"))

    def test_keeps_its_mode_and_its_names(self):
        os.chmod(self.file("real", "old\n"), 0o640)
        os.symlink("real", self.path("out"))
        self.to_file("map", "echo", ":::", "a")
        self.assertTrue(os.path.islink(self.path("out")))
        self.assertEqual((self.read("real"), os.stat(self.path("real")).st_mode & 0o777), ("a\n", 0o640))

    def test_stays_where_a_run_does_not_begin(self):
        self.file("out", "dear\n")
        for words in (
            ("run", "-a", "missing", "--", *SQUARE),
            ("run", "--prep-file", "missing", "--", *SQUARE),
            ("run", "--slf", "missing", "--", *SQUARE),
            ("run", "--joblog", "no/such/log", "--", *SQUARE),
            ("map", "-a", "missing", "echo"),
            ("map", "--results", "no/such/table.csv", "echo", ":::", "a"),
            ("map", "--spill-dir", "missing", "echo", ":::", "a"),
            ("pipe", "-a", "missing", "cat"),
        ):
            with self.subTest(words):
                status, out, result = self.to_file(*words)
                self.assertEqual((status, out), (255, b"dear\n"), result)

    def test_is_no_matter_of_a_dry_run(self):
        self.file("out", "dear\n")
        result = self.spread("map", "-o", "out", "--dry-run", "echo", ":::", "a")
        self.assert_run(result, 0, "echo a\n", "")
        result = self.spread("run", "-j1", "-o", "no/such/file", "--dry-run", "--", *SQUARE)
        self.assertEqual((result.status, result.out != ""), (0, True), result)
        self.assertEqual(self.read("out"), "dear\n")


class Refused(OutputFileTest):
    """One line, 255, and nothing has been started."""

    def refuse(self, told, *words, subcommand="map", **how):
        command = ("sh", "-c", "echo >ran") if subcommand == "map" else PUPPET
        result = self.spread(subcommand, *words, *command, **{"input": "1\n", **how})
        self.assertEqual((result.status, result.out), (255, ""), result)
        self.assertEqual(result.err, f"spread: {told}\n")
        self.assertFalse(os.path.exists(self.path("ran")))

    def test_what_is_no_regular_file(self):
        os.mkfifo(self.path("fifo"))
        os.mkdir(self.path("folder"))
        for name in ("fifo", "folder", "/dev/full", "/dev/tty", "/dev/zero"):
            with self.subTest(name):
                self.refuse(f"-o: cannot write {name}: it is no regular file", "-o", name)
        for name in ("fd:3", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/2"):
            with self.subTest(name):
                self.refuse(f"-o: cannot write {name}: it is a descriptor, and no file by its name", "-o", name)

    def test_a_fifo_that_is_read_is_left_alone(self):
        os.mkfifo(self.path("fifo"))
        reader = os.open(self.path("fifo"), os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        self.refuse("-o: cannot write fifo: it is no regular file", "-o", "fifo")
        with open(self.path("fifo"), "wb", buffering=0) as fifo:
            fifo.write(b"x")
            self.assertEqual(os.read(reader, 10), b"x")

    def test_what_cannot_be_opened(self):
        self.refuse("-o: cannot write no/such/file: No such file or directory", "-o", "no/such/file")
        self.refuse("-o: cannot write name/: Is a directory", "-o", "name/")

    def test_words_that_are_no_name(self):
        for word, told in (("-", "'-': without -o results go to standard output"), ("", "a file")):
            with self.subTest(word):
                result = self.spread("map", "-o", word, "echo", ":::", "a")
                self.assertEqual(result.status, 255)
                self.assertIn(told, result.err)

    def test_the_input(self):
        self.file("in", "1\n")
        os.link(self.path("in"), self.path("also"))
        for subcommand in ("run", "map", "pipe"):
            with self.subTest(subcommand):
                self.refuse("-o also and -a in are one file", "-o", "also", "-a", "in", subcommand=subcommand)
                with open(self.path("in"), "rb") as stdin:
                    running = self.start(subcommand, "-o", "also", "cat", stdin=stdin)
                    self.assert_run(running.finish(), 255, "",
                                    "spread: -o also would overwrite the input, standard input: they are one file\n")
                self.assertEqual(self.read("in"), "1\n")

    def test_files_of_other_options(self):
        self.file("prep", "1\n")
        for subcommand, option in (("run", "--prep-file"), ("run", "--args-file"), ("run", "--slf"),
                                   ("run", "--partition"), ("map", "-a")):
            with self.subTest(option):
                self.refuse(f"-o ./prep and {option} prep are one file", "-o", "./prep", option, "prep",
                            subcommand=subcommand)
                self.assertEqual(self.read("prep"), "1\n")
        for option in ("--joblog", "--events", "--results"):
            with self.subTest(option):  # which are not there yet
                name = f"new{option}.csv"
                self.refuse(f"-o {name} and {option} ./{name} are one file", "-o", name, option, f"./{name}")

    def test_where_messages_go(self):
        with open(self.path("out"), "wb") as errors:
            result = self.spread("map", "-o", "out", "echo", ":::", "a", stderr=errors)
        self.assertEqual((result.status, result.out), (255, ""))
        self.assertIn("-o out is the file that standard error goes to", self.read("out"))


class Written(OutputFileTest):
    def small_disk(self):
        folder = self.path("disk")
        os.mkdir(folder)
        mount = shutil.which("mount")
        if os.getuid() != 0 or mount is None:
            self.skipTest("only root can mount a small disk")
        done = subprocess.run([mount, "-t", "tmpfs", "-o", "size=64k", "none", folder], capture_output=True)
        if done.returncode != 0:
            self.skipTest(f"a small disk cannot be mounted here: {done.stderr.decode().strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", folder], check=True)
        return folder

    LINES = "".join(f"{n:07}\n" for n in range(100000))

    def assert_a_beginning(self, name):
        with open(name, "rb") as file:
            written = file.read()
        self.assertTrue(written)
        self.assertTrue(self.LINES.encode().startswith(written))

    def test_a_full_disk_ends_the_run(self):
        name = os.path.join(self.small_disk(), "out")
        for words in (("run", "-j1", "--wire", "lines", "-o", name, "--", "cat"), ("pipe", "-o", name, "cat")):
            with self.subTest(words):
                result = self.spread(*words, input=self.LINES)
                self.assertEqual((result.status, result.out), (255, ""), result)
                self.assertEqual(result.err.count(f"spread: cannot write to {name}: No space left on device\n"), 1,
                                 result.err)
                self.assert_a_beginning(name)

    def test_a_limit_of_files_ends_the_run(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (300000, 300000))

        result = self.spread("run", "-j1", "--wire", "lines", "-o", "out", "--", "cat", input=self.LINES,
                             preexec_fn=limit)
        self.assertEqual(result.status, 255, result)
        self.assert_told(result, "spread: cannot write to out: File too large")
        self.assert_a_beginning(self.path("out"))

    def test_what_is_told_when_it_is_closed(self):
        self.close_fails(self.path("out"))
        for words in (("run", "-j1", "--", *PUPPET), ("map", "echo")):
            with self.subTest(words):
                status, out, result = self.to_file(*words, input="a\n")
                self.assertEqual((status, out), (255, b"a\n"))
                self.assertEqual(result.err, "spread: cannot write to out: Disk quota exceeded\n")

    def test_so_is_standard_output_where_it_is_a_file(self):
        self.close_fails(self.path("out"))
        with open(self.path("out"), "wb") as out:
            result = self.spread("map", "echo", ":::", "a", stdout=out)
        self.assertEqual((result.status, self.read("out")), (255, "a\n"))
        self.assertEqual(result.err, "spread: cannot write to standard output: Disk quota exceeded\n")

    def test_nowhere(self):
        self.assert_run(self.spread("map", "-o", "/dev/null", "echo", ":::", "a"), 0, "", "")

    def test_each_result_at_once(self):
        running = self.start("run", "-j1", "-o", "out", "--", *PUPPET)
        running.write("a\n")
        while not os.path.exists(self.path("out")) or self.read("out") != "a\n":
            pass
        running.close_input()
        self.assert_run(running.finish(), 0, "", "")


class Ended(OutputFileTest):
    """A run that does not come to its end."""

    def begin(self):
        """One job has ended; the next one runs."""
        post, gate = self.post(), self.gate()
        job = f"case {{}} in a) echo a; {tell(post)};; *) {tell(post)}; echo half of; {wait_at(gate)};; esac"
        running = self.start("map", "-j1", "-o", "out", job, ":::", "a", "b", "c", stdin=None)
        post.lines(2)
        while not self.read("out").startswith("a\n"):
            pass
        return running, gate

    def test_by_a_signal(self):
        running, gate = self.begin()
        running.signal(signal.SIGTERM)
        self.wait_for_line(running, "spread: waiting ")
        gate.open()
        result = running.finish()
        self.assertEqual((result.status, self.read("out")), (143, "a\nhalf of\n"), result)

    def test_by_kill(self):
        running, _ = self.begin()
        running.signal(signal.SIGKILL)
        running.finish()
        self.assertIn(self.read("out"), ("a\n", "a\nhalf of\n"))


class Screen(OutputFileTest):
    """Messages and the bar are as with a standard output that is a file."""

    def test_a_bar_where_standard_output_is_a_pipe(self):
        clock, gate, post = self.clock(), self.gate(), self.post()
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        self.environment["TERM"] = "xterm"
        running = self.start("map", "-j1", "-o", "out", f"{tell(post)}; {wait_at(gate)}", ":::", "a", "b",
                             stdin=None, stderr=slave)
        os.close(slave)
        post.line()
        clock.forward(3)
        gate.open()
        post.line()
        shown = b""
        while b"1/2" not in shown:
            shown += os.read(master, 4096)
        gate.open()
        self.assertEqual(running.process.wait(), 0)


if __name__ == "__main__":
    unittest.main()
