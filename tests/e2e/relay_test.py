"""`spread relay` below a master that speaks in frames: workers are started, ended and reached through
it, nothing of theirs is lost, mixed up or held up, and none is left behind."""

import os
import random
import signal
import subprocess
import unittest

import msgpack
from relay_master import BEGIN, RelayMaster, frame
from spread_testing import PYTHON, SpreadTest, peak_memory_kb

SEED = int(os.environ.get("SPREAD_SEED", random.SystemRandom().randrange(1 << 32)))
# Does not end by TERM, nor with its input.
STUBBORN = """import os, signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.write(1, b"ready\\n")
while True: signal.pause()
"""


class RelayTest(SpreadTest):
    def setUp(self):
        super().setUp()
        self.gate_here = self.gate()
        self.environment.update(SPREAD_FEATURES="ready,relay,beat", GATE=self.gate_here.path)

    def relay(self, *options, worker=("cat",), begins=True, wire="msgpack", **told):
        for name, value in told.items():
            self.environment["SPREAD_" + name.upper()] = str(value)
        self.environment["SPREAD_WIRE"] = wire
        self.running = self.start("relay", *options, "--", *worker)
        self.master = RelayMaster(self.running, wire)
        self.master.wait(lambda: self.master.hello is not None)
        if begins:
            self.master.begin()
        return self.master

    def shell(self, script, *options, **told):
        return self.relay(*options, worker=("sh", "-c", script), **told)

    def ends(self, status, err=""):
        """Everything has been said; `err`: a regular expression of the only line on stderr."""
        self.master.wait_for_end()
        result = self.running.finish()
        self.assertEqual(result.status, status, result)
        if err:
            self.assertRegex(result.err, rf"\A{err}\n\Z")
        else:
            self.assertEqual(result.err, "")

    def ends_well(self):
        self.master.close()
        self.ends(0)
        self.assertTrue(self.master.bye)

    def pidfd(self, k):
        return os.pidfd_open(self.master[k].ups[-1][0])

    def all_up(self, *ks):
        self.master.start(*ks)
        self.master.wait(lambda: all(self.master[k].ups for k in ks))


class Bytes(RelayTest):
    def test_bytes_of_sixteen_workers(self):
        print("SPREAD_SEED =", SEED)
        randomness = random.Random(SEED)
        master = self.relay("-j16")
        self.assertEqual(master.hello, {"wire": 1, "workers": 16, "prep": 0})
        master.start(*range(16))
        sent = {k: randomness.randbytes(randomness.randrange(1, 900_000)) for k in range(16)}
        left = dict(sent)
        while any(left.values()):
            for k, rest in left.items():
                left[k] = master.feed(k, rest)
            if any(left.values()):
                master.turn()
        for k in sent:
            master.send(k, "close")
        master.wait(lambda: all(master[k].downs for k in sent))
        for k, data in sent.items():
            self.assertEqual(master[k].out, data)
            self.assertEqual(master[k].downs, [(0, 0, "")])
            self.assertEqual(master[k].err, b"")
        self.ends_well()

    def test_stdout_stderr_and_status(self):
        master = self.shell("echo out; echo err >&2; exit 3")
        master.start(0)
        master.wait(lambda: master[0].downs)
        self.assertEqual((master[0].out, master[0].err, master[0].downs), (b"out\n", b"err\n", [(3, 0, "")]))
        self.assertEqual(master[0].words[0], "up")
        self.assertLess(master[0].words.index("end"), master[0].words.index("down"))
        pid, host = master[0].ups[0]
        self.assertEqual(host, "localhost")
        self.assertGreater(pid, 0)
        self.ends_well()

    def test_end_by_a_signal(self):
        master = self.shell("kill -USR1 $$")
        master.start(0)
        master.wait(lambda: master[0].downs)
        self.assertEqual(master[0].downs, [(0, signal.SIGUSR1, "")])
        self.ends_well()

    def test_a_worker_that_cannot_be_started(self):
        master = self.relay(worker=("/there/is/none",))
        for times in (1, 2):
            master.start(0)
            master.wait(lambda: len(master[0].downs) == times)
            code, number, why = master[0].downs[-1]
            self.assertEqual((code, number), (0, 0))
            self.assertRegex(why, "/there/is/none: No such file or directory")
        self.assertEqual(master[0].words, ["down"])
        self.ends_well()

    def test_a_worker_that_closes_its_stdin(self):
        master = self.shell('exec <&-; echo closed; read x <"$GATE"')
        master.start(0)
        master.wait(lambda: "deaf" in master[0].words and master[0].out)
        master.give(0, b"for none")
        self.gate_here.open(letter=b"\n")
        master.wait(lambda: master[0].downs)
        self.assertEqual(master[0].words.count("deaf"), 1)
        self.ends_well()

    def test_a_worker_that_closes_its_stdout(self):
        master = self.shell('exec >&-; read x <"$GATE"; cat >&2')
        master.start(0)
        master.wait(lambda: "end" in master[0].words)
        self.assertEqual(master[0].downs, [])
        self.gate_here.open(letter=b"\n")
        master.give(0, b"it reads on")
        master.send(0, "close")
        master.wait(lambda: master[0].downs)
        self.assertEqual((master[0].err, master[0].downs), (b"it reads on", [(0, 0, "")]))
        self.ends_well()


class Flow(RelayTest):
    def test_a_worker_that_does_not_read_holds_up_no_other(self):
        master = self.shell('[ $SPREAD_SLOT = 2 ] || read x <"$GATE"; exec cat', "-j2")
        self.all_up(0, 1)
        given, piece = bytearray(), bytes(range(256)) * 256
        rounds = 60
        for i in range(1, rounds + 1):
            before = master[0].given
            master.feed(0, piece)
            given += piece[: master[0].given - before]
            master.give(1, piece)
            master.wait(lambda i=i: len(master[1].out) == i * len(piece))
        # What the relay holds, and a pipe as large as it may be.
        self.assertLessEqual(master[0].given, (256 + 1024 + 64) * 1024)
        self.assertGreaterEqual(master[0].given, 256 * 1024)
        self.assertEqual(master[0].out, b"")
        self.gate_here.open(letter=b"\n")
        master.wait(lambda: master[0].out == given)
        self.ends_well()

    def test_took_comes_in_lumps(self):
        master = self.relay("-j1")
        self.all_up(0)
        for _ in range(100):
            master.give(0, b"small")
            before = len(master[0].out)
            master.wait(lambda before=before: len(master[0].out) > before)
        self.assertNotIn("took", master[0].words)
        rest = bytes(300 * 1024)
        while rest:
            rest = master.feed(0, rest)
            if rest:
                master.turn()
        self.assertIn("took", master[0].words)
        self.ends_well()

    def test_a_master_that_does_not_read_is_not_read_for(self):
        post = self.post()
        self.environment["POST"] = post.path
        master = self.shell('[ $SPREAD_SLOT = 2 ] || exec cat /dev/zero; while read x; do echo $x >"$POST"; done', "-j2")
        self.all_up(0, 1)
        master.reads = False
        for i in range(1500):
            master.give(1, b"%d\n" % i)
            while master._waiting:
                master.turn()
            self.assertEqual(post.line(), str(i))
        self.assertLess(peak_memory_kb(self.running.pid), 20_000)
        master.reads = True
        at = len(master[0].out)
        master.wait(lambda: len(master[0].out) > at + (8 << 20))
        master.send(0, "kill")
        master.wait(lambda: master[0].downs)
        self.assertEqual(master[0].out.strip(b"\0"), b"")
        self.ends_well()

    def test_a_master_that_asks_and_does_not_read_is_not_read_either(self):
        master = self.relay(worker=("/" + 4000 * "x",))
        master.send_bytes(frame(0, "start", {}) * 4000)
        master.reads = False
        while master._waiting:
            master.write_or_read()
        self.assertLess(peak_memory_kb(self.running.pid), 16_000)
        master.reads = True
        master.wait(lambda: len(master[0].downs) == 4000)
        self.ends_well()

    def test_what_the_master_does_not_want_is_not_read(self):
        master = self.shell("echo out; echo err >&2; exec cat")
        master.start(0)
        master.send(0, "read", False, True)
        master.wait(lambda: master[0].err == b"err\n")
        self.assertEqual(master[0].out, b"")
        master.send(0, "read", True, True)
        master.wait(lambda: master[0].out == b"out\n")
        self.ends_well()

    def test_what_was_not_wanted_comes_at_the_end(self):
        master = self.shell("echo out; echo err >&2; exec cat")
        master.start(0)
        master.send(0, "read", False, True)
        master.wait(lambda: master[0].err == b"err\n")
        self.ends_well()
        self.assertEqual(master[0].out, b"out\n")


class Openings(RelayTest):
    ITEMS = [b"\0\xff\xc6", {"a": list(range(100))}, os.urandom(3_000_000), None]

    def prepared(self, k, prep):
        self.master.give(k, b"task")
        self.master.wait(lambda: len(self.master[k].out) == len(prep) + 4)
        self.assertEqual(self.master[k].out, prep + b"task")

    def test_prep_items_reach_each_worker_and_early_tasks_none(self):
        items = b"".join(b"\xc6" + len(b).to_bytes(4, "big") + b for b in map(msgpack.packb, self.ITEMS))
        master = self.relay("-j3", begins=False, prep=len(self.ITEMS))
        self.assertEqual(master.hello["prep"], len(self.ITEMS))
        for at in range(0, 40):
            master.send_bytes(items[at : at + 1])
            master.wait(lambda: not master._waiting)
        master.send_bytes(items[40:])
        master.send_bytes(frame(7, "early") + frame(8, bytes(1_000_000)) + frame(None, "cancel", 7))
        master.begin()
        master.start(0, 1, 2)
        for k in range(3):
            self.prepared(k, items)
        master.send(1, "kill")
        master.wait(lambda: master[1].downs)
        master[1].out = b""
        master.start(1)
        self.prepared(1, items)
        self.ends_well()

    def test_json(self):
        items = b'{"model": "x"}\n"\xc3\xa9"\n'
        master = self.relay("-j2", begins=False, wire="json", prep=2)
        self.assertEqual(master.hello, b'[null,"hello",{"wire":1,"workers":2,"prep":2}]')
        master.send_bytes(items + b'[0,"early"]\n[1,2]\n' + BEGIN)
        master.start(0, 1)
        for k in range(2):
            self.prepared(k, items)
        self.ends_well()

    def test_what_a_worker_is_told(self):
        self.environment.update(SPREAD_BEAT="5", SPREAD_CHUNK="9")
        names = ("HOST", "SLOT", "WORKER", "WORKERS", "PREP", "WIRE", "GENERATION", "FEATURES", "BEAT", "CHUNK")
        script = "".join(f'echo "{name}=$SPREAD_{name}"; ' for name in names) + 'echo "$1"'
        master = self.relay("-j2", worker=("sh", "-c", script, "sh", "{worker}/{slot}"))
        for generation in ("0", "1"):
            master.start(1, SPREAD_WORKER="41", SPREAD_WORKERS="64", SPREAD_GENERATION=generation, SPREAD_FEATURES="ask")
            master.wait(lambda generation=generation: len(master[1].downs) == int(generation) + 1)
            self.assertEqual(
                master[1].out.decode().split(),
                ["HOST=localhost", "SLOT=2", "WORKER=41", "WORKERS=64", "PREP=0", "WIRE=msgpack",
                 f"GENERATION={generation}", "FEATURES=ask", "BEAT=", "CHUNK=", "41/2"])
            master[1].out = b""
        self.ends_well()

    def test_hosts_behind_it(self):
        master = self.relay("-S", "2/a,1/b", "--launch", "env VIA={host}", worker=("sh", "-c", "echo $VIA $SPREAD_HOST $SPREAD_WORKER"))
        self.assertEqual(master.hello["workers"], 3)
        for k, host in enumerate("aab"):
            master.start(k, SPREAD_WORKER=str(10 + k))
            master.wait(lambda k=k: master[k].downs)
            self.assertEqual(master[k].out.decode(), f"{host} {host} {10 + k}\n")
            self.assertEqual(master[k].ups[0][1], host)
        self.ends_well()

    def test_beats(self):
        master = self.relay(beat=0.02)
        self.assertEqual(master.hello["features"], ["beat"])
        master.wait(lambda: master.beats > 2)
        self.all_up(0)
        beats = master.beats
        master.wait(lambda: master.beats > beats + 2)
        self.ends_well()

    def test_it_says_why_it_does_not_begin(self):
        cases = [
            ({"SPREAD_WIRE": "lines"}, ["--", "cat"], "relay: SPREAD_WIRE is 'lines', and msgpack or json .*"),
            ({"SPREAD_PREP": "x"}, ["--", "cat"], "relay: SPREAD_PREP is 'x', and a number .*"),
            ({"SPREAD_BEAT": "0"}, ["--", "cat"], "relay: SPREAD_BEAT is '0', and a number of seconds .*"),
            ({}, ["--wire", "json", "--", "cat"], "relay: --wire json: its master speaks msgpack .*"),
            ({}, ["--wire", "lines", "--", "cat"], "--wire: .*"),
            ({}, ["--args-file", "-"], "--args-file -: .*name a file .*"),
            ({}, [], "no worker is named.*"),
        ]
        for variables, words, message in cases:
            with self.subTest(words=words, variables=variables):
                self.environment.update(SPREAD_FEATURES="relay", SPREAD_WIRE="msgpack", SPREAD_PREP="0", SPREAD_BEAT="")
                self.environment.update(variables)
                result = self.spread("relay", *words)
                self.assert_run(result, 255, "")
                self.assertRegex(result.err, rf"\Aspread: {message}\n\Z")


class Control(RelayTest):
    def test_term_kill_and_a_new_one(self):
        master = self.relay("-j2")
        self.all_up(0, 1)
        master.send(0, "term")
        master.send(1, "kill")
        master.wait(lambda: master[0].downs and master[1].downs)
        self.assertEqual(master[0].downs, [(0, signal.SIGTERM, "")])
        self.assertEqual(master[1].downs, [(0, signal.SIGKILL, "")])
        master.give(0, b"under way")  # when it ended
        master.start(0)
        master.give(0, b"hello")
        master.wait(lambda: master[0].out)
        self.assertEqual(master[0].out, b"hello")
        self.assertEqual(len(master[0].ups), 2)
        self.ends_well()

    def test_kill_follows_term(self):
        master = self.relay("--kill-grace", "0.05", worker=(PYTHON, self.file("stubborn.py", STUBBORN)))
        master.start(0)
        master.wait(lambda: master[0].out == b"ready\n")
        master.send(0, "term")
        master.wait(lambda: master[0].downs)
        self.assertEqual(master[0].downs, [(0, signal.SIGKILL, "")])
        self.ends_well()

    def test_stop_and_cont(self):
        master = self.relay()
        self.all_up(0)
        pid = master[0].ups[0][0]
        master.send(0, "stop")
        master.wait(lambda: not master._waiting)
        self.state_comes(pid, "T")
        master.give(0, b"after a rest")
        master.send(0, "cont")
        master.wait(lambda: master[0].out == b"after a rest")
        # One that is stopped goes on at the end of all input.
        master.send(0, "stop")
        master.wait(lambda: not master._waiting)
        self.state_comes(pid, "T")
        self.ends_well()
        self.assertEqual(master[0].downs, [(0, 0, "")])

    def state_comes(self, pid, state):
        while True:
            with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                if file.read().rpartition(") ")[2][0] == state:
                    return

    def test_nonsense(self):
        up = BEGIN + frame(0, "start", {})
        cases = [
            (b"print me\n", "the byte 70 begins no frame"),
            (BEGIN + b"x", "the byte 78 begins no frame"),
            (BEGIN + frame(0, "work"), "a frame 'work' is none of its words"),
            (BEGIN + frame(0, "up", 1, "h"), "a frame 'up' is none of its words"),
            (BEGIN + frame(None, "kill"), "a frame has no number of a worker"),
            (BEGIN + BEGIN, "it has begun already"),
            (BEGIN + frame(2, "kill"), "there is no worker 2, there are 2"),
            (BEGIN + frame(0, "start", {"A=B": "c"}), 'a frame "start" is not as it should be'),
            (BEGIN + b"\xc6\x7f\xff\xff\xff", "a frame of 2147483647 bytes is too long"),
            (up + frame(0, "start", {}), "worker 0 is up, and is to be started"),
            (up + frame(0, "stop") + frame(0, "in", bytes(65536)) * 40,
             r"worker 0 has not taken \d+ bytes, and at most 262144 may be under way"),
        ]
        for data, message in cases:
            with self.subTest(message=message):
                master = self.relay("-j2", begins=False)
                master.send_bytes(data)
                self.ends(255, "spread: relay: from its master: " + message)
                self.assertFalse(master.bye)
                for worker in master.workers.values():
                    if worker.ups:
                        self.assert_none_left(worker.ups[0][0])


class Ends(RelayTest):
    def stubborn(self, *options):
        master = self.relay("--kill-grace", "0.05", *options, worker=(PYTHON, self.file("stubborn.py", STUBBORN)))
        master.start(0)
        master.wait(lambda: master[0].out == b"ready\n")
        return self.pidfd(0)

    def test_end_of_stdin(self):
        master = self.shell("cat; echo tail; echo last >&2; exit 4", "-j2")
        self.all_up(0)
        master.give(0, b"x")
        self.ends_well()
        self.assertEqual((master[0].out, master[0].err, master[0].downs), (b"xtail\n", b"last\n", [(4, 0, "")]))

    def test_end_of_stdin_in_the_middle(self):
        master = self.relay()
        self.all_up(0)
        master.send_bytes(frame(0, "in", b"abc")[:-1])
        master.close()
        self.ends(255, "spread: relay: from its master: standard input has ended in the middle of a frame")

    def test_end_of_stdin_before_anything(self):
        self.relay(begins=False)
        self.ends_well()

    def test_shutdown_timeout(self):
        worker = self.stubborn("--shutdown-timeout", "0.05")
        self.ends_well()
        self.assertEqual(self.master[0].downs, [(0, signal.SIGKILL, "")])
        self.assert_gone(worker)

    def test_signals(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(number=number):
                worker = self.stubborn()
                self.running.signal(number)
                self.ends(128 + number)
                self.assert_gone(worker)

    def test_a_signal_while_the_master_does_not_read(self):
        master = self.relay(worker=("cat", "/dev/zero"))
        self.all_up(0)
        worker = self.pidfd(0)
        master.reads = False
        self.running.signal(signal.SIGTERM)
        self.running.process.wait()
        self.assertEqual(self.running.process.returncode, 128 + signal.SIGTERM)
        self.assert_gone(worker)

    def test_killed(self):
        worker = self.stubborn()
        self.running.signal(signal.SIGKILL)
        self.assert_gone(worker)

    def test_the_reader_of_stdout_goes(self):
        worker = self.stubborn()
        self.running.process.stdout.close()
        self.running.process.wait()
        self.assertEqual(self.running.process.returncode, 141)
        self.assertEqual(self.running.process.stderr.read(), b"")
        self.assert_gone(worker)


if __name__ == "__main__":
    unittest.main()
