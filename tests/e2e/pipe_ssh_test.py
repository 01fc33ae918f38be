"""`spread pipe` on other machines: blocks of any bytes through one login per slot."""

import hashlib
import os
import random
import unittest

from sshd import SshTest


class Blocks(SshTest):
    def pipe(self, *words, **how):
        return self.spread("pipe", *words, **how)

    def logins(self):
        return self.sshd.log.count("Accepted publickey")

    def test_blocks_come_back_in_order_through_one_login_per_slot(self):
        lines = "".join(f"{n}\n" for n in range(200000))
        before = self.logins()
        result = self.pipe("-S", "2/h2,1/h3", "--block", "50k", "cat", input=lines)
        self.assert_run(result, 0, lines, "")
        self.assertLessEqual(self.logins() - before, 3)

    def test_any_bytes_arrive(self):
        seed = int(os.environ.get("SPREAD_SEED", random.randrange(2**32)))
        print(f"SPREAD_SEED={seed}")
        data = random.Random(seed).randbytes(3_000_000)
        result = self.pipe("-S", "2/h2", "--recend", "", "--block", "700k", "cat", input=data)
        self.assert_run(result, 0, data, "")

    def test_filter_that_reads_nothing_does_not_disturb_the_next_block(self):
        lines = "".join(f"{n}\n" for n in range(20000))
        result = self.pipe("-S", "1/h2", "--block", "40k", "head -n1", input=lines)
        self.assertEqual(result.status, 0, result)
        firsts = result.out.split()
        self.assertEqual((firsts[0], len(firsts)), ("0", -(-len(lines) // 40960)), result)

    def test_header_goes_in_front_of_every_block(self):
        result = self.pipe("-S", "1/h2", "--header", ":", "-N2", "cat", input="h\n1\n2\n3\n")
        self.assert_run(result, 0, "h\n1\n2\nh\n3\n", "")

    def test_block_of_a_command_that_fails_is_told(self):
        result = self.pipe("-S", "1/h2", "-N1", "grep -q 2", input="1\n2\n")
        self.assertEqual(result.status, 1, result)
        self.assert_told(result, r"spread: (?:\d+ of \d+ jobs? failed(?: \(job 1\))?|job 1): exit status 1: grep -q 2")

    def test_parts_of_a_file(self):
        data = "".join(f"{n}\n" for n in range(300000))
        result = self.pipe("-S", "2/h2", "--pipepart", "-a", self.file("data", data), "cat")
        self.assert_run(result, 0, data, "")

    def test_large_block_through_a_small_pipe(self):
        data = b"x" * 20_000_000 + b"\n"
        result = self.pipe("-S", "1/h2", "--block", "32M", "sha256sum", input=data)
        self.assert_run(result, 0, hashlib.sha256(data).hexdigest() + "  -\n", "")

    def test_round_robin_filters_are_the_login(self):
        lines = "".join(f"{n}\n" for n in range(50000))
        result = self.pipe("-S", "1/h2,1/h3", "--round-robin", "--wd", "/", "--block", "20k",
                           "pwd; sort -n", input=lines)
        self.assertEqual(result.status, 0, result)
        out = result.out.splitlines()
        # One that logs in when all blocks are given has nothing to do.
        self.assertIn(out.count("/"), (1, 2))
        self.assertEqual(sorted(line for line in out if line != "/"), sorted(lines.split()))

    def test_round_robin_feeds_only_filters_that_run(self):
        # A host that is down, and one whose login takes everything and says that all is well.
        thief = self.script("launch", """#!/bin/sh
            [ "$1" = thief ] && exec cat >/dev/null
            shift; exec "$@"
            """)
        lines = "".join(f"{n}\n" for n in range(5000))
        for hosts in (("-S", "1/down,1/h2"), ("--launch", f"{thief} {{host}}", "-S", "1/thief,1/h2")):
            with self.subTest(hosts):
                result = self.pipe(*hosts, "--round-robin", "--block", "4k", "sort -n",
                                   input=lines)
                self.assertEqual((result.status, result.out), (0, lines), result)

    def test_round_robin_login_may_be_talkative(self):
        talks = self.script("talks", "#!/bin/sh\necho welcome; echo to you >&2; shift; exec \"$@\"\n")
        for options in ((), ("-u",)):
            with self.subTest(options):
                result = self.pipe("--launch", f"{talks} {{host}}", "-S", "1/h2", "--round-robin", *options,
                                   "cat; echo e >&2", input="a\nb\n")
                self.assertEqual((result.status, result.out), (0, "a\nb\n"), result)
                self.assertEqual(sorted(result.err.split("\n")), ["", "e", "to you", "welcome"])

    def test_round_robin_filter_whose_login_is_lost_has_its_blocks_named(self):
        post, gate = self.post(), self.gate()
        script = f"cat >/dev/null; echo >>{post.path}; cat {gate.path}"
        running = self.start("pipe", "-S", "1/h2", "--round-robin", "-N1", script)
        running.write("a\nb\nc\n")
        running.close_input()
        post.line()
        self.sshd.cut("h2")
        result = running.finish()
        self.assertEqual((result.status, result.out), (1, ""), result)
        self.assert_told(result, "spread: filter 1: exit status 255; it had been given blocks 1-3")

    def test_round_robin_has_no_base_files(self):
        self.assert_run(self.pipe("-S", "1/h2", "--round-robin", "--bf", "x", "cat", input="a\n"), 255, "")

    def test_a_host_that_is_down_costs_nothing(self):
        lines = "".join(f"{n}\n" for n in range(5000))
        result = self.pipe("-S", "1/down,1/h2", "--block", "4k", "cat", input=lines)
        self.assertEqual((result.status, result.out), (0, lines), result)

    def test_block_of_a_login_that_is_lost_is_done_elsewhere(self):
        post, gate = self.post(), self.gate()
        script = f"read -r line; echo $line >>{post.path}; head -c1 <{gate.path} >/dev/null; echo $line"
        running = self.start("pipe", "-S", "1/h2,1/h3", "-N1", script)
        running.write("a\nb\n")
        running.close_input()
        post.lines(2)
        self.sshd.cut("h2")
        post.line()
        gate.open(3)
        result = running.finish()
        self.assertEqual((result.status, result.out), (0, "a\nb\n"), result)


if __name__ == "__main__":
    unittest.main()
