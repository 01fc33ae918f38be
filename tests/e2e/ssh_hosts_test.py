"""Workers on other hosts, through a real ssh and a real sshd: how they are named and reached, and
that everything which works here works there."""

import json
import os
import pwd
import unittest

from spread_testing import PUPPET, PYTHON, do, json_lines
from sshd import HOSTS, SshTest

HOME = pwd.getpwuid(os.getuid()).pw_dir

# Answers with all that it has been given; no SDK.
WITNESS = """\
import os, sys, msgpack
i, o = sys.stdin.buffer, sys.stdout.buffer
def read():
    h = i.read(5)
    return msgpack.unpackb(i.read(int.from_bytes(h[1:], "big"))) if h else None
prep = [read() for _ in range(int(os.environ["SPREAD_PREP"]))]
while task := read():
    seen = {name: os.environ.get("SPREAD_" + name) for name in ("HOST", "SLOT", "WORKERS")}
    seen["prep"] = [len(p) if isinstance(p, str) and len(p) > 99 else p for p in prep]
    seen["payload"] = task[1]
    seen["server"] = os.environ["SSH_CONNECTION"].split()[2]
    b = msgpack.packb([task[0], "ok", seen])
    o.write(b"\\xc6" + len(b).to_bytes(4, "big") + b)
    o.flush()
print("tail of", os.environ["SPREAD_HOST"])
"""


class Hosts(SshTest):
    def all(self, *options, command):
        return self.spread("all", *options, "--", *command)

    def served_by(self, *options):
        """The address on which each worker's sshd was reached."""
        show = ["sh", "-c", "echo $SPREAD_HOST ${SSH_CONNECTION-here}"]
        result = self.all(*options, command=show)
        self.assert_run(result, 0, None, "")
        words = [line.split() for line in result.out.splitlines()]
        return [(line[0], line[3] if len(line) > 3 else line[1]) for line in words]

    # ------------------------------------------------------------ how a host is named and reached

    def test_plain_host_list(self):
        self.assertEqual(
            self.served_by("-j1", "-S", "h2,h3"), [("h2", "127.0.0.2"), ("h3", "127.0.0.3")]
        )

    def test_count_before_a_host_is_its_slots(self):
        self.assertEqual(
            self.served_by("-j1", "-S", "2/h2,h3"),
            [("h2", "127.0.0.2"), ("h2", "127.0.0.2"), ("h3", "127.0.0.3")],
        )

    def test_another_command_that_logs_in(self):
        hop = self.script("hop", '#!/bin/sh\necho hop >>hops\nexec ssh "$@"\n')
        for command in ("ssh -o LogLevel=ERROR", hop, f"{hop} -4"):
            with self.subTest(command):
                words = ["printf", "%s|", "a  b", "$HOME", "it's"]
                result = self.all("--ssh", command, "-S", "h2", command=words)
                self.assert_run(result, 0, "a  b|$HOME|it's|", "")
                result = self.spread("map", "-j1", "--ssh", command, "-S", "h3", "echo", ":::", "a  b")
                self.assert_run(result, 0, "a  b\n", "")
        with open(self.path("hops"), encoding="ascii") as hops:
            self.assertEqual(hops.read(), "hop\n" * 4)
        result = self.all("--ssh", "ssh", "--launch", "srun", "-S", "h2", command=["true"])
        self.assert_run(result, 255, "")
        self.assert_only_told(result, r"spread: --ssh and --launch exclude each other .*")

    def test_colon_is_this_machine_without_ssh(self):
        self.assertEqual(
            self.served_by("-j1", "-S", ":,h2"), [("localhost", "here"), ("h2", "127.0.0.2")]
        )
        self.assertEqual([len(s) for s in self.sshd.sessions.values()], [1, 0, 0])

    def test_only_the_hosts_named_are_used(self):
        self.assertEqual(self.served_by("-j1", "-S", "h3"), [("h3", "127.0.0.3")])

    def test_ssh_command_of_an_entry(self):
        self.environment["PATH"] = os.environ["PATH"]
        command = f"1/ssh -F {self.sshd.config} h2"
        self.assertEqual(self.served_by("-S", command), [("h2", "127.0.0.2")])

    def test_sshloginfile(self):
        self.environment["PATH"] = os.environ["PATH"]
        lines = f"# our hosts\n\n2/ssh -F {self.sshd.config} h2\nssh -F {self.sshd.config} h4\n:\n"
        self.assertEqual(
            self.served_by("-j1", "--slf", self.file("hosts", lines)),
            [
                ("h2", "127.0.0.2"),
                ("h2", "127.0.0.2"),
                ("h4", "127.0.0.4"),
                ("localhost", "here"),
            ],
        )

    def test_launch_template_with_ssh(self):
        self.environment["PATH"] = os.environ["PATH"]
        launch = f"ssh -F {self.sshd.config} {{host}}"
        self.assertEqual(
            self.served_by("-j1", "--launch", launch, "-S", "h2,h4"),
            [("h2", "127.0.0.2"), ("h4", "127.0.0.4")],
        )

    def test_whole_argument_list_with_ssh(self):
        self.environment["PATH"] = os.environ["PATH"]
        one = f"ssh -F {self.sshd.config} h2 echo '$SSH_CONNECTION'"
        two = json.dumps(["ssh", "-F", self.sshd.config, "h3", "echo $SSH_CONNECTION"])
        result = self.spread("all", "--worker", one, "--worker", two)
        self.assert_run(result, 0, None, "")
        servers = [line.split()[2] for line in result.out.splitlines()]
        self.assertEqual(servers, ["127.0.0.2", "127.0.0.3"])

    # ------------------------------------------------------------ slots

    def test_default_is_one_slot_for_each_cpu_that_may_be_used_there(self):
        usable = sorted(os.sched_getaffinity(0))
        self.sshd.cpus["h2"] = str(usable[-1])
        served = self.served_by("-S", "h2")
        self.assertEqual(served, [("h2", "127.0.0.2")])

    def test_percent_is_of_the_cpus_that_may_be_used_there(self):
        self.sshd.cpus["h2"] = str(min(os.sched_getaffinity(0)))
        self.assertEqual(len(self.served_by("-j", "300%", "-S", "h2")), 3)

    def test_default_of_a_host_without_limits_is_as_here(self):
        here = self.all("--dry-run", command=["true"]).out.splitlines()
        there = self.served_by("-S", "h3")
        self.assertEqual(len(there), len(here))

    def test_workers_count_the_slots_of_all_hosts(self):
        result = self.all(
            *("-j1", "-S", "2/h2,h3"), command=["sh", "-c", "echo $SPREAD_WORKER/$SPREAD_WORKERS"]
        )
        self.assert_run(result, 0, "0/3\n1/3\n2/3\n", "")

    def test_hosts_shows_what_would_be_used_and_check_tries_it(self):
        self.sshd.cpus["h3"] = str(min(os.sched_getaffinity(0)))
        hosts = ("-S", "3/h2,h3,1/down")
        for options, h2, down, status in (
            ((), "not asked", "not asked", 0),
            (("--check",), r"answers, \d+ CPUs?", r"does not answer: .*Connection refused", 1),
        ):
            with self.subTest(options):
                result = self.spread("hosts", *options, *hosts)
                self.assertEqual((result.status, result.err), (status, ""), result)
                title, *lines = result.out.splitlines()
                self.assertEqual(title.split()[:3], ["host", "slots", "state"])
                self.assertRegex(lines[0], rf"^h2 +3 +{h2}$")
                self.assertRegex(lines[1], r"^h3 +1 +answers, 1 CPUs?$")
                self.assertRegex(lines[2], rf"^down +1 +{down}$")

    # ------------------------------------------------------------ words and directories

    def test_every_character_of_a_word_arrives(self):
        words = [bytes([code]) for code in range(1, 256)]
        words += [b"", b"two words", b"'", b'"', b"'\\''", b"$HOME", b"`id`", b"$(id)", b"!x", b"~"]
        words += [b"*", b"a\nb\n", b"\n", b"\\n", b"%s%%", b"-n", b"a=b", b"#x", b"{a,b}", b";&|<>"]
        words += ["Ə ü 漢".encode(), b"{host}x", b"{slot}", b"{other}"]
        code = "import os,sys; print([os.fsencode(w) for w in sys.argv[1:]])"
        expected = [w.replace(b"{host}", b"h2").replace(b"{slot}", b"1") for w in words]
        command = [PYTHON, "-c", code, *map(os.fsdecode, words)]
        result = self.all("-j1", "-S", "h2", command=command)
        self.assert_run(result, 0, f"{expected}\n", "")

    def test_newlines_in_the_program_itself(self):
        result = self.all("-j1", "-S", "h2", command=["sh", "-c", "echo a\necho '$b' \\\\ c"])
        self.assert_run(result, 0, "a\n$b \\ c\n", "")

    def test_working_directory_is_the_home_there(self):
        result = self.all("-j1", "-S", "h2", command=["pwd", "-P"])
        self.assert_run(result, 0, os.path.realpath(HOME) + "\n", "")

    def test_wd_is_where_workers_run(self):
        folder = self.path("a dir; with 'quotes'")
        os.mkdir(folder)
        result = self.all("-j1", "-S", "h2,:", "--wd", folder, command=["pwd", "-P"])
        self.assert_run(result, 0, f"{os.path.realpath(folder)}\n" * 2, "")

    def test_wd_dot_is_the_same_path_there(self):
        result = self.all("-j1", "-S", "h2", "--wd", ".", command=["pwd", "-P"])
        self.assert_run(result, 0, os.path.realpath(self.folder) + "\n", "")

    def test_relative_program_is_found_with_wd_dot(self):
        self.script("here", "#!/bin/sh\necho found\n")
        result = self.all("-j1", "-S", "h2", "--wd", ".", command=["./here"])
        self.assert_run(result, 0, "found\n", "")

    def test_relative_program_that_is_not_there_gets_a_hint(self):
        self.script("here", "#!/bin/sh\necho found\n")
        result = self.spread("run", "-S", "1/h2", "--start-retries", "1", "--", "./here", input="a")
        self.assert_run(result, 1, "\n")
        self.assert_told(result, r"spread: ./here on h2 .*exit status 127.*--wd \. looks in .*")

    def test_directory_that_is_not_there_gets_a_hint(self):
        result = self.spread(
            *("run", "-S", "1/h2", "--start-retries", "1", "--wd", "/no/where", "--", "true"),
            input="a\n",
        )
        self.assert_run(result, 1, "\n")
        self.assert_told(result, r"spread: true on h2 .*--wd /no/where: no such.* h2\?\).*")

    # ------------------------------------------------------------ tasks

    def test_tasks_go_to_all_hosts_and_results_come_in_order(self):
        # No worker answers before both have a task.
        post, gate = self.post(), self.gate()
        show = f"echo $SPREAD_HOST ${{SSH_CONNECTION}} > {post.path}"
        first = do(["child", "sh", "-c", show], ["wait", gate.path])
        running = self.start("run", "-S", "1/h2,1/h3", "--in", "json", "--", *PUPPET)
        running.write(json_lines([first, first, *range(2, 100)]))
        seen = sorted(line.split() for line in post.lines(2))
        gate.open(2)
        self.assert_run(running.finish(), 0, list(range(100)), "")
        self.assertEqual([(s[0], s[3]) for s in seen], [(h, HOSTS[h]) for h in ("h2", "h3")])

    def test_prep_items_environment_and_tails(self):
        worker = self.script("witness.py", WITNESS)
        options = ["-S", "1/h2", "--prep", "it's", "--prep-json", '{"a": [1, null]}']
        options += ["--prep-file", self.file("big", "x" * 1000000 + "\n")]
        result = self.spread(
            "run", *options, "--", PYTHON, worker, "{prep}", input="one\nÄ\n", stderr=None
        )
        seen = [
            {
                **{"HOST": "h2", "SLOT": "1", "WORKERS": "1"},
                **{"prep": ["it's", {"a": [1, None]}, 1000000]},
                **{"payload": payload, "server": "127.0.0.2"},
            }
            for payload in ("one", "Ä")
        ]
        self.assertEqual(result.status, 0, result)
        *results, tail = result.out.splitlines()
        self.assertEqual([json.loads(line) for line in results], seen)
        self.assertEqual(tail, "tail of h2")

    def test_tails_of_all_hosts_by_worker_number(self):
        worker = self.script("witness.py", WITNESS)
        options = ("-S", "1/h2,1/h3,1/h4", "--start-all", "--unordered")
        result = self.spread("run", *options, "--", PYTHON, worker, input="x\n" * 9)
        self.assertEqual(result.status, 0, result)
        tails = [f"tail of {host}" for host in ("h2", "h3", "h4")]
        self.assertEqual(result.out.splitlines()[9:], tails)

    def test_window_hides_the_way_there(self):
        # The first is answered only after the second has come: it was on its way already.
        tasks = [do(["hold"]), do(["release"]), 2]
        result = self.puppet(tasks, "-S", "1/h2", "--window", "2")
        self.assert_run(result, 0, ["held", 1, 2], "")

    def test_big_payloads_both_ways(self):
        text = "ü" * 3000000
        result = self.puppet([text, 1, text], "-S", "1/h2")
        self.assertEqual(result.status, 0, result.err)
        self.assertTrue(result.values == [text, 1, text])

    def test_stderr_of_a_worker_there_comes_here(self):
        result = self.puppet([do(["stderr", "hello from afar"])], "-S", "1/h2")
        self.assert_run(result, 0, [0], "hello from afar\n")


if __name__ == "__main__":
    unittest.main()
