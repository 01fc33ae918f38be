"""Files and variables for jobs on other machines: --basefile, --transferfile, --return, --cleanup,
--env. The other machine is a real sshd; its files are below another directory."""

import os
import re
import shutil
import unittest

from map_testing import wait_at
from spread_testing import PYTHON
from sshd import SshTest


class FilesTest(SshTest):
    def setUp(self):
        super().setUp()
        os.mkdir(self.path("there"))

    def map(self, *words, **how):
        return self.spread("map", "-S", "1/h2", "--wd", self.path("there"), *words, **how)

    def there(self, name=""):
        return os.path.join(self.path("there"), name)

    def left_there(self):
        """What is below the other side's directory."""
        found = []
        for folder, folders, files in os.walk(self.path("there")):
            found += [os.path.relpath(os.path.join(folder, name), self.path("there"))
                      for name in folders + files]
        return sorted(found)

    def left_here(self):
        return sorted(name for name in os.listdir(self.folder)
                      if name not in ("sshd", "there", "state"))

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()


class Directory(FilesTest):
    def test_it_is_made_for_what_comes_back(self):
        wd = os.path.join(self.path("there"), "n w/{}")
        result = self.spread("map", "-S", "1/h2", "--wd", wd, "--return", "out.{}",
                             "echo {} >out.{}", ":::", "a", "b")
        self.assert_run(result, 0, "", "")
        self.assertEqual((self.read("out.a"), self.read("out.b")), (b"a\n", b"b\n"))

    def test_it_is_not_made_where_no_file_goes_or_comes(self):
        result = self.spread("map", "-S", "1/h2", "--wd", self.there("new"), "echo", ":::", "a")
        self.assertEqual(result.status, 1, result)
        self.assertEqual(self.left_there(), [])


class Transfer(FilesTest):
    def test_file_of_the_item_is_there_before_its_job(self):
        self.file("a b.txt", "one\n")
        self.file("c", "two\n")
        result = self.map("--transferfile", "{}", "cat", ":::", "a b.txt", "c")
        self.assert_run(result, 0, "one\ntwo\n", "")
        self.assertEqual(self.left_there(), ["a b.txt", "c"])

    def test_any_name_and_any_bytes_arrive(self):
        content = bytes(range(256)) * 5000
        for name in ("-n", "new\nline", "*", "$(id)", "é", "a'b", '"', "\\", "@x", "a:b"):
            self.file(name, content)
        names = "\0".join(sorted(self.left_here()))
        result = self.map("-0", "--transfer", "wc", "-c", "--", "{}", input=names)
        self.assertEqual(result.status, 0, result)
        self.assertEqual(result.out.count(f"{len(content)} "), 10, result)

    def test_mode_and_time_are_kept(self):
        os.chmod(self.file("tool", "#!/bin/sh\necho tool\n"), 0o750)
        os.utime(self.path("tool"), (1_600_000_000, 1_600_000_000))
        result = self.map("--transfer", "./{}; stat -c '%a %Y' {}", ":::", "tool")
        self.assert_run(result, 0, "tool\n750 1600000000\n", "")

    def test_folders_are_made_and_whole_folders_go(self):
        os.makedirs(self.path("in/deep"))
        self.file("in/deep/a", "a\n")
        self.file("in/b", "b\n")
        os.symlink("b", self.path("in/link"))
        result = self.map("--tf", "in", "cat {}", ":::", "in/deep/a", "in/b", "in/link")
        self.assert_run(result, 0, "a\nb\nb\n", "")

    def test_what_is_in_front_of_the_dot_is_cut_off(self):
        os.makedirs(self.path("in/deep"))
        self.file("in/deep/a", "a\n")
        result = self.map("--transferfile", "in/./deep/{}", "cat", "deep/{}", ":::", "a")
        self.assert_run(result, 0, "a\n", "")

    def test_file_that_is_not_here_fails_its_job(self):
        self.file("b", "b\n")
        result = self.map("--transfer", "cat", ":::", "a", "b")
        self.assertEqual((result.status, result.out), (1, "b\n"), result)
        self.assert_told(
            result,
            r"spread: 1 of 2 jobs failed \(job 1\): cannot bring \./a: No such file or directory: cat a",
        )

    def test_file_that_cannot_be_put_there_fails_its_job(self):
        self.file("a", "a\n")
        result = self.map("--wd", "/proc/none", "--transfer", "cat", ":::", "a")
        self.assertEqual(result.status, 1, result)
        self.assert_told(result, r"spread: (?:\d+ of \d+ jobs? failed(?: \(job 1\))?|job 1): cannot bring 'a': mkdir: .*/proc/none.*: cat a")

    def test_file_that_is_there_already_is_left_alone(self):
        # As on a file system that both machines share: it must never be written over itself.
        self.file("a", "same\n")
        before = os.stat(self.path("a"))
        result = self.map("--wd", ".", "--transfer", "--cleanup", "cat", ":::", "a")
        self.assert_run(result, 0, "same\n", "")
        after = os.stat(self.path("a"))
        self.assertEqual((before.st_ino, before.st_mtime_ns), (after.st_ino, after.st_mtime_ns))

    def test_newer_file_replaces_what_is_there(self):
        self.file("a", "new\n")
        with open(self.there("a"), "w", encoding="ascii") as file:
            file.write("old one\n")
        result = self.map("--transfer", "cat", ":::", "a")
        self.assert_run(result, 0, "new\n", "")

    def test_several_items_are_several_files(self):
        self.file("a", "a\n")
        self.file("b", "b\n")
        result = self.map("-n2", "--transfer", "cat", ":::", "a", "b")
        self.assert_run(result, 0, "a\nb\n", "")

    def test_here_nothing_is_moved(self):
        self.file("a", "a\n")
        result = self.spread("map", "--transfer", "cat", ":::", "a")
        self.assertEqual((result.status, result.out), (0, "a\n"), result)
        self.assert_told(result, r"spread: --basefile, .* are for jobs on other machines .*")


class Return(FilesTest):
    def test_file_comes_back(self):
        result = self.map("--return", "{}.out", "echo made {} >{}.out", ":::", "a", "b c")
        self.assert_run(result, 0, "", "")
        self.assertEqual((self.read("a.out"), self.read("b c.out")), (b"made a\n", b"made b c\n"))

    def test_folders_come_back_and_are_made(self):
        result = self.map("--return", "out/{}", "mkdir -p out/{}/x; echo 1 >out/{}/x/y", ":::", "a", "b")
        self.assert_run(result, 0, "", "")
        self.assertEqual((self.read("out/a/x/y"), self.read("out/b/x/y")), (b"1\n", b"1\n"))

    def test_any_bytes_come_back_beside_the_output(self):
        script = "seq 200000; head -c 3000000 /dev/zero | tr '\\0' '\\377' >{}; seq 5 >&2"
        result = self.map("--return", "{}", script, ":::", "a")
        self.assert_run(result, 0, "".join(f"{n}\n" for n in range(1, 200001)), "1\n2\n3\n4\n5\n")
        self.assertEqual(self.read("a"), b"\xff" * 3000000)

    def test_file_that_was_not_made_fails_the_job(self):
        result = self.map("--return", "{}.out", "true", ":::", "a")
        self.assertEqual(result.status, 1, result)
        self.assert_told(result, r"spread: (?:\d+ of \d+ jobs? failed(?: \(job 1\))?|job 1): cannot fetch 'a\.out': there is no a\.out: true a")
        self.assertEqual(self.left_here(), [])

    def test_of_a_job_that_failed_what_is_there_comes_back(self):
        result = self.map("--return", "log", "--return", "none", ": {}; echo why >log; exit 3", ":::", "a")
        self.assertEqual(result.status, 1, result)
        self.assert_told(result, r"spread: (?:\d+ of \d+ jobs? failed(?: \(job 1\))?|job 1): exit status 3: .*")
        self.assertEqual(self.read("log"), b"why\n")

    def test_file_takes_the_place_of_an_older_one_at_once(self):
        self.file("a", "old\n")
        held = os.open(self.path("a"), os.O_RDONLY)
        self.addCleanup(os.close, held)
        result = self.map("--return", "{}", "echo new >{}", ":::", "a")
        self.assert_run(result, 0, "", "")
        self.assertEqual((os.read(held, 100), self.read("a")), (b"old\n", b"new\n"))

    def test_cut_in_the_middle_leaves_the_old_file_and_nothing_half(self):
        self.file("a", "old\n")
        # 4 GiB that need no disk there; the connection is cut when the first of them are here.
        running = self.start("map", "-S", "1/h2", "--wd", self.path("there"), "--return", "{}",
                             "truncate -s 4G {}", ":::", "a")
        while not any(name.startswith(".spread-") and os.listdir(self.path(name))
                      for name in self.left_here()):
            self.assertIsNone(running.process.poll())
        self.sshd.stop("h2")
        self.sshd.cut("h2")
        result = running.finish()
        self.assertEqual(result.status, 1, result)
        self.assertEqual((self.left_here(), self.read("a")), (["a"], b"old\n"))

    def test_on_a_shared_file_system_the_result_stays(self):
        result = self.map("--wd", ".", "--return", "{}.out", "--cleanup", "echo made >{}.out", ":::", "a")
        self.assert_run(result, 0, "", "")
        self.assertEqual(self.read("a.out"), b"made\n")


class HostileHost(FilesTest):
    """The tar there sends another archive than it was asked for."""

    def fetch(self, *members, name="out"):
        """`members`: lines of Python that add to the archive `a`."""
        sender = self.file("sender.py", "import io, sys, tarfile\n"
                           "a = tarfile.open(fileobj=sys.stdout.buffer, mode='w|')\n"
                           "def add(name, text=b'x', mode=0o644, type=tarfile.REGTYPE, link=''):\n"
                           "    i = tarfile.TarInfo(name); i.mode, i.type, i.linkname = mode, type, link\n"
                           "    i.size = len(text) if type == tarfile.REGTYPE else 0\n"
                           "    a.addfile(i, io.BytesIO(text))\n" + "\n".join(members) + "\na.close()\n")
        os.makedirs(self.path("bin"), exist_ok=True)
        tar = self.file("bin/tar", f'#!/bin/sh\ncase $1 in -chf) exec {PYTHON} {sender};; esac\n'
                                   f'exec {shutil.which("tar")} "$@"\n')
        os.chmod(tar, 0o755)
        self.environment["PATH"] = self.path("bin") + ":" + self.environment["PATH"]
        return self.map("--env", "PATH", "--return", name, f"mkdir -p dir; echo y >{name}; : {{}}", ":::", "1")

    def refused(self, result, told):
        self.assertEqual(result.status, 1, result)
        self.assertRegex(result.err, told)
        self.assertEqual(self.left_here(), ["bin", "sender.py"])

    def test_an_honest_archive_is_taken(self):
        result = self.fetch("add('./out', b'sent')")
        self.assert_run(result, 0, "", "")
        self.assertEqual(self.read("out"), b"sent")

    def test_no_other_file_is_taken(self):
        for other in ("./.profile", ".ssh/authorized_keys", "out/../more", "outside"):
            self.refused(self.fetch(f"add('./out'); add({other!r})"), "which it was not asked for|tar: ")

    def test_no_file_above_is_taken(self):
        for other in ("../above", "/../../above", "./../above"):
            self.refused(self.fetch(f"add('./out'); add({other!r})"), "tar: |not asked for")

    def test_no_link_is_taken(self):
        link = f"add('./out', type=tarfile.SYMTYPE, link={self.path('aim')!r})"
        self.refused(self.fetch(link), "'out', which is no file and no folder")

    def test_nothing_goes_through_a_link(self):
        os.mkdir(self.path("aim"))
        link = f"add('./dir', type=tarfile.SYMTYPE, link={self.path('aim')!r}); add('./dir/out')"
        result = self.fetch(link, name="dir/out")
        self.assertEqual(result.status, 1, result)
        self.assertEqual(os.listdir(self.path("aim")), [])
        self.assertFalse(os.path.exists(self.path("dir")))

    def test_no_device_or_pipe_is_taken(self):
        self.refused(self.fetch("add('./out', type=tarfile.FIFOTYPE)"), "'out', which is no file and no folder")

    def test_set_user_id_is_not_taken_over(self):
        result = self.fetch("add('./out', mode=0o6755)")
        self.assert_run(result, 0, "", "")
        self.assertEqual(os.stat(self.path("out")).st_mode & 0o7777, 0o755)


class CleanUp(FilesTest):
    def test_all_that_was_moved_is_removed_there(self):
        os.mkdir(self.path("in"))
        self.file("in/a", "text\n")
        result = self.map("--trc", "out/{/}.up",
                          "mkdir -p out; tr a-z A-Z <{} >out/{/}.up", ":::", "in/a")
        self.assert_run(result, 0, "", "")
        self.assertEqual(self.read("out/a.up"), b"TEXT\n")
        self.assertEqual(self.left_there(), [])

    def test_what_was_there_before_stays(self):
        self.file("a", "mine\n")
        with open(self.there("a"), "w", encoding="ascii") as file:
            file.write("theirs\n")
        result = self.map("--transfer", "--cleanup", "cat", ":::", "a")
        self.assert_run(result, 0, "mine\n", "")
        self.assertEqual(self.left_there(), ["a"])

    def test_file_that_another_job_uses_stays_until_it_ends(self):
        self.file("common", "text\n")
        post, gate = self.post(), self.gate()
        script = (f"if [ {{}} = slow ]; then echo slow >{post.path}; head -c1 <{gate.path} >/dev/null; "
                  f"else echo quick >{post.path}; fi; cat common")
        running = self.start("map", "-S", "2/h2", "--wd", self.path("there"), "--transferfile", "common",
                             "--cleanup", "--unordered", script, ":::", "slow", "quick")
        post.lines(2)
        self.assertEqual(running.read_line(), "text\n")
        gate.open()
        result = running.finish()
        self.assert_run(result, 0, "text\n", "")
        self.assertEqual(self.left_there(), [])

    def test_after_a_failed_job_too(self):
        self.file("a", "")
        result = self.map("--transfer", "--cleanup", "false", ":::", "a")
        self.assertEqual(result.status, 1, result)
        self.assertEqual(self.left_there(), [])

    def test_after_a_job_whose_files_did_not_all_come(self):
        self.file("a", "")
        self.file("b", "")
        os.makedirs(self.there("b/kept"))  # no file can be put where that is
        result = self.map("--transfer", "--transferfile", "b", "--cleanup", "touch ran", ":::", "a")
        self.assert_failed(result, "cannot bring 'a', 'b': .*: touch ran a")
        self.assertEqual(self.left_there(), ["b", "b/kept"])

    def test_result_that_has_no_folder_here_stays_there(self):
        self.file("a", "")
        self.file("out", "")  # no folder can be made where that is
        result = self.map("--transfer", "--return", "out/./{}.up", "--cleanup", "echo 1 >{}.up", ":::", "a")
        self.assert_failed(result, r"cannot make \./out: Not a directory: .*")
        # What was brought has done its service.
        self.assertEqual(self.left_there(), ["a.up"])

    def test_result_that_cannot_be_put_into_place_is_kept_here(self):
        self.file("out", "")
        os.makedirs(self.path("in/b.up"))
        script = "mkdir out; echo 1 >out/{}; echo 2 >{}.up; echo 3 >{}.ok"
        names = ("out/{}", "in/./{}.up", "{}.ok")
        returned = [word for name in names for word in ("--return", name)]
        result = self.map(*returned, "--cleanup", script, ":::", "b")
        kept = r"(\./(?:in/)?\.spread-\w{6})"
        told = (rf"cannot put \./out into place: Not a directory; it is in {kept}; "
                rf"cannot put \./in/b\.up into place: Is a directory; it is in {kept}")
        self.assert_failed(result, f"{told}: .*")
        self.assertEqual(self.left_there(), [])
        base, other = re.search(told, result.err).groups()
        found = [self.read(name) for name in (f"{base}/out/b", f"{other}/b.up", "b.ok")]
        self.assertEqual(found, [b"1\n", b"2\n", b"3\n"])

    def test_result_of_a_failed_job_that_cannot_be_put_into_place_is_kept_and_told(self):
        self.file("out", "")
        result = self.map("--return", "out/{}", "--cleanup", "mkdir out; echo 1 >out/{}; exit 3", ":::", "b")
        told = r"cannot put \./out into place: Not a directory; it is in (\./\.spread-\w{6})"
        self.assert_failed(result, rf"exit status 3 \({told}\): .*")
        self.assertEqual(self.read(re.search(told, result.err)[1] + "/out/b"), b"1\n")

    def test_here_nothing_is_removed(self):
        for where in ((), ("-S", ":"), ("-S", "1/:,1/h2", "--wd", ".")):
            with self.subTest(where):
                self.file("a", "text\n")
                self.file("b", "text\n")
                result = self.spread("map", *where, "--bf", "a", "--trc", "{}.up", "cp {} {}.up", ":::", "a", "b")
                self.assertEqual((result.status, result.out), (0, ""), result)
                self.assertEqual(self.left_here(), ["a", "a.up", "b", "b.up"])

    def assert_failed(self, result, why):
        self.assertEqual((result.status, result.out), (1, ""), result)
        self.assert_only_told(result, f"spread: 1 of 1 job failed: {why}")


class BaseFile(FilesTest):
    def test_is_there_before_the_first_job_and_sent_once(self):
        self.file("table", "x" * 100000 + "\n")
        result = self.map("--basefile", "table", "wc -c <table; : {}", ":::", *range(5))
        self.assert_run(result, 0, "100001\n" * 5, "")
        self.assertEqual(self.left_there(), ["table"])

    def test_every_host_gets_it_and_every_slot_waits_for_it(self):
        self.file("table", "here\n")
        result = self.spread("map", "-S", "3/h2,2/h3", "--wd", self.path("there"), "--bf", "table",
                             "--cleanup", "cat table; : {}", ":::", *range(20))
        self.assert_run(result, 0, "here\n" * 20, "")
        self.assertEqual(self.left_there(), [])

    def test_that_is_not_here_is_told_before_anything_runs(self):
        result = self.map("--basefile", "none", "echo", ":::", "a")
        self.assert_run(result, 255, "", "spread: --basefile: ./none: No such file or directory\n")

    def test_that_cannot_be_put_there_costs_the_host_and_no_job(self):
        self.file("table", "here\n")
        result = self.map("--wd", "/proc/none", "--bf", "table", "echo", ":::", "a")
        self.assertEqual((result.status, result.out), (1, ""), result)
        self.assert_told(result, r"spread: worker 0 on h2 is given up: cannot bring 'table': .*", "spread: 1 job was not run: no worker is left")

    def test_that_is_still_on_its_way_at_the_end_is_removed_with_cleanup(self):
        # 50 GB of nothing: on its way for longer than the run has anything to do.
        with open(self.path("table"), "wb") as file:
            file.truncate(50 << 30)
        gate = self.gate()
        running = self.start(
            *("map", "-S", "1/:,1/h2", "--wd", self.path("there"), "--bf", "table", "--cleanup"),
            *("-j1", f"{wait_at(gate)}; echo {{}}", ":::", "a", "b"), stdin=None)
        while not os.path.exists(self.there("table")):
            pass
        gate.open(2)
        self.assert_run(running.finish(), 0, "a\nb\n", "")
        self.assertEqual(self.left_there(), [])

    def test_that_came_in_part_is_removed_with_cleanup(self):
        self.file("a", "here\n")
        self.file("b", "here\n")
        os.makedirs(self.there("b/kept"))  # no file can be put where that is
        result = self.map("--bf", "a", "--bf", "b", "--cleanup", "echo", ":::", "x")
        self.assertEqual((result.status, result.out), (1, ""), result)
        self.assertEqual(self.left_there(), ["b", "b/kept"])

    def test_for_the_filters_of_pipe(self):
        self.file("table", "h\n")
        result = self.spread("pipe", "-S", "1/h2", "--wd", self.path("there"), "--basefile", "table",
                             "--cleanup", "-N1", "cat table -", input="1\n2\n")
        self.assert_run(result, 0, "h\n1\nh\n2\n", "")
        self.assertEqual(self.left_there(), [])


class Environment(FilesTest):
    def test_variables_go_along(self):
        self.environment.update(ONE="a 'b'\n$c", TWO="2", THREE="3")
        result = self.map("--env", "ONE", "--env", "TWO", 'echo "{}$ONE,$TWO,$THREE"', ":::", "x")
        self.assert_run(result, 0, "xa 'b'\n$c,2,\n", "")

    def test_several_in_one_word(self):
        self.environment.update(ONE="1", TWO="2")
        result = self.map("--env", "ONE,TWO", 'echo "{}$ONE$TWO"', ":::", "x")
        self.assert_run(result, 0, "x12\n", "")

    def test_functions_of_bash_go_along(self):
        self.environment["BASH_FUNC_greet%%"] = '() {  echo "hello, $1"\n}'
        result = self.map("--env", "greet", "--shell-path", "/bin/bash", "-c", "greet {}", ":::", "a b")
        self.assert_run(result, 0, "hello, a b\n", "")

    def test_what_is_not_set_is_told(self):
        for command in (("map", "echo"), ("pipe", "cat"), ("run", "--", "cat"), ("all", "--", "true")):
            result = self.spread(command[0], "--env", "NO_SUCH", *command[1:])
            self.assertEqual(result.status, 255, result)
            self.assert_told(result, r"spread: --env: NO_SUCH is not in the environment; .*export NO_SUCH.*")

    def test_nonsense_is_told(self):
        result = self.map("--env", "A=b", "echo", ":::", "x")
        self.assertEqual(result.status, 255, result)
        self.assert_told(result, r"spread: --env: expected names of variables, not 'A=b'.*")

    def test_workers_get_them_too(self):
        self.environment.update(ONE="it's", **{"BASH_FUNC_greet%%": "() {  echo hello\n}"})
        result = self.spread("all", "-j1", "-S", "h2", "--env", "ONE,greet", "--",
                             "bash", "-c", 'greet; echo "$ONE"')
        self.assert_run(result, 0, "hello\nit's\n", "")


class Elsewhere(FilesTest):
    def test_ungrouped_output_comes_as_it_is(self):
        result = self.map("-u", "echo out {}; echo err {} >&2", ":::", "a", "b")
        self.assert_run(result, 0, "out a\nout b\n", "err a\nerr b\n")

    def test_results_are_kept_here(self):
        result = self.map("--results", self.path("results"), "echo out {}; echo err >&2", ":::", "a")
        self.assert_run(result, 0, "", "")
        self.assertEqual(self.read("results/1/stdout"), b"out a\n")
        self.assertEqual(self.read("results/1/stderr"), b"err\n")

    def test_item_on_standard_input_may_be_large(self):
        item = "x" * 300000
        result = self.map("--stdin", "wc", "-c", input=item + "\n")
        self.assert_run(result, 0, "300001\n", "")


if __name__ == "__main__":
    unittest.main()
