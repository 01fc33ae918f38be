"""A relay at the far end of a login: its workers are the run's, and nothing of it is left there."""

import os
import shlex
import signal
import unittest

from spread_testing import PUPPET, SPREAD, do, json_lines
from sshd import SshTest

IGNORE_TERM = ["ignore", int(signal.SIGTERM)]


class SshRelay(SshTest):
    def words(self, slots, *options, hosts="1/h2"):
        return ["run", "-S", hosts, "--in", "json", *options, "--", SPREAD, "relay", "-j", str(slots), "--", *PUPPET]

    def hanging(self, *options, slots=3):
        """Every worker computes for ever, deaf to TERM. The pidfds of them and of the relay."""
        post = self.post()
        running = self.start(*self.words(slots, "--kill-grace", "1", *options))
        running.write(json_lines([do(IGNORE_TERM, ["tell", post.path], ["hang"])] * slots))
        workers = [int(pid) for pid in post.lines(slots)]
        with open(f"/proc/{workers[0]}/stat", encoding="utf-8") as stat:
            relay = int(stat.read().rpartition(") ")[2].split()[1])
        return running, [os.pidfd_open(pid) for pid in (*workers, relay)]

    def assert_all_gone(self, pidfds):
        for pidfd in pidfds:
            self.assert_gone(pidfd)

    def test_one_login_for_all_of_a_host(self):
        result = self.spread(*self.words(8, "--out", "records", hosts="1/h2,1/h3"), input=json_lines(range(400)))
        self.assertEqual((result.status, [r["value"] for r in result.values]), (0, list(range(400))), result.err)
        self.assertEqual({r["host"] for r in result.values}, {"h2", "h3"})
        self.assertGreater(len({r["worker"] for r in result.values}), 2)
        self.assertEqual({host: len(sessions) for host, sessions in self.sshd.sessions.items()},
                         {"h2": 1, "h3": 1, "h4": 0})

    def test_kill_9_of_the_master(self):
        running, pidfds = self.hanging()
        running.signal(signal.SIGKILL)
        running.process.wait()
        self.assert_all_gone(pidfds)

    def test_a_connection_that_is_cut(self):
        """What was under way is computed again, unmarked, through the next connection; of the first nothing is left."""
        post, gate = self.post(), self.gate()
        running = self.start(*self.words(3, "--kill-grace", "1", "--crash-retries", "1", "--out", "records"))
        running.write(json_lines([do(IGNORE_TERM, ["tell", post.path], ["wait", gate.path], answer=i) for i in range(3)]))
        pidfds = [os.pidfd_open(int(pid)) for pid in post.lines(3)]
        self.sshd.cut("h2")
        self.assert_all_gone(pidfds)
        post.lines(3)
        gate.open(3)
        running.close_input()
        result = running.finish()
        self.assertEqual((result.status, [r["value"] for r in result.values]), (0, [0, 1, 2]), result)
        self.assertEqual({r["attempts"] for r in result.values}, {1})
        self.assertEqual(len(self.sshd.sessions["h2"]), 2)

    def test_hosts_behind_the_first_one(self):
        """A relay that logs in itself: a tree."""
        inner = [SPREAD, "relay", "--ssh", os.path.join(self.sshd.bin, "ssh"), "-S", "2/h3,1/h4", "--", *PUPPET]
        result = self.spread("run", "-S", "1/h2", "--in", "json", "--out", "records", "--", *inner,
                             input=json_lines(range(200)))
        self.assertEqual((result.status, [r["value"] for r in result.values]), (0, list(range(200))), result.err)
        self.assertEqual({r["host"] for r in result.values}, {"h3", "h4"})

    def test_prep_items_and_values_of_env(self):
        self.environment["WORD"] = "it's $HOME"
        words = ["run", "-S", "1/h2", "--env", "WORD", "--wire", "json", "--prep", "item", "--", SPREAD, "relay", "-j1",
                 "--", "sh", "-c", 'read -r item; read -r task; echo "[0,\\"ok\\",\\"$WORD $SPREAD_HOST\\"]"; cat']
        result = self.spread(*words, input="a\n")
        self.assertEqual((result.status, result.out), (0, "it's $HOME h2\n"), result)

    def test_a_host_where_there_is_no_spread(self):
        words = ["run", "-S", "1/h2,1/h3", "--start-retries", "1", "--in", "json", "--", "sh", "-c",
                 f'[ $SPREAD_HOST = h3 ] && exec no-such-spread relay -j2 -- cat; exec {shlex.join([SPREAD, "relay", "-j2", "--", *PUPPET])}']
        result = self.spread(*words, input=json_lines(range(50)))
        self.assertEqual((result.status, result.values), (0, list(range(50))), result)


if __name__ == "__main__":
    unittest.main()
