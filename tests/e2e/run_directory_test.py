"""Run directories: run --dir, status, retrieve, clean (docs/run-directories.md)."""

import json
import os
import signal
import stat
import subprocess
import unittest

from directory_testing import DirectoryTest
from spread_testing import PUPPET, PYTHON, SQUARE, do, json_lines


class Kept(DirectoryTest):
    def test_results_spec_and_journal(self):
        result = self.square(input="1\n2\n3\n")
        self.assertEqual((result.status, result.out), (0, ""), result)
        self.assertRegex(result.err, "^spread: journal .*/d/journal: synced once a second, .*\n$")
        self.assertEqual(self.inside("out"), "1\n4\n9\n")
        spec = self.spec()
        self.assertEqual(spec["words"], ["run", "--dir", self.dir, "--in", "json", "--", *SQUARE])
        self.assertEqual(os.path.realpath(spec["directory"]), os.path.realpath(self.folder))
        self.assertEqual([(i["name"], i["copied"], i["size"]) for i in spec["input"]], [("-", True, 6)])
        self.assertEqual(self.inside("input"), "1\n2\n3\n")
        self.assertEqual(self.status(), "finished: 3 of 3 tasks (100 %)")
        got = self.spread("retrieve", self.dir)
        self.assertEqual((got.status, got.out, got.err), (0, "1\n4\n9\n", ""), got)

    def test_what_is_said_is_on_stderr_and_in_the_log_to_the_last_word(self):
        result = self.spread("run", "--dir", self.dir, "--read-ahead", "1", "--halt", "now,fail=1", "--in", "json", "-j1", "--",
                             *PUPPET, input=json_lines([do(["answer", "error", {"message": "no"}])] * 99))
        self.assertIn("the rest of the input was not read", result.err)
        self.assertEqual(result.err, self.inside("log"))

    def test_is_the_users_alone(self):
        old = os.umask(0)
        self.addCleanup(os.umask, old)
        self.square(input="1\n")
        self.assertEqual(stat.S_IMODE(os.stat(self.dir).st_mode), 0o700)
        names = os.listdir(self.dir)
        for name in ("spec.json", "journal", "out", "pid", "input"):
            self.assertIn(name, names)
            self.assertEqual(stat.S_IMODE(os.stat(os.path.join(self.dir, name)).st_mode), 0o600, name)

    def test_tails_have_files_of_their_own(self):
        worker = self.file("w.py", "import sys\nfor line in sys.stdin:\n    print(line.strip(), flush=True)\nprint('the end')\n")
        result = self.spread("run", "--dir", self.dir, "--wire", "lines", "-j1", "--", PYTHON, worker, input="a\n")
        self.assertEqual(result.status, 0, result)
        self.assertEqual((self.inside("out"), self.inside("tails/0")), ("a\n", "the end\n"))

    def test_files_by_path_and_digest(self):
        tasks = self.file("tasks", "5\n6\n")
        self.assertEqual(self.square("-a", "tasks", "--dry-run").status, 0)
        kept = self.spec()["input"][0]
        self.assertEqual((kept["name"], kept["copied"], kept["size"]), ("tasks", False, 4))
        self.assertEqual(os.path.realpath(kept["path"]), os.path.realpath(tasks))
        self.assertRegex(kept["digest"], "^[0-9a-f]{16}$")
        self.file("tasks", "5\n6\n7\n")
        result = self.spread("run", "--dir", self.dir)
        self.assertEqual(result.status, 0, result)
        self.assertIn("has changed since", result.err)
        self.assertEqual(self.inside("out"), "25\n36\n49\n")

    def test_a_file_on_standard_input_is_read_from_where_it_stood(self):
        with open(self.file("tasks", "1\n2\n3\n"), "rb", buffering=0) as file:
            file.seek(2)
            first = self.square("--dry-run", stdin=file)
        self.assertEqual(first.status, 0, first)
        self.assertEqual([(i["copied"], i["offset"]) for i in self.spec()["input"]], [(False, 2)])
        self.assertEqual(self.spread("run", "--dir", self.dir).status, 0)
        self.assertEqual(self.inside("out"), "4\n9\n")

    def test_named_pipes_are_copied(self):
        os.mkfifo(self.path("fifo"))
        writer = subprocess.Popen(["sh", "-c", "printf '7\\n8\\n' >fifo"], cwd=self.folder)
        self.addCleanup(writer.wait)
        result = self.square("-a", "fifo")
        self.assertEqual((result.status, self.inside("out")), (0, "49\n64\n"), result)
        self.assertEqual(self.inside("input"), "7\n8\n")

    def test_pipe_and_gang(self):
        result = self.spread("pipe", "--dir", self.dir, "-k", "-N1", "tr a-z A-Z", input="a\nb\n")
        self.assertEqual((result.status, self.inside("out")), (0, "A\nB\n"), result)
        self.dir = self.path("g")
        worker = self.file("w.py", """import json, sys
for line in sys.stdin:
    id, payload, meta = json.loads(line)[:3]
    print(json.dumps([id, "ok", [payload, meta["rank"]]]), flush=True)
""")
        words = ["gang", "--dir", self.dir, "-n2", "-j2", "--wire", "json", "--in", "json", "--", PYTHON, worker]
        result = self.spread(*words, input="4\n")
        self.assertEqual((result.status, json.loads(self.inside("out"))), (0, [[4, 0], [4, 1]]), result)


class GoesOn(DirectoryTest):
    def test_what_a_dry_run_has_prepared(self):
        shown = self.square("--dry-run", input="2\n")
        self.assertEqual(shown.status, 0, shown)
        self.assertIn("square.py", shown.out)
        self.assertEqual(self.status(), "prepared")
        # From elsewhere, and although its input has gone.
        result = self.spread("run", "--dir", self.dir)
        self.assertEqual((result.status, result.out), (0, ""), result)
        self.assertEqual(self.inside("out"), "4\n")

    def test_blocks_that_a_dry_run_has_prepared(self):
        shown = self.spread("pipe", "--dir", self.dir, "--dry-run", "-j1", "-N1", "tr a-z A-Z", input="a\nb\n")
        self.assertEqual((shown.status, shown.out), (0, "tr a-z A-Z  # block 1: 2 bytes\ntr a-z A-Z  # block 2: 2 bytes\n"), shown)
        self.assertEqual(self.status(), "prepared")
        result = self.spread("run", "--dir", self.dir)
        self.assertEqual((result.status, self.inside("out")), (0, "A\nB\n"), result)

    def test_what_was_killed(self):
        words = self.gated("a", "b", "c")
        run = self.start(*words)
        self.assertEqual(self.post_.line(), "a")
        self.let()
        self.assertEqual(self.post_.line(), "b")
        self.wait_for_status(r"^running: 1 of 3 tasks \(33 %\)")
        self.kill(run)
        self.assertRegex(self.status(), r"^gone: 1 of 3 tasks \(33 %\); pid \d+ on .*, last record")
        self.refused("retrieve", self.dir, because="is gone")
        self.let(2)
        result = self.spread("run", "--dir", self.dir)
        self.assertEqual((result.status, result.out), (0, ""), result)
        self.assertEqual(self.post_.lines(2), ["b", "c"])
        self.assertTrue(self.post_.is_empty())
        self.assertEqual(self.inside("out"), "done a\ndone b\ndone c\n")
        self.assertEqual(self.state(), "finished")

    def test_a_file_that_has_changed_by_content(self):
        self.file("tasks", "a\nb\nc\n")
        words = self.gated()
        run = self.start(*words[:1], "-a", "tasks", *words[1:-1])
        self.let()
        self.assertEqual(self.post_.lines(2), ["a", "b"])
        self.wait_for_status("^running: 1 of 3")
        self.kill(run)
        self.file("tasks", "x\na\nc\n")
        changed = self.spread("run", "--dir", self.dir)
        self.assertEqual(changed.status, 255, changed)
        self.assertIn("has changed since", changed.err)
        self.assertIn("(--resume=content keeps what has not changed)", changed.err)
        self.let(2)
        result = self.spread("run", "--dir", self.dir, "--resume=content")
        self.assertEqual(result.status, 0, result)
        self.assertEqual((self.post_.lines(2), self.inside("out")), (["x", "c"], "done x\ndone a\ndone c\n"))

    def test_a_dry_run_says_what_would_become_of_it(self):
        self.square("--dry-run", input="1\n2\n")
        names = sorted(os.listdir(self.dir))
        shown = self.spread("run", "--dir", self.dir, "--dry-run")
        self.assertEqual(shown.status, 0, shown)
        self.assertEqual(shown.out.splitlines()[-1], "0 kept, 2 to run")
        self.assertEqual((sorted(os.listdir(self.dir)), self.status()), (names, "prepared"))
        run = self.start("run", "--dir", self.dir)
        self.assertEqual(run.process.wait(), 0)
        self.refused("run", "--dir", self.dir, "--dry-run", because="has finished")
        self.refused("run", "--dir", self.dir, "--dry-run", "--detach", because="exclude each other")
        self.dir = self.path("m")
        self.assertEqual(self.spread("map", "--dir", self.dir, "test {} != b", ":::", "a", "b").status, 1)
        before = {name: self.inside(name) for name in ("log", "out", "pid")}
        shown = self.spread("run", "--dir", self.dir, "--dry-run", "--resume-failed")
        self.assertEqual((shown.status, shown.out.splitlines()[-1]), (0, "1 kept, 1 to run"), shown)
        self.assertEqual({name: self.inside(name) for name in before}, before)

    def test_failed_tasks_only_when_asked(self):
        gate = self.path("there")
        result = self.spread("map", "--dir", self.dir, "-k", f"test {{}} != b || test -e {gate} && echo {{}}", ":::", "a", "b")
        self.assertEqual(result.status, 1, result)
        self.assertEqual(self.status(), "failed: 2 of 2 tasks (100 %), 1 failed; status 1")
        got = self.spread("retrieve", self.dir)
        self.assertEqual((got.status, got.out), (1, "a\n"), got)
        self.refused("run", "--dir", self.dir, because="--resume-failed")
        self.file("there", "")
        again = self.spread("run", "--dir", self.dir, "--resume-failed")
        self.assertEqual((again.status, self.inside("out")), (0, "a\nb\n"), again)

    def test_what_never_began_leaves_nothing(self):
        result = self.spread("run", "--dir", self.dir, "--", self.path("no-such-worker"), input="1\n")
        self.assertEqual(result.status, 255, result)
        if os.path.exists(self.dir):  # it was begun, and is told so
            self.assertEqual(self.state(), "failed")


class Cleaned(DirectoryTest):
    def test_what_is_the_runs(self):
        self.square(input="1\n")
        result = self.spread("clean", self.dir)
        self.assertEqual((result.status, result.out, result.err), (0, "", ""), result)
        self.assertFalse(os.path.exists(self.dir))

    def test_nothing_else(self):
        self.square(input="1\n")
        with open(os.path.join(self.dir, "thesis.tex"), "w") as file:
            file.write("dear")
        self.refused("clean", self.dir, because="thesis.tex")
        self.assertEqual(self.inside("thesis.tex"), "dear")
        os.remove(os.path.join(self.dir, "thesis.tex"))
        self.assertEqual(self.spread("clean", self.dir).status, 0)
        self.assertFalse(os.path.exists(self.dir))

    def test_by_any_of_its_names(self):
        os.mkdir(self.path("x"))
        for name, where in ((".", "d"), ("./", "d"), ("./d//", "."), ("d/./.", "."), ("../d", "x"), ("d/../d/.", ".")):
            with self.subTest(name):
                self.square(input="1\n")
                result = self.spread("clean", name, cwd=self.path(where))
                self.assertEqual((result.status, result.err), (0, ""), result)
                self.assertFalse(os.path.exists(self.dir))

    def test_not_what_others_have_put_among_the_tails(self):
        worker = self.file("w.py", "import sys\nfor line in sys.stdin:\n    print(line.strip(), flush=True)\nprint('the end')\n")
        self.spread("run", "--dir", self.dir, "--wire", "lines", "-j1", "--", PYTHON, worker, input="a\n")
        self.file("d/tails/notes.txt", "dear")
        self.refused("clean", self.dir, because="tails")
        self.assertEqual(self.inside("tails/notes.txt"), "dear")
        self.assertEqual(sorted(os.listdir(self.dir)), ["pid", "spec.json", "tails"])
        os.remove(self.path("d/tails/notes.txt"))
        self.assertEqual(self.spread("clean", self.dir).status, 0)
        self.assertFalse(os.path.exists(self.dir))

    def test_what_was_prepared_and_what_another_has_open(self):
        self.square("--dry-run", input="1\n")
        self.assertEqual(self.spread("clean", self.dir).status, 0)
        self.assertFalse(os.path.exists(self.dir))
        self.square(input="1\n")
        with open(self.dir + "/out") as reader, open(self.dir + "/journal") as follower:
            self.assertEqual(self.spread("clean", self.dir).status, 0)
            self.assertEqual(reader.read(), "1\n")
            self.assertTrue(follower.fileno() > 0)
        self.assertFalse(os.path.exists(self.dir))

    def test_silly_renames_of_nfs_are_waited_for(self):
        self.square(input="1\n")
        silly = os.path.join(self.dir, ".nfs000000000000abcd00000001")
        open(silly, "w").close()
        cleans = self.start("clean", self.dir)
        while os.path.exists(os.path.join(self.dir, "spec.json")):
            pass
        os.remove(silly)
        ended = cleans.finish()
        self.assertEqual((ended.status, ended.err), (0, ""), ended)
        self.assertFalse(os.path.exists(self.dir))

    def test_silly_renames_that_stay_are_told(self):
        self.square(input="1\n")
        open(os.path.join(self.dir, ".nfs000000000000abcd00000001"), "w").close()
        self.refused("clean", self.dir, because="still has one of its files open")


class Refused(DirectoryTest):
    def test_a_directory_that_is_not_a_runs(self):
        os.mkdir(self.dir)
        for call in ("status", "retrieve", "attach", "stop", "clean"):
            self.refused(call, self.dir, because="no spec.json")
            self.refused(call, self.path("missing"), because="missing")
            self.refused(call, self.file("f", ""), because="no directory")
        self.refused("run", "--dir", self.dir, because="no spec.json")
        self.assertEqual(os.listdir(self.dir), [])
        with open(os.path.join(self.dir, "spec.json"), "w") as file:
            file.write("{}")
        self.refused("clean", self.dir, because="no spec of a run")
        self.assertEqual(os.listdir(self.dir), ["spec.json"])

    def test_a_directory_of_another_user(self):
        self.square(input="1\n")
        os.chmod(self.folder, 0o755)

        def as_another():
            os.setgroups([]), os.setgid(65534), os.setuid(65534)

        how = {"preexec_fn": as_another} if os.getuid() == 0 else {}
        os.chmod(self.dir, 0o700 if how else 0)
        self.addCleanup(os.chmod, self.dir, 0o700)
        for call in ("status", "retrieve", "clean"):
            self.refused(call, self.dir, because="spec.json: Permission denied", **how)

    def test_a_directory_that_is_taken(self):
        self.square(input="1\n")
        self.refused("map", "--dir", self.dir, "echo", ":::", "x", because="is a run's already")
        other = self.path("other")
        os.mkdir(other)
        self.file("other/x", "")
        self.refused("map", "--dir", other, "echo", ":::", "x", because="not empty")
        self.assertEqual(os.listdir(other), ["x"])

    def test_in_the_wrong_order(self):
        self.square("--dry-run", input="1\n")
        for call in ("retrieve", "attach", "stop"):
            self.refused(call, self.dir, because="has not been started")
        self.spread("run", "--dir", self.dir)
        self.refused("stop", self.dir, because="has finished")
        self.refused("run", "--dir", self.dir, because="has finished")

    def test_options_that_a_directory_has_itself(self):
        for option in (["--journal", "j"], ["-o", "f"], ["--resume"]):
            self.refused("run", "--dir", self.dir, *option, "--", *SQUARE, because=option[0])
        self.refused("map", "--dir", self.dir, "-u", "echo", because="-u")
        self.refused("run", "--detach", "--dry-run", "--", *SQUARE, because="--dry-run")
        self.refused("status", because="expected one run directory")
        self.refused("status", "a", "b", because="expected one run directory")
        self.assertFalse(os.path.exists(self.dir))

    def test_a_spec_whose_words_are_no_run(self):
        self.square("--dry-run", input="1\n")
        spec = self.spec()
        for words in (["--help"], ["run", "--dir", "d"], ["map", "echo"], ["hosts"]):
            spec["words"] = words
            with open(os.path.join(self.dir, "spec.json"), "w") as file:
                json.dump(spec, file)
            self.refused("run", "--dir", self.dir, because="spec.json")


if __name__ == "__main__":
    unittest.main()
