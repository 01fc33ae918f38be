"""`spread pipe`: blocks of whole records for a command each, or for long-lived filters."""

import contextlib
import gzip
import os
import re
import signal
import subprocess
import unittest

from machine_code import forbid_machine_code
from map_testing import is_asleep, wait_at
from spread_testing import SPREAD, SpreadTest, peak_memory_kb

LINES = "".join(f"{n}\n" for n in range(100000))


class Blocks(SpreadTest):
    def pipe(self, *words, **how):
        return self.spread("pipe", *words, **how)

    def test_output_is_the_input_of_cat(self):
        for block in ("1", "1k", "10000", "1M"):
            with self.subTest(block):
                lines = LINES[:2000] if block == "1" else LINES
                self.assert_run(self.pipe("-j3", "--block", block, "cat", input=lines), 0, lines, "")

    def test_a_file_as_standard_input_has_the_blocks_of_a_pipe(self):
        name = self.file("in", LINES)
        show = ("-j2", "--block", "10000", "--header", "2", "cksum")
        with open(name, "rb") as file:
            self.assertEqual(self.pipe(*show, stdin=file).out, self.pipe(*show, input=LINES).out)

    def test_a_file_as_standard_input_is_read_from_where_it_stands_to_its_end(self):
        self.file("in", "a\nb\nc\n")
        script = '{ read -r first; "$0" pipe -j1 cat; cat; } <in'
        done = subprocess.run(["bash", "-c", script, SPREAD], capture_output=True, check=True,
                              cwd=self.folder, env=self.environment)
        self.assertEqual((done.stdout, done.stderr), (b"b\nc\n", b""))

    def test_dry_run_shows_the_command_of_each_block_and_starts_nothing(self):
        words = ("--dry-run", "-j2", "-N4", "--header", "1", "touch ran{#} {%}")
        self.assert_run(
            self.pipe(*words, input="head\n" + "".join(f"{n}\n" for n in range(9))), 0,
            "touch ran1 1  # block 1: 13 bytes\ntouch ran2 2  # block 2: 13 bytes\ntouch ran3 1  # block 3: 7 bytes\n")
        name = self.file("in", LINES[:100])
        parts = self.pipe("--dry-run", "-j1", "--pipepart", "--block", "-2", "-a", name, "-a", name, "cat")
        places = [(line.split("#")[0].strip(), *(int(n) for n in re.findall(r"(?:block|:|byte) (\d+)", line)))
                  for line in parts.out.splitlines()]
        sizes = [size for _, _, size, _ in places]
        self.assertEqual([place[:2] for place in places], [("cat", n + 1) for n in range(len(places))])
        self.assertEqual(sum(sizes), 200, parts)
        self.assertEqual([place[3] for place in places if place[3] == 0], [0, 0], parts)
        self.assertTrue(all(line.endswith(f"of {name}") for line in parts.out.splitlines()), parts)
        with open(name, "rb") as file:
            file.seek(10)
            self.assert_run(self.pipe("--dry-run", "cat", stdin=file), 0,
                            "cat  # block 1: 90 bytes, from byte 10 of standard input\n", "")
        self.assert_run(self.pipe("--dry-run", "cat"), 0, "", "")
        self.assertEqual(os.listdir(self.folder), ["in"])

    def test_dry_run_tells_what_a_run_would_tell_of_the_input(self):
        packed = self.pipe("--dry-run", "cat", input=gzip.compress(b"a\n"))
        self.assertEqual(packed.status, 0, packed)
        self.assertIn("gzip", packed.err)
        self.assert_run(self.pipe("--dry-run", "-a", "missing", "cat"), 255, "")
        self.assert_run(self.spread("map", "--pipe", "--dry-run", "cat", input="a\n"), 0, "cat  # block 1: 2 bytes\n", "")

    def test_dry_run_of_filters_reads_nothing(self):
        with open("/dev/zero", "rb") as endless:
            self.assert_run(self.pipe("--dry-run", "-j3", "--round-robin", "tr a b >{%}", stdin=endless), 0,
                            "tr a b >1\ntr a b >2\ntr a b >3\n")

    def test_a_file_that_says_it_is_empty_and_is_not(self):
        with open("/proc/self/mountinfo", "rb") as file:
            self.assertIn(" / ", self.pipe("-j1", "cat", stdin=file).out)

    def test_a_file_that_says_it_is_longer_than_it_is(self):
        name = "/sys/kernel/mm/transparent_hugepage/enabled"
        if not os.path.exists(name):
            name = "/sys/class/net/lo/address"
        with open(name, "rb") as file:
            result = self.pipe("-j1", "cat", stdin=file)
        with open(name, encoding="ascii") as file:
            self.assert_run(result, 0, file.read(), "")
        result = self.pipe("--pipepart", "-a", name, "cat")
        self.assert_run(result, 255, "", f"spread: --pipepart: {name} does not say how long it is, and cannot be "
                        "read by ranges\n")

    def test_two_that_share_an_output_file_write_behind_each_other(self):
        lines = "".join(f"{i}\n" for i in range(300000))
        name = self.file("in", lines)
        with open(self.path("out"), "wb") as out, open(name, "rb") as first, open(name, "rb") as second:
            both = [self.start("pipe", "-j2", "--block", "20k", "cat", stdin=file, stdout=out) for file in (first, second)]
            for one in both:
                self.assertEqual(one.process.wait(), 0)
        with open(self.path("out"), encoding="ascii") as out:
            self.assertEqual(sorted(out.read().split()), sorted(lines.split() * 2))

    def test_output_goes_to_the_end_of_a_file(self):
        for mode in ("wb", "ab"):
            with self.subTest(mode), open(self.path("out"), mode) as out:
                self.assert_run(self.pipe("-j3", "--block", "10000", "cat", input=LINES, stdout=out), 0, None, "")
        with open(self.path("out"), encoding="ascii") as out:
            self.assertEqual(out.read(), LINES * 2)

    def test_joblog_has_the_bytes_that_a_command_printed(self):
        log = self.path("log")
        result = self.pipe("-j1", "--joblog", log, "cat; echo xyz >&2", input="a\nb\n")
        self.assert_run(result, 0, "a\nb\n", "xyz\n")
        with open(log, encoding="ascii") as lines:
            self.assertEqual([line.split("\t")[5] for line in lines], ["Receive", "8"])

    def test_blocks_end_at_lines(self):
        result = self.pipe("-j1", "--block", "10", "tr '\\n' ' '; echo", input="aaaa\nbbb\ncccccc\nd\n")
        self.assert_run(result, 0, "aaaa bbb \ncccccc d \n", "")

    def test_packed_input_is_told(self):
        self.file("plain", LINES)
        packed = gzip.compress(LINES.encode())
        with open(self.path("a b.gz"), "wb") as file:
            file.write(packed)
        for options in ((), ("--round-robin",), ("--header", "1")):
            with self.subTest(options):
                result = self.pipe("-j1", *options, "cat >/dev/null", input=packed)
                told = (
                    "spread: standard input is gzip data, and is cut as it is, at newlines; "
                    "unpacked: zcat FILE | spread pipe ...\n"
                )
                self.assert_run(result, 0, "", told)
        told = (
            "spread: a b.gz is gzip data, and is cut as it is, at newlines; unpacked: "
            "zcat 'a b.gz' | spread pipe ...\n"
        )
        for words in (("-a", "plain", "-a", "a b.gz"), ("--pipepart", "-a", "a b.gz")):
            self.assert_run(self.pipe("-j1", *words, "cat >/dev/null"), 0, "", told)
        for start, name, tool in (
            (b"\x28\xb5\x2f\xfd", "zstd", "zstdcat"),
            (b"\xfd7zXZ\0", "xz", "xzcat"),
        ):
            result = self.pipe("cat >/dev/null", input=start + b"\n")
            self.assertRegex(result.err, f"is {name} data.*: {tool} FILE ")
        # A user who says what a record is knows what the input is.
        for words in (("--recend", ""), ("--recstart", "\x1f\x8b")):
            self.assert_run(self.pipe("-j1", *words, "cat >/dev/null", input=packed), 0, "", "")
        self.assert_run(self.pipe("cat", input=b"\x1f\x8b"), 0, b"\x1f\x8b", "")

    def test_records_of_other_kinds(self):
        text = ">a\n1\n2\n>b\n3\n>c\n"
        result = self.pipe("-j1", "-N", "1", "--recstart", ">", "--recend", "", "tr -d '\\n'; echo",
                           input=text)
        self.assert_run(result, 0, ">a12\n>b3\n>c\n", "")
        result = self.pipe("-j1", "-N", "2", "--recend", "\\0", "tr '\\0' ,; echo", input="a\0b\0c\0")
        self.assert_run(result, 0, "a,b,\nc,\n", "")

    def test_records_may_be_said_by_patterns(self):
        for words, text, shown in (
            (("--recend", r"\n\n+"), "a\n\nb\nc\n\n\nd\n", "<a\n\n><b\nc\n\n\n><d\n>"),
            (("--recstart", r"^>\w+"), ">ab\n1>2\n>c\n", "<>ab\n1>2\n><>c\n>"),
            (("--recend", r"\n", "--recstart", "[A-Z]"), "A1\nb\nC\n", "<A1\nb\n><C\n>"),
            (("--rrs", "--recend", "[;,]"), "a;b,c", "<a><b><c>"),
        ):
            for run in ("pipe",), ("map", "--pipe"):
                with self.subTest(words=words, run=run):
                    result = self.spread(*run, "-j1", "-N1", "--regexp", *words,
                                         "printf '<'; cat; printf '>'", input=text)
                    self.assert_run(result, 0, shown, "")

    def test_blocks_of_patterns_are_the_input(self):
        result = self.pipe("-j3", "--block", "1k", "--regexp", "--recend", r"(?<=7)\n|99\n", "cat",
                           input=LINES)
        self.assert_run(result, 0, LINES, "")
        result = self.pipe("-j1", "--block", "1k", "--regexp", "--recend", r"7\n",
                           "tail -n1 | grep -c '7$'", input=LINES[:LINES.index("\n9997\n") + 6])
        self.assertEqual((result.status, set(result.out)), (0, set("1\n")), result)

    def test_a_pattern_that_is_none_is_refused(self):
        told = r"spread: --recstart '\[a': missing terminating \] .*, at the end of the pattern"
        result = self.pipe("--regexp", "--recstart", "[a", "cat", input="a\n")
        self.assert_run(result, 255, "")
        self.assert_told(result, told)
        self.assertEqual(self.pipe("--recstart", "[a", "cat", input="a\n").out, "a\n")

    def test_a_record_without_an_answer_ends_the_input(self):
        text = "x\n" + 60 * "a" + "b\nc\n"
        for how in ((), ("--round-robin",)):
            for limit in (None, forbid_machine_code):
                with self.subTest(how=how, limit=limit):
                    result = self.pipe("-j1", "-N1", *how, "--regexp", "--recend", r"^x\n|(a+)+$", "cat",
                                       input=text, preexec_fn=limit)
                    self.assert_run(result, 1, "x\n")
                    self.assert_told(
                        result,
                        r"spread: stdin: the record that begins at byte 2: --recend '.*': no answer "
                        r"after \d+ steps; .*; no more input is read",
                    )

    def test_what_stands_between_records_may_be_left_out(self):
        result = self.pipe("-j1", "--rrs", "--recend", ";", "-N", "2", "cat; echo", input="a;b;c;")
        self.assert_run(result, 0, "ab\nc\n", "")
        self.assertEqual(self.pipe("-j1", "--remove-rec-sep", "--recend", ";", "-N", "2", "cat; echo",
                                   input="a;b;c;").out, "ab\nc\n")

    def test_records_of_several_lines(self):
        result = self.pipe("-j1", "-L", "2", "-N", "1", "tr '\\n' ' '; echo", input="1\n2\n3\n4\n5\n")
        self.assert_run(result, 0, "1 2 \n3 4 \n5 \n", "")
        self.assertEqual(self.pipe("-j1", "--max-lines", "2", "--max-replace-args", "1", "wc -l",
                                   input="1\n2\n").out, "2\n")

    def test_header_goes_in_front_of_every_block(self):
        result = self.pipe("-j2", "--header", ":", "-N", "2", "cat", input="H\n1\n2\n3\n")
        self.assert_run(result, 0, "H\n1\n2\nH\n3\n", "")
        result = self.pipe("-j2", "--header", "2", "-N", "2", "cat", input="H\nI\n1\n2\n3\n")
        self.assert_run(result, 0, "H\nI\n1\n2\nH\nI\n3\n", "")

    def test_empty_input_runs_nothing(self):
        self.assert_run(self.pipe("echo x", input=""), 0, "", "")

    def test_last_record_needs_no_end(self):
        self.assert_run(self.pipe("cat", input="a\nb"), 0, "a\nb", "")

    def test_record_longer_than_a_block_is_a_block(self):
        long = "x" * 300000 + "\n"
        self.assert_run(self.pipe("-j1", "--block", "1000", "wc -c", input=long + "y\n"), 0,
                        "300001\n2\n", "")

    def test_placeholders_are_the_number_and_the_slot(self):
        result = self.pipe("-j1", "-N", "1", "echo {#} {%} $(cat)", input="a\nb\n")
        self.assert_run(result, 0, "1 1 a\n2 1 b\n", "")

    def test_several_words_are_executed_without_a_shell(self):
        self.assert_run(self.pipe("-j1", "--", "tr", "a$", "bc", input="a$\n"), 0, "bc\n", "")

    def test_a_command_need_not_read_its_block(self):
        result = self.pipe("-j2", "--block", "100k", "head -n 1", input=LINES)
        self.assertEqual((result.status, result.out.splitlines()[0]), (0, "0"), result)

    def test_failures_are_counted_and_told(self):
        result = self.pipe("-j1", "-N", "1", "read x; exit $x", input="0\n3\n0\n4\n")
        self.assert_run(result, 2, "")
        self.assert_told(result, "spread: job 2: exit status 3: .*", "spread: job 4: exit status 4: .*",
                         "spread: 2 of 4 jobs failed")

    def test_blocks_without_a_match_are_one_line(self):
        result = self.pipe("-j2", "--block", "10k", "grep", "zzzz", input=LINES)
        self.assertRegex(result.err, r"\Aspread: (\d+) of \1 jobs failed: exit status 1: grep zzzz\n\Z")

    def test_a_failed_block_is_given_to_another_try(self):
        mark = self.path("mark")
        script = f"cat; test -e {mark} || {{ touch {mark}; exit 1; }}"
        self.assert_run(self.pipe("-j1", "--retries", "2", script, input="a\n"), 0, "a\n", "")

    def test_file_instead_of_standard_input(self):
        name = self.file("in", LINES)
        self.assert_run(self.pipe("-a", name, "cat", stdin=None), 0, LINES, "")
        self.assert_run(self.pipe("--arg-file", name, "cat", stdin=None), 0, LINES, "")

    def test_several_files_come_one_after_the_other(self):
        first, second = self.file("first", "a\nb"), self.file("second", "c\nd\n")
        empty = self.file("empty", "")
        result = self.pipe("-j2", "-N", "2", "-a", first, "-a", empty, "-a", second, "tr '\\n' ' '; echo",
                           stdin=None)
        self.assert_run(result, 0, "a b\nc d \n", "")

    def test_each_file_has_its_own_header(self):
        first, second = self.file("first", "H\n1\n2\n"), self.file("second", "I\n3\n4\n")
        for more in ((), ("--pipepart",)):
            with self.subTest(more):
                result = self.pipe("-j2", *more, "--header", ":", "--block", "2", "-a", first, "-a", second,
                                   "cat", stdin=None)
                self.assert_run(result, 0, "H\n1\nH\n2\nI\n3\nI\n4\n", "")

    def test_a_directory_as_standard_input_is_named_so(self):
        directory = os.open(self.path("."), os.O_RDONLY)
        self.addCleanup(os.close, directory)
        result = self.pipe("cat", stdin=directory)
        self.assert_run(result, 255, "", "spread: cannot read standard input: Is a directory\n")

    def test_standard_input_is_one_of_the_files_but_once(self):
        name = self.file("in", "a\n")
        self.assert_run(self.pipe("-a", name, "-a", "-", "cat", input="b\n"), 0, "a\nb\n", "")
        result = self.pipe("-a", "-", "-a", "-", "cat", input="b\n")
        self.assert_run(result, 255, "",
                        "spread: standard input (-) is named twice, and can be read only once "
                        "(try 'spread pipe --help')\n")

    def test_joblog_has_the_bytes_that_a_command_was_sent(self):
        name, log = self.file("in", "H\n1\n2\n345\n"), self.path("log")
        for more in ((), ("--pipepart",)):
            with self.subTest(more):
                result = self.pipe("-j1", *more, "--header", ":", "--block", "4", "-a", name, "--joblog", log,
                                   "cat >/dev/null", stdin=None)
                self.assert_run(result, 0, "", "")
                with open(log, encoding="ascii") as lines:
                    self.assertEqual([line.split("\t")[4] for line in lines], ["Send", "6", "6"])

    def test_map_with_pipe_is_pipe(self):
        result = self.spread("map", "--pipe", "-N", "1", "cat", input="a\nb\n")
        self.assert_run(result, 0, "a\nb\n", "")

    def test_stdout_and_stderr_of_blocks(self):
        for tag in (["--tag"], ["--tagstring", "{#}"]):
            with self.subTest(tag=tag):
                result = self.pipe("-j1", "-N", "1", *tag, "cat; echo e >&2", input="a\nb\n")
                self.assert_run(result, 0, "1\ta\n2\tb\n", "1\te\n2\te\n")
        result = self.pipe("-u", "--tag", "cat", input="a\n")
        self.assert_run(result, 255, "", "spread: -u and --tag exclude each other (try 'spread pipe --help')\n")

    def test_unfinished_record_of_two_blocks_and_an_endless_one(self):
        running = self.start("pipe", "-j1", "--block", "10", "cat")
        running.write("123456789\nabc")
        self.assertEqual(running.process.stdout.read(10), b"123456789\n")
        running.write("def\n")
        running.close_input()
        self.assert_run(running.finish(), 0, "abcdef\n", "")

    def test_memory_does_not_grow_with_the_input(self):
        running = self.start("pipe", "-j2", "--block", "100k", "cat >/dev/null; echo done")
        for _ in range(1000):
            running.write("x" * 99999 + "\n")
        self.assertLess(peak_memory_kb(running.pid), 40 * 1024)
        running.close_input()
        self.assert_run(running.finish(), 0, "done\n" * 1000, "")


class Parts(SpreadTest):
    def test_parts_of_a_file_are_the_file(self):
        name = self.file("in", LINES)
        for more in ((), ("--block", "1000"), ("--block", "-3"), ("--block", "100M")):
            with self.subTest(more):
                result = self.spread("pipe", "-j3", "--pipepart", *more, "-a", name, "cat", stdin=None)
                self.assert_run(result, 0, LINES, "")

    def test_header_goes_in_front_of_every_part(self):
        name = self.file("in", "H\n1\n2\n")
        result = self.spread("pipe", "-j1", "--pipepart", "--block", "2", "--header", ":", "-a", name,
                             "cat", stdin=None)
        self.assert_run(result, 0, "H\n1\nH\n2\n", "")

    def test_several_files_are_cut_each_for_itself(self):
        first, second = self.file("first", LINES), self.file("second", LINES[:3000])
        for block in ("-1", "-3", "10k"):
            with self.subTest(block):
                result = self.spread("pipe", "-j3", "--pipepart", "--block", block, "-a", first, "-a", second,
                                     "cat", stdin=None)
                self.assert_run(result, 0, LINES + LINES[:3000], "")

    def test_parts_are_shared_out_by_the_sizes_of_the_files(self):
        first, second = self.file("first", "1\n2\n3\n"), self.file("second", "4\n")
        result = self.spread("pipe", "-j4", "--pipepart", "--block", "-1", "-a", first, "-a", second,
                             "tr -d '\\n'; echo", stdin=None)
        self.assert_run(result, 0, "1\n2\n3\n4\n", "")

    def test_without_a_limit_of_slots_parts_are_counted_by_cpus(self):
        name = self.file("in", LINES)
        result = self.spread("pipe", "-j0", "--pipepart", "-a", name, "wc -l", stdin=None)
        self.assertEqual((result.status, result.err), (0, ""), result)
        self.assertEqual(len(result.out.split()), 10 * len(os.sched_getaffinity(0)))

    def test_a_file_that_says_it_is_empty_and_is_not_cannot_be_read_by_parts(self):
        result = self.spread("pipe", "--pipepart", "-a", "/proc/self/status", "cat", stdin=None)
        self.assert_run(result, 255, "", "spread: --pipepart: /proc/self/status does not say how long it is, "
                                         "and cannot be read by ranges\n")

    def test_what_has_no_size_cannot_be_read_by_parts(self):
        os.mkfifo(self.path("fifo"))
        holder = os.open(self.path("fifo"), os.O_RDWR)
        self.addCleanup(os.close, holder)
        result = self.spread("pipe", "--pipepart", "-a", self.path("fifo"), "cat", stdin=None)
        self.assertEqual(result.status, 255, result)
        self.assertRegex(result.err, "is no regular file, and cannot be read by ranges")


class Braces(SpreadTest):
    def pipe(self, *words, **how):
        return self.spread("pipe", *words, **how)

    def test_without_items_they_are_text(self):
        for command, out in (
            (("python3", "-c", "d={}; print(d, len(input()))"), "{} 1\n{} 1\n"),
            (("awk", "{print $1 \"{}\"}"), "a{}\nb{}\n"),
            (("xargs", "-I{}", "echo", "x{}y"), "xay\nxby\n"),
            (("read -r x; echo ${x}{.}{1}{/}",), "a{.}{1}{/}\nb{.}{1}{/}\n"),
            (("cat; echo '{#}{%}{}'",), "a\n11{}\nb\n21{}\n"),
        ):
            with self.subTest(command):
                result = self.pipe("-j1", "-N1", *command, input="a\nb\n")
                self.assert_run(result, 0, out, "")
        result = self.pipe("-j1", "--round-robin", "awk", "{print $1 \"{}\"}", input="a\nb\n")
        self.assert_run(result, 0, "a{}\nb{}\n", "")


class RoundRobin(SpreadTest):
    def test_every_record_is_given_to_one_filter_once(self):
        for name in ("--round-robin", "--rr", "--roundrobin"):
            result = self.spread("pipe", "-j3", name, "--block", "1000", "cat", input=LINES)
            self.assertEqual(result.status, 0, result)
            self.assertEqual(sorted(map(int, result.out.split())), list(range(100000)))

    def test_output_comes_filter_by_filter(self):
        result = self.spread("pipe", "-j3", "--round-robin", "-N", "10",
                             "while read -r x; do echo {%}; done", input=LINES[:20000])
        slots = result.out.split()
        self.assertEqual(slots, sorted(slots), result)

    def test_no_more_filters_than_blocks(self):
        result = self.spread("pipe", "-j5", "--round-robin", "wc -l", input="1\n2\n")
        self.assert_run(result, 0, "2\n", "")

    def test_filter_that_dies_ends_the_run_and_names_its_blocks(self):
        running = self.start("pipe", "-j1", "--round-robin", "-N", "1", "read x; exit 3")
        running.write("1\n2\n3\n")
        running.process.wait()  # its input is still open
        result = running.finish()
        self.assertEqual(result.status, 255, result)
        self.assertRegex(result.err, r"filter 1 ended before its input did \(exit status 3\); what it "
                                     r"was given is lost: blocks? 1")

    def test_filter_that_closes_its_input_is_waited_for_asleep(self):
        post, gate = self.post(), self.gate()
        running = self.start("pipe", "-j1", "--round-robin", "-N", "1",
                             f"read x; exec <&-; echo closed >{post.path}; head -c 1 <{gate.path} >&2; exit 4")
        running.write("1\n")
        post.line()
        while not is_asleep(running.pid):
            pass
        running.close_input()
        self.wait_for_end_of_input(running.pid)
        gate.open()
        self.assert_run(running.finish(), 1, "", ".\nspread: filter 1: exit status 4\n")

    def wait_for_end_of_input(self, pid):
        """Until spread has seen it, and closed the copy of its stdin that it reads."""
        folder = f"/proc/{pid}/fd"
        pipe = os.readlink(f"{folder}/0")
        copies = 2
        while copies > 1:
            copies = 0
            for fd in os.listdir(folder):
                with contextlib.suppress(FileNotFoundError):
                    copies += os.readlink(f"{folder}/{fd}") == pipe

    def test_block_that_a_filter_refused_is_named(self):
        post, gate = self.post(), self.gate()
        running = self.start("pipe", "-j1", "--round-robin", "-N", "1",
                             f"read x; exec <&-; echo closed >{post.path}; head -c 1 <{gate.path}")
        running.write("1\n")
        post.line()
        running.write("2\n")
        running.close_input()
        while not is_asleep(running.pid):
            pass
        gate.open()
        result = running.finish()
        self.assertEqual(result.status, 255, result)
        self.assertRegex(result.err, "what it was given is lost: blocks 1-2")

    def test_ungrouped_filters_print_straight_to_the_output(self):
        script = "test $(readlink /proc/$$/fd/1) = $(readlink /proc/$PPID/fd/1); echo $?"
        for option, told in (("-u", "0\n"), ("-k", "1\n")):
            result = self.spread("pipe", "-j1", "--round-robin", option, f"cat >/dev/null; {script}", input="a\n")
            self.assert_run(result, 0, told, "")

    def test_filters_that_were_ended_are_not_told_of(self):
        result = self.spread("pipe", "-j2", "--round-robin", "-N", "1",
                             "[ {%} = 2 ] || exit 3; cat", input=LINES)
        self.assertEqual(result.status, 255, result)
        self.assertNotIn("filter 2", result.err)

    def test_status_of_a_filter_counts(self):
        result = self.spread("pipe", "-j1", "--round-robin", "cat; exit 4", input="a\n")
        self.assert_run(result, 1, "a\n", "spread: filter 1: exit status 4\n")

    def with_a_full_spill(self, slots, *options, script="cat"):
        """Filter 1 reads nothing until what the others print cannot be held any more."""
        gate = self.gate(f"gate{slots}{''.join(options)}")
        with open(self.file("lines", LINES * 10)) as lines:
            running = self.start(
                "pipe", f"-j{slots}", "--round-robin", "--reorder-mem", "64K", "--spill-max", "1M",
                *(options if "--block" in options else ("--block", "100k", *options)), f"[ {{%}} != 1 ] || {wait_at(gate)}; {script}",
                stdin=lines)
        # With --lb output that is not read holds the filters back, mostly before the spill file is full.
        if "--lb" not in options:
            self.assertIn("has reached --spill-max", running.process.stderr.readline().decode())
        gate.open()
        return running.finish()

    def test_output_that_cannot_be_held_loses_nothing(self):
        for slots in (2, 5):
            for options in ((), ("--lb",), ("--unordered",)):
                with self.subTest((slots, options)):
                    result = self.with_a_full_spill(slots, *options)
                    self.assertEqual(result.status, 0, result)
                    self.assertIn(result.err.count("--spill-max"), (0, 1) if "--lb" in options else (0,))
                    self.assertTrue(sorted(result.out.splitlines()) == sorted((LINES * 10).splitlines()),
                                    len(result.out))

    def test_output_that_cannot_be_held_comes_by_slot(self):
        result = self.with_a_full_spill(3, script="sed s/.*/{%}/")
        slots = result.out.split()
        self.assertEqual((result.status, len(slots)), (0, 1000000))
        self.assertEqual(slots, sorted(slots))
        self.assertEqual(set(slots), set("123"))

    def test_filter_that_dies_while_its_output_cannot_be_held_ends_the_run(self):
        # A block of which its pipe cannot take all.
        result = self.with_a_full_spill(2, "--block", "2M",
                                        script="[ {%} != 2 ] || { head -c 5000000 /dev/zero; exit 3; }; cat")
        self.assertEqual(result.status, 255, result.err)
        self.assertRegex(result.err, r"filter 2 ended before its input did")

    def test_interrupt_ends_filters(self):
        post = self.post()
        running = self.start("pipe", "-j1", "--round-robin", "-N", "1",
                             f"echo $$ >{post.path}; cat")
        running.write("1\n")
        pid = os.pidfd_open(int(post.line()))
        running.signal(signal.SIGINT)
        running.signal(signal.SIGINT)
        self.assertEqual(running.finish().status, 130)
        self.assert_gone(pid)


if __name__ == "__main__":
    unittest.main()
