"""`spread relay` below a master that knows no relays: to it the relay is one worker that computes n
tasks at the same time. Whatever becomes of the workers below, each task has one answer."""

import os
import random
import select
import signal
import unittest

from spread_testing import PUPPET, PYTHON, SpreadTest, do, peak_memory_kb
from task_master import TaskMaster

SEED = int(os.environ.get("SPREAD_SEED", random.SystemRandom().randrange(1 << 32)))
LARGEST = 2**63 - 1
# Tells its pid, and logs for ever.
LOUD = """
import os, sys, msgpack
def frame(*message):
    body = msgpack.packb(message)
    return b"\\xc6" + len(body).to_bytes(4, "big") + body
size = int.from_bytes(os.read(0, 5)[1:], "big")
task, payload = msgpack.unpackb(os.read(0, size))
with open(payload["do"][0][1], "a") as post: post.write(f"{os.getpid()}\\n")
while True: sys.stdout.buffer.write(frame(task, "log", "x" * 10_000))
"""


class RelayWorkerTest(SpreadTest):
    def setUp(self):
        super().setUp()
        self.at = self.gate()
        self.told = self.post()

    def relay(self, *options, worker=PUPPET, wire="msgpack", prep=(), hello=True, **told):
        self.environment.update(SPREAD_WIRE=wire, SPREAD_PREP=str(len(prep)), SPREAD_FEATURES="ready,bye,ask,meta")
        self.environment["SPREAD_BEAT"] = ""
        for name, value in told.items():
            self.environment["SPREAD_" + name.upper()] = str(value)
        self.running = self.start("relay", *options, "--", *worker)
        self.master = TaskMaster(self.running, wire)
        for item in prep:
            self.master.item(item)
        if hello:
            self.master.wait(lambda: self.master.hello is not None)
        return self.master

    def ends(self, status=0, err=""):
        """It has said all; `err`: a regular expression of all of stderr."""
        self.master.wait_for_end()
        result = self.running.finish()
        self.assertEqual(result.status, status, result)
        self.assertRegex(result.err, rf"\A{err}\Z")
        return result

    def ends_well(self, err=""):
        self.master.close()
        self.ends(0, err)
        self.assertTrue(self.master.bye)

    def busy_worker(self, task=0):
        """Has the task, and waits at the gate; a pidfd of it."""
        self.master.send(task, do(["tell", self.told.path], ["wait", self.at.path]))
        return os.pidfd_open(int(self.said_while_running()))

    def said_while_running(self):
        while self.told.is_empty():
            if self.master.unsent:
                self.master.turn()
        return self.told.line()


class Answers(RelayWorkerTest):
    def test_hello(self):
        for wire in ("msgpack", "json"):
            with self.subTest(wire=wire):
                master = self.relay("-j3", "--wire", "msgpack", wire=wire, beat="2.5")
                self.assertEqual(
                    master.hello,
                    {"wire": 1, "slots": 3, "window": 1024, "prep": 0, "features": ["cancel", "beat"]},
                )
                self.ends_well()
        master = self.relay("-j20")
        self.assertEqual(master.hello, {"wire": 1, "slots": 20, "window": 1280, "prep": 0, "features": ["cancel"]})
        self.ends_well()

    def test_many_in_both_wires(self):
        for wire in ("msgpack", "json"):
            with self.subTest(wire=wire):
                master = self.relay("-j4", "--wire", "msgpack", wire=wire)
                payloads = [None, True, -1, 2.0, 2**64 - 1, "text \u00e9", [1, [2]], {"a": {"b": [3]}}] * 500
                for i, payload in enumerate(payloads):
                    master.send(i, payload)
                master.wait(lambda: len(master.answers) == len(payloads))
                self.assertEqual([master.answers[i] for i in range(len(payloads))], [["ok", p] for p in payloads])
                self.ends_well()

    def test_json_workers_below_either(self):
        worker = 'import json, sys\nfor line in sys.stdin:\n i, x = json.loads(line)\n print(json.dumps([i, "ok", [x]]), flush=True)'
        for wire in ("msgpack", "json"):
            with self.subTest(wire=wire):
                master = self.relay("-j2", "--wire", "json", worker=(PYTHON, "-c", worker), wire=wire)
                master.send(4, {"x": 2.5})
                self.assertEqual(master.wait_for(4), [["ok", [{"x": 2.5}]]])
                self.ends_well()

    def test_random_payloads_of_any_size(self):
        print("SPREAD_SEED =", SEED)
        randomness = random.Random(SEED)
        master = self.relay("-j3")
        sizes = [randomness.choice((0, 1, 100, 16_000, 65_530, 65_536, 70_000, 1_000_000)) for _ in range(60)]
        payloads = {i: randomness.randbytes(size) for i, size in enumerate(sizes)}
        for i, payload in payloads.items():
            master.send(i, payload)
        master.wait(lambda: len(master.answers) == len(payloads))
        for i, payload in payloads.items():
            self.assertEqual(master.answers[i], ["ok", payload])
        self.ends_well()

    def test_ids_are_the_masters(self):
        master = self.relay("-j2")
        for i in (LARGEST, 0, 7, 2**52, 3):
            master.send(i, i)
        master.wait_for(LARGEST, 0, 7, 2**52, 3)
        self.assertEqual({i: a[1] for i, a in master.answers.items()}, {i: i for i in master.order})
        # Answered, they may come again.
        master.answers.clear()
        master.send(7, "again")
        self.assertEqual(master.wait_for(7), [["ok", "again"]])
        self.ends_well()

    def test_answers_come_as_soon_as_they_are_there(self):
        master = self.relay("-j2")
        self.busy_worker(1)
        master.send(2, "second")
        self.assertEqual(master.wait_for(2), [["ok", "second"]])
        self.at.open()
        master.wait_for(1)
        self.ends_well()

    def test_what_was_printed_and_each_kind(self):
        master = self.relay("-j1")
        error = {"type": "T", "message": "m", "trace": "a\nb"}
        master.send(1, do(["answer", "ok", 5, "out\n", "err\n"]))
        master.send(2, do(["answer", "error", error, None, "e"]))
        master.send(3, do(["answer", "fatal", error, "o"]))
        master.send(4, do(["answer", "error", "bare"]))
        master.send(5, "the relay goes on")
        self.assertEqual(
            master.wait_for(1, 2, 3, 4, 5),
            [
                ["ok", 5, "out\n", "err\n"],
                ["error", error, None, "e"],
                ["fatal", error, "o", None],
                ["error", "bare"],
                ["ok", "the relay goes on"],
            ],
        )
        self.ends_well()

    def test_prep_items_are_given_to_each(self):
        for wire in ("msgpack", "json"):
            with self.subTest(wire=wire):
                items = [{"do": [["tell", self.told.path, "prepared"]]}, "x" * 200_000]
                master = self.relay("-j2", "--start-all", "--wire", "msgpack", wire=wire, prep=items)
                self.assertEqual(master.hello["prep"], 2)
                self.assertEqual([self.said_while_running() for _ in range(2)], ["prepared"] * 2)
                master.send(1, "works")
                master.wait_for(1)
                self.ends_well()

    def test_progress_and_log(self):
        master = self.relay("-j1")
        master.send(
            9,
            do(
                ["send", ["ID", "progress", 0.5, "half"]],
                ["send", ["ID", "log", "a line", "warning"]],
                ["send", [None, "log", "of no task"]],
            ),
        )
        master.wait_for(9)
        self.assertEqual(master.said("progress"), [[9, "progress", 0.5, "half"]])
        self.assertEqual(master.said("log"), [[9, "log", "a line", "warning"]])
        self.ends_well(err='spread: worker 0 on localhost: it sent a message of a kind .*\n')

    def test_beats(self):
        for wire in ("msgpack", "json"):
            with self.subTest(wire=wire):
                master = self.relay(wire=wire, beat="0.05")
                master.wait(lambda m=master: len(m.said("beat")) >= 3)
                self.ends_well()

    def test_lists_pass_as_they_are(self):
        master = self.relay("-j2", chunk="3")
        master.send(5, [1, 2, do(answer=3)])
        self.assertEqual(master.wait_for(5), [["ok", [1, 2, {"do": [], "answer": 3}]]])
        self.ends_well()

    def test_options_that_a_master_has_itself_are_told(self):
        self.environment.update(SPREAD_FEATURES="ready,relay", SPREAD_WIRE="msgpack", SPREAD_PREP="0")
        result = self.spread("relay", "--retries", "3", "--timeout", "5", "--", "cat")
        self.assertEqual(result.status, 0, result)
        self.assertRegex(result.err, r"\Aspread: relay: --timeout, --retries: here its master says .*; give them to it\n\Z")

    def test_stderr_of_workers_is_stderr(self):
        master = self.relay("-j1")
        master.send(1, "proves that it works")
        master.wait_for(1)
        master.send(2, do(["stderr", "for people"]))
        master.wait_for(2)
        self.ends_well(err="for people\n")

    def test_tails_come_behind_its_bye_in_order(self):
        worker = 'import os, sys\nsys.stdin.read(); print("tail of", os.environ["SPREAD_WORKER"])'
        master = self.relay("-j3", "--start-all", worker=(PYTHON, "-c", worker))
        self.ends_well()
        self.assertEqual(master.tail, b"tail of 0\ntail of 1\ntail of 2\n")


class Failures(RelayWorkerTest):
    def test_each_with_tries_of_its_own(self):
        master = self.relay("-j1", "--retries", "2")
        master.send(1, do(["once", self.path("first"), ["answer", "error", {"type": "T"}]], answer=1))
        master.send(2, do(["tell", self.told.path], ["answer", "error", {"type": "Always"}]))
        self.assertEqual(master.wait_for(1, 2), [["ok", 1], ["error", {"type": "Always"}]])
        self.assertEqual(len(self.told.lines(2)), 2)
        self.ends_well()

    def test_busy_is_no_matter_of_the_master(self):
        master = self.relay("-j1")
        master.send(1, do(["once", self.path("first"), ["answer", "busy", 0.01]], answer=1))
        self.assertEqual(master.wait_for(1), [["ok", 1]])
        self.ends_well()

    def test_a_crash_is_charged_to_its_task(self):
        master = self.relay("-j1", "--crash-retries", "2")
        master.send(0, "works")
        master.wait_for(0)
        master.send(1, do(["kill", signal.SIGKILL]))
        for i in range(2, 40):
            master.send(i, i)
        master.wait(lambda: len(master.answers) == 40)
        kind, error = master.answers[1]
        self.assertEqual((kind, error["type"]), ("error", "NoResponse"))
        self.assertRegex(error["message"], r"its worker died 2 times, the last time: .*killed by signal 9.*")
        self.assertEqual([master.answers[i] for i in range(2, 40)], [["ok", i] for i in range(2, 40)])
        self.ends_well()

    def test_a_worker_that_is_killed_loses_nothing(self):
        master = self.relay("-j2")
        master.send(0, "works")
        master.wait_for(0)
        worker = self.busy_worker(1)
        signal.pidfd_send_signal(worker, signal.SIGKILL)
        self.said_while_running()  # by the next one
        self.at.open()
        self.assertEqual(master.wait_for(1), [["ok", 1]])
        self.ends_well()

    def test_timeout(self):
        master = self.relay("-j1", "--timeout", "0.2", "--kill-grace", "0.05")
        master.send(1, do(["hang"]))
        master.send(2, "behind it")
        self.assertEqual(master.wait_for(2), [["ok", "behind it"]])
        kind, error = master.answers[1]
        self.assertEqual((kind, error["type"]), ("error", "Timeout"))
        self.ends_well()

    def test_max_tasks(self):
        master = self.relay("-j1", "--max-tasks", "2")
        for i in range(5):
            master.send(i, do(["tell", self.told.path]))
        master.wait(lambda: len(master.answers) == 5)
        pids = self.told.lines(5)
        self.assertEqual([pids.count(pid) for pid in dict.fromkeys(pids)], [2, 2, 1])
        self.ends_well()

    def test_no_worker_can_be_started(self):
        master = self.relay("-j2", worker=("./is-not-there",))
        master.send(5, "never")
        [answer] = master.wait_for(5)
        self.assertEqual((answer[0], answer[1]["type"]), ("error", "NotComputed"))
        self.ends(255, r"(spread: .*\n)+")
        self.assertTrue(master.bye)


class Cancel(RelayWorkerTest):
    def test_what_waits_is_withdrawn_and_what_was_sent_is_not(self):
        for wire in ("msgpack", "json"):
            with self.subTest(wire=wire):
                master = self.relay("-j1", "--window", "1", "--wire", "msgpack", wire=wire)
                self.busy_worker(0)
                for i in range(1, 6):
                    master.send(i, i)
                for i in (5, 0, 2, 77):
                    master.send(None, "cancel", i)
                self.assertEqual(master.wait_for(5, 2), [["cancelled"], ["cancelled"]])
                self.at.open()
                self.assertEqual(master.wait_for(0, 1, 3, 4), [["ok", 0], ["ok", 1], ["ok", 3], ["ok", 4]])
                self.ends_well()
                self.assertEqual(len(master.answers), 6)

    def test_the_id_of_one_that_was_cancelled_can_come_again(self):
        master = self.relay("-j1", "--window", "1")
        self.busy_worker(0)
        for _ in range(3):
            master.send(1, "x")
            master.send(None, "cancel", 1)
            master.wait_for(1)
            self.assertEqual(master.answers.pop(1), ["cancelled"])
        master.send(1, "computed")
        self.at.open()
        self.assertEqual(master.wait_for(1), [["ok", "computed"]])
        self.ends_well()


class Questions(RelayWorkerTest):
    ASKING = """
import sys
import spread_worker
def task(x):
    try: return [spread_worker.ask(*x[:-1]), x[-1]]
    except spread_worker.Refused as refused: return [refused.type, refused.message]
spread_worker.run(task)
"""

    def setUp(self):
        super().setUp()
        self.environment["PYTHONPATH"] = os.path.join(os.environ["SPREAD_SOURCE"], "worker_sdk", "python")

    def asking(self, *options, wire="msgpack"):
        return self.relay(*options, worker=(PYTHON, self.file("asking.py", self.ASKING)), wire=wire)

    def test_known_ones_are_answered_below(self):
        master = self.asking("-j2")
        master.send(1, ["whoami", 0])
        [[_, [answer, _]]] = master.wait_for(1)
        self.assertEqual((answer["engine"], answer["slots"]), ("spread", 2))
        self.ends_well()

    def test_others_go_up_and_replies_come_down_to_who_has_asked(self):
        for wire in ("msgpack", "json"):
            with self.subTest(wire=wire):
                master = self.asking("-j3", wire=wire)
                for i in (10, 20, 30):
                    master.send(i, ["sing", {"song": i}, "of", i])
                master.wait(lambda m=master: len(m.said("ask")) == 3)
                asked = {message[4]: message for message in master.said("ask")}
                self.assertEqual({i: m[3:] for i, m in asked.items()}, {i: ["sing", i, {"song": i}, "of"] for i in asked})
                self.assertEqual(set(asked), {10, 20, 30})
                master.send(None, "answer", asked[30][2], "thirty")
                master.send(None, "answer", 12345, "nobody has asked that")
                master.send(None, "refused", asked[20][2], {"type": "Shy", "message": "not today"})
                master.send(None, "answer", asked[10][2], [1.5, "x" * 100_000])
                self.assertEqual(master.wait_for(30), [["ok", ["thirty", 30]]])
                self.assertEqual(master.wait_for(10), [["ok", [[1.5, "x" * 100_000], 10]]])
                self.assertEqual(master.wait_for(20), [["ok", ["Shy", "not today"]]])
                self.ends_well()

    def test_one_whose_worker_died_is_dropped(self):
        master = self.relay("-j1")
        master.send(0, "works")
        master.wait_for(0)
        master.send(1, do(["once", self.path("first"), ["send", [None, "ask", 3, "sing", "ID"]], ["kill", 9]]))
        self.assertEqual(master.wait_for(1), [["ok", 1]])
        [[_, _, seq, *_]] = master.said("ask")
        master.send(None, "answer", seq, "too late")
        master.send(2, "works on")
        master.wait_for(2)
        self.ends_well()

    def test_sub_tasks(self):
        worker = """
import spread_worker
def task(x):
    if isinstance(x, int): return x * x
    return sum(spread_worker.subtasks.map(range(x[0])))
spread_worker.run(task)
"""
        master = self.relay("-j3", worker=(PYTHON, self.file("nested.py", worker)))
        master.send(1, [10])
        self.assertEqual(master.wait_for(1), [["ok", 285]])
        self.ends_well()


class Gangs(RelayWorkerTest):
    WORKER = """
import spread_worker
from spread_worker import collectives
def task(x):
    if isinstance(x, int): return x
    return [collectives.rank(), collectives.size(), collectives.allreduce(x[0])]
spread_worker.run(task)
"""

    def gangs(self, *options, wire="msgpack"):
        self.environment["PYTHONPATH"] = os.path.join(os.environ["SPREAD_SOURCE"], "worker_sdk", "python")
        return self.relay(*options, worker=(PYTHON, self.file("gang.py", self.WORKER)), wire=wire)

    def test_among_other_tasks(self):
        for wire in ("msgpack", "json"):
            with self.subTest(wire=wire):
                master = self.gangs("-j4", wire=wire)
                for i in range(0, 60):
                    if i % 7 == 3:
                        master.send(i, [i], {"size": 1 + i % 4})
                    else:
                        master.send(i, i)
                master.wait(lambda m=master: len(m.answers) == 60)
                for i in range(0, 60):
                    k = 1 + i % 4
                    value = [[rank, k, i * k] for rank in range(k)] if i % 7 == 3 else i
                    self.assertEqual(master.answers[i], ["ok", value])
                self.ends_well()

    def test_one_that_is_larger_than_the_relay(self):
        master = self.gangs("-j2")
        master.send(1, [1], {"size": 3})
        master.send(2, [2], {"size": 2})
        [[kind, error], second] = master.wait_for(1, 2)
        self.assertEqual((kind, error["type"]), ("error", "NotComputed"))
        self.assertEqual(error["message"], "it is for 3 workers at the same time, and there are 2 slots")
        self.assertEqual(second, ["ok", [[0, 2, 4], [1, 2, 4]]])
        self.ends_well()

    def test_one_whose_member_fails(self):
        master = self.gangs("-j2")
        master.send(1, ["no number"], {"size": 2})
        master.send(2, 2)
        [[kind, error], second] = master.wait_for(1, 2)
        self.assertEqual(kind, "error")
        self.assertRegex(error["message"], r"rank \d: .*")
        self.assertEqual(second, ["ok", 2])
        self.ends_well()

    def test_one_that_waits_can_be_withdrawn(self):
        master = self.relay("-j2")
        self.busy_worker(0)
        master.send(1, "x", {"size": 2})
        master.send(2, "behind it")
        master.send(None, "cancel", 1)
        self.assertEqual(master.wait_for(1, 2), [["cancelled"], ["ok", "behind it"]])
        self.at.open()
        self.ends_well()


class Nonsense(RelayWorkerTest):
    def test_it_is_named_and_ends_all(self):
        cases = [
            ("msgpack", b"[1,2]\n", "the byte 5B begins no frame"),
            ("msgpack", b"\xc6\x00\x00\x00\x01\x07", "not a frame: not an array"),
            ("msgpack", b"\xc6\x7f\xff\xff\xff", "frame of 2147483647 bytes, more than --max-frame 1073741824"),
            ("json", b"[1,\n", "not a line of JSON: .*"),
            ("json", b"7\n", "not a frame: not an array"),
            ("json", b'[null,"cancel"]\n', 'not a frame: "cancel" without an id'),
            ("json", b"[3,1]\n[3,2]\n", "the id 3 comes again, and has no answer yet"),
            ("json", b'[3,1,{"size":-1}]\n', 'not a frame: a task\'s "size" is no number of workers'),
        ]
        for wire, data, message in cases:
            with self.subTest(data=data):
                master = self.relay("-j1", "--wire", "msgpack", "--kill-grace", "0.05", wire=wire)
                worker = self.busy_worker(0)
                master.send_bytes(data)
                self.ends(255, f"spread: relay: from its master: {message}\n")
                self.assert_gone(worker)

    def test_an_end_in_the_middle(self):
        for wire, data in (("msgpack", b"\xc6\x00\x00\x00\x09\x92"), ("json", b"[1,2]")):
            with self.subTest(wire=wire):
                master = self.relay(wire=wire)
                master.send_bytes(data)
                master.close()
                self.ends(255, "spread: relay: from its master: standard input has ended in the middle of a frame\n")

    def test_prep_items_that_are_none(self):
        cases = [
            (b"\xc6\x00\x00\x00\x02\x01\x01", "prep item 1: not a frame: 1 bytes are left over"),
            (b"\xc6\x00\x00\x00\x01\x01", "standard input has ended behind 1 of 2 prep items"),
            (b"print\n", "the byte 70 begins no frame"),
        ]
        for data, message in cases:
            with self.subTest(data=data):
                self.environment.update(SPREAD_PREP="2", SPREAD_WIRE="msgpack", SPREAD_FEATURES="")
                result = self.spread("relay", "--", "cat", input=data)
                self.assert_run(result, 255, b"", f"spread: relay: from its master: {message}\n")


class Memory(RelayWorkerTest):
    def test_a_master_that_does_not_read_holds_workers_back(self):
        master = self.relay("-j2", "--kill-grace", "0.05", worker=(PYTHON, self.file("loud.py", LOUD)))
        self.busy_worker(0)
        self.busy_worker(1)
        # All that they log comes out in the end, and the relay never has much of it.
        master.wait(lambda: len(master.said("log")) > 3000)
        self.assertLess(peak_memory_kb(self.running.pid), 100_000)
        self.running.signal(signal.SIGTERM)
        self.running.process.wait()

    def test_a_master_that_only_sends_is_held_back(self):
        master = self.relay("-j1")
        self.busy_worker(0)
        big = bytes(1_000_000)
        for i in range(1, 400):
            master.send(i, big)
        # It has taken some, and then no more.
        while self.takes():
            if select.select([], [self.running.process.stdin], [], 0)[1]:
                master.turn(reads=False)
        self.assertGreater(master.unsent, 200_000_000)
        self.assertLess(peak_memory_kb(self.running.pid), 200_000)
        self.at.open()
        master.wait(lambda: len(master.answers) == 400)
        self.assertLess(peak_memory_kb(self.running.pid), 200_000)
        self.ends_well()

    def takes(self):
        """It does not wait while its input is full."""
        if select.select([], [self.running.process.stdin], [], 0)[1]:
            return True
        with open(f"/proc/{self.running.pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(") ")[2][0] != "S"


class Ends(RelayWorkerTest):
    def test_end_of_stdin_finishes_what_it_has(self):
        master = self.relay("-j2")
        for i in range(50):
            master.send(i, i)
        self.busy_worker(50)
        master.close()
        self.at.open()
        self.ends()
        self.assertTrue(master.bye)
        self.assertEqual(len(master.answers), 51)

    def test_end_of_stdin_before_anything(self):
        self.relay()
        self.ends_well()

    def test_signals(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(number=number):
                self.relay("-j1")
                worker = self.busy_worker(0)
                self.running.signal(number)
                self.ends(128 + number)
                self.assert_gone(worker)

    def test_a_signal_while_the_master_does_not_read(self):
        master = self.relay("-j2", worker=(PYTHON, self.file("loud.py", LOUD)))
        worker = self.busy_worker(0)
        self.running.signal(signal.SIGTERM)
        self.running.process.wait()
        self.assertEqual(self.running.process.returncode, 128 + signal.SIGTERM)
        self.assert_gone(worker)
        self.assertFalse(master.ended)

    def test_killed(self):
        self.relay("-j1")
        worker = self.busy_worker(0)
        self.running.signal(signal.SIGKILL)
        self.assert_gone(worker)

    def test_the_reader_of_stdout_goes(self):
        self.relay("-j2")
        worker = self.busy_worker(0)
        self.running.process.stdout.close()
        self.at.open()  # its answer finds no reader
        self.running.process.wait()
        self.assertEqual(self.running.process.returncode, 141)
        self.assertEqual(self.running.process.stderr.read(), b"")
        self.assert_gone(worker)


if __name__ == "__main__":
    unittest.main()
