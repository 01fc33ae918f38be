"""`spread pool`: workers that stay between runs, several runs at once, and the ends of all of these
(docs/pool.md)."""

import json
import os
import re
import select
import signal
import socket
import stat
import struct
import threading
import unittest

import msgpack
from spread_testing import PUPPET, PYTHON, SQUARE, SpreadTest, do, json_lines


class PoolTest(SpreadTest):
    def setUp(self):
        super().setUp()
        self.environment["XDG_RUNTIME_DIR"] = self.path("run")
        os.mkdir(self.path("run"), 0o700)
        self.pids = []

    def pool(self, *options, name="p", worker=PUPPET):
        """Starts it. Its pid."""
        result = self.spread("pool", "start", name, *options, "--", *worker)
        self.assertEqual((result.status, result.out), (0, ""), result)
        pid = int(re.fullmatch(rf"spread: pool {re.escape(name)} runs \(pid (\d+)\)\n", result.err).group(1))
        pidfd = os.pidfd_open(pid)
        self.addCleanup(self.end_pool, pidfd)
        return pid

    @staticmethod
    def end_pool(pidfd):
        try:
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.close(pidfd)

    def run_on(self, tasks, *options, name="p", **how):
        return self.spread("run", "--pool", name, "--in", "json", *options, input=json_lines(tasks), **how)

    def start_on(self, tasks, *options, name="p"):
        running = self.start("run", "--pool", name, "--in", "json", *options)
        running.write(json_lines(tasks))
        return running

    def status(self, name="p"):
        return self.spread("pool", "status", name).out

    def stop(self, name="p"):
        result = self.spread("pool", "stop", name)
        self.assertEqual(result.status, 0, result)
        return result

    def log(self, name="p"):
        with open(self.path(f"run/spread/{name}.log"), encoding="utf-8") as file:
            return file.read()

    def log_has(self, text, times=1):
        """It comes there; no other times as often."""
        while self.log().count(text) < times:
            pass
        self.assertEqual(self.log().count(text), times)

    def refused(self, result, text):
        self.assertEqual((result.status, result.out), (255, ""), result)
        self.assertRegex(result.err, rf"\Aspread: {text}\n\Z")


class Runs(PoolTest):
    def test_workers_stay_from_run_to_run(self):
        self.pool("-j", "1", "--wire", "lines", worker=["sh", "-c", "while read -r x; do echo $$; done"])
        first = self.spread("run", "--pool", "p", input="a\nb\n")
        second = self.spread("run", "--pool", "p", input="c\n")
        self.assertEqual((first.status, second.status), (0, 0), first)
        self.assertEqual(len(set((first.out + second.out).split())), 1)
        self.assertEqual((first.err, second.err), ("", ""))

    def test_results_are_in_the_order_of_the_tasks(self):
        self.pool("-j4", worker=SQUARE)
        result = self.run_on(range(500))
        self.assert_run(result, 0, [n * n for n in range(500)], "")

    def test_two_runs_at_once_have_their_own_results(self):
        self.pool("-j3", worker=SQUARE)
        runs = [self.start_on(range(start, start + 300)) for start in (0, 1000)]
        for start, running in zip((0, 1000), runs):
            self.assert_run(running.finish(), 0, [n * n for n in range(start, start + 300)], "")

    def test_ids_are_those_of_the_run(self):
        self.pool("-j1")
        self.run_on([1, 2, 3])
        result = self.run_on(["a", "b"], "--out", "records")
        self.assertEqual([(r["id"], r["value"], r["host"]) for r in result.values],
                         [(0, "a", "pool p"), (1, "b", "pool p")], result)

    def test_what_a_task_prints_and_says_comes_to_its_run(self):
        self.pool("-j1")
        quiet = self.start_on([])
        says = [["stderr", "to stderr"], ["send", ["ID", "log", "a line", "warning"]], ["send", ["ID", "progress", 0.5]]]
        result = self.run_on([do(*says, answer=5), do(["answer", "ok", 6, "so\n", "se\n"])])
        self.assertEqual((result.status, result.out), (0, "5\n6\n"), result)
        self.assert_only_told(result, "to stderr", "spread: worker 0 on pool p: a line", "#.*", "so", "se")
        quiet.close_input()
        self.assert_run(quiet.finish(), 0, "", "")
        self.assertEqual(self.log(), "")

    def test_what_a_worker_prints_while_it_has_no_task_is_in_the_log(self):
        self.pool("-j1", "--wire", "lines", worker=["sh", "-c", "echo loading >&2; while read -r x; do echo $x; done"])
        self.assert_run(self.spread("run", "--pool", "p", input="a\n"), 0, "a\n", "")
        self.assertEqual(self.log(), "loading\n")

    def test_shards_are_as_many_as_the_pool_has_slots(self):
        self.pool("-j3")
        result = self.spread("run", "--pool", "p", "--range", "9")
        self.assertEqual(len(result.values), 3, result)

    def test_a_large_result_and_a_large_task(self):
        self.pool("-j2")
        text = "x" * 3_000_000
        result = self.run_on([text, text + "y"])
        self.assertEqual(result.status, 0)
        self.assertEqual(result.values, [text, text + "y"])


class Failures(PoolTest):
    def test_an_error_is_that_of_its_task(self):
        self.pool("-j1")
        result = self.run_on([1, do(["answer", "error", {"type": "Bad", "message": "no"}]), 3])
        self.assertEqual((result.status, result.out), (1, "1\nnull\n3\n"), result)
        self.assert_told(result, r"spread: task 2 .* failed on pool p: Bad: no")

    def test_retries_of_a_run_are_its_own(self):
        self.pool("-j1")
        gate = self.file("tries", "")
        worker = self.file("w.py", f"import sys\nfor line in sys.stdin:\n    open({gate!r}, 'a').write('t')\n"
                                   "    i = line.split(',')[0][1:]\n"
                                   "    print('[%s,\"error\",\"no\"]' % i, flush=True)\n")
        self.pool("-j1", "--wire", "json", name="q", worker=[PYTHON, worker])
        self.assertEqual(self.run_on([1], "--retries", "3", name="q").status, 1)
        with open(gate, encoding="ascii") as tries:
            self.assertEqual(tries.read(), "ttt")

    def test_a_worker_that_dies_costs_its_task_alone(self):
        self.pool("-j2", "--crash-retries", "2")
        result = self.run_on([1, do(["kill", 9]), 3])
        self.assertEqual((result.status, result.out), (1, "1\nnull\n3\n"), result)
        self.assertEqual(self.run_on([4]).out, "4\n")

    def test_fatal_ends_that_run_alone(self):
        self.pool("-j2")
        other = self.start_on([1])
        self.assertEqual(other.read_line(), "1\n")
        result = self.run_on([do(["answer", "fatal", {"message": "wrong model"}])] + list(range(5000)))
        self.assertNotEqual(result.status, 0, result)
        self.assertIn("wrong model", result.err)
        other.write("2\n")
        self.assertEqual(other.read_line(), "2\n")
        other.close_input()
        self.assertEqual(other.finish().status, 0)

    def test_a_time_out_is_the_pools(self):
        self.pool("-j1", "--timeout", "0.3")
        gate = self.gate()
        result = self.run_on([do(["wait", gate.path]), 2])
        self.assertEqual((result.status, result.out), (1, "null\n2\n"), result)
        self.assertIn("Timeout", result.err)


class Fairness(PoolTest):
    def test_both_have_workers_where_there_are_several(self):
        gate, post = self.gate(), self.post()
        self.pool("-j4")
        runs = [self.start_on([do(["tell", post.path, name], ["wait", gate.path]) for _ in range(8)]) for name in "ab"]
        while not re.search(r" (8|9|1\d) tasks? under way", self.status()):
            pass
        gate.open(2)
        told = post.lines(6)
        self.assertGreaterEqual(min(told.count("a"), told.count("b")), 1, told)
        gate.open(100)
        for running in runs:
            running.close_input()
            self.assertEqual(running.finish().status, 0)


class Ends(PoolTest):
    def test_stop_prints_the_tails_and_leaves_nothing(self):
        self.pool("-j2", "--wire", "lines", worker=["sh", "-c", "while read -r x; do echo $x; done; echo the tail of $SPREAD_WORKER"])
        self.assertEqual(self.spread("run", "--pool", "p", input="a\n").out, "a\n")
        result = self.stop()
        self.assertEqual((result.out, result.err), ("the tail of 0\nthe tail of 1\n", ""))
        self.refused(self.spread("pool", "stop", "p"), "there is no pool p; .*")
        self.assertEqual(self.spread("pool", "status").out, "")

    def test_stop_waits_for_the_runs_that_are_there_and_lets_no_other_in(self):
        self.pool("-j1")
        running = self.start_on([1])
        self.assertEqual(running.read_line(), "1\n")
        stopping = self.start("pool", "stop", "p")
        self.assertEqual(stopping.process.stderr.readline(), b"spread: waiting for 1 run (again: end what is under way)\n")
        self.refused(self.run_on([1]), r"pool p: it is ending \(spread pool stop\)")
        self.assertRegex(self.status(), "^p: stopping: ")
        running.write("2\n")
        self.assertEqual(running.read_line(), "2\n")
        running.close_input()
        self.assertEqual(running.finish().status, 0)
        self.assertEqual(stopping.finish().status, 0)

    def test_a_second_stop_ends_what_is_under_way(self):
        gate, post = self.gate(), self.post()
        self.pool("-j1", "--kill-grace", "1")
        running = self.start_on([do(["tell", post.path, "begun"], ["wait", gate.path]), 2])
        post.line()
        stopping = [self.start("pool", "stop", "p")]
        stopping[0].process.stderr.readline()
        for _ in range(3):
            stopping.append(self.start("pool", "stop", "p"))
            stopping[-1].process.stderr.readline()
        self.assertNotEqual(running.finish().status, 0)
        self.assertEqual(stopping[0].finish().status, 0)

    def test_an_idle_pool_ends(self):
        pid = self.pool("-j1", "--idle", "0.2")
        pidfd = os.pidfd_open(pid)
        self.assert_gone(pidfd)
        self.assertEqual(self.spread("pool", "status").out, "")

    def test_kill_9_of_a_run_drops_its_answers_and_the_pool_goes_on(self):
        gate, post = self.gate(), self.post()
        self.pool("-j1")
        running = self.start_on([do(["tell", post.path, "begun"], ["wait", gate.path])] + [do(["tell", post.path, "never"])] * 9)
        post.line()
        running.signal(signal.SIGKILL)
        running.finish()
        while ", 0 runs, " not in self.status():
            pass
        gate.open()
        self.assertEqual(self.run_on([7]).out, "7\n")
        self.assertTrue(post.is_empty())

    def test_kill_9_of_the_pool_is_told_and_leaves_no_worker(self):
        gate, post = self.gate(), self.post()
        pid = self.pool("-j1")
        running = self.start_on([do(["tell", post.path], ["wait", gate.path]), 2])
        worker = os.pidfd_open(int(post.line()))
        os.kill(pid, signal.SIGKILL)
        result = running.finish()
        self.assertEqual(result.status, 255, result)
        self.assert_told(result, r"spread: pool p has ended, and [12] tasks? had no answer")
        self.assert_gone(worker)
        self.assertEqual(self.spread("pool", "status").out, "p: gone (it was killed)\n")
        self.refused(self.run_on([1]), "there is no pool p any more: it was killed; .*")
        self.pool("-j1")
        self.assertEqual(self.run_on([1]).out, "1\n")

    def test_ctrl_c_of_a_run_is_that_of_the_run(self):
        gate, post = self.gate(), self.post()
        self.pool("-j1")
        running = self.start_on([do(["tell", post.path, "begun"], ["wait", gate.path])])
        post.line()
        running.signal(signal.SIGINT)
        self.assertIn(b"waiting", running.process.stderr.readline())
        gate.open()
        self.assertEqual(running.finish().status, 130)
        self.assertEqual(self.run_on([1]).out, "1\n")


class BadInput(PoolTest):
    def test_names(self):
        for name in ("a/b", "x" * 33, "", "a b"):
            self.refused(self.spread("pool", "start", name, "--", "cat"), r"'.*' is no name of a pool; expected .*" if name else ".*")
        self.refused(self.spread("run", "--pool", "../p", input=""), r"'../p' is no name of a pool; .*")
        self.pool("-j1", name="A-z.0_9" + "x" * 25)

    def test_a_pool_that_is_not_there(self):
        text = r"there is no pool p; 'spread pool start p -- WORKER' makes one"
        for words in (("run", "--pool", "p"), ("pool", "status", "p"), ("pool", "stop", "p")):
            self.refused(self.spread(*words), text)

    def test_one_that_is_there_already(self):
        self.pool("-j1")
        self.refused(self.spread("pool", "start", "p", "--", "cat"), r"there is a pool p already; .*")
        self.assertEqual(self.run_on([1]).out, "1\n")

    def test_a_worker_that_cannot_be_started(self):
        result = self.spread("pool", "start", "p", "-j2", "--", "./no-such-worker")
        self.assertEqual(result.status, 255, result)
        self.assert_only_told(result, "spread: worker 0 on localhost: cannot start ./no-such-worker: .*", "spread: no worker could be started")
        self.assertEqual(self.spread("pool", "status").out, "")

    def test_a_worker_that_cannot_work(self):
        self.pool("-j1", "--start-retries", "1", worker=["false"])
        while not self.status().startswith("p: down: "):
            pass
        self.log_has("false ended before its first answer (exit status 1)")
        result = self.run_on([1])
        self.assertNotEqual(result.status, 0, result)
        self.assertEqual(self.spread("pool", "status").out, "")

    def test_what_belongs_to_start(self):
        for words in (("--prep", "x"), ("--wire", "json"), ("-j", "2"), ("--timeout", "1"), ("--wd", "."), ("-S", "n1"), ("--env", "PATH")):
            result = self.spread("run", "--pool", "p", *words)
            self.refused(result, rf"{words[0]}: the workers of a pool are there already; this belongs to pool start \(try .*\)")
        self.refused(self.spread("run", "--pool", "p", "--", "cat"), "--pool: a worker is named, .*")

    def test_words(self):
        self.refused(self.spread("pool"), r"pool what\? expected start, status or stop .*")
        self.refused(self.spread("pool", "begin", "p"), r"expected start, status or stop, not 'begin' .*")
        self.refused(self.spread("pool", "stop"), r"stop what\? expected the NAME of a pool .*")
        self.refused(self.spread("pool", "start", "p"), r"no worker is named: .*")
        self.refused(self.spread("pool", "status", "p", "q"), r"unexpected word 'q' .*")

    def test_the_folder_is_the_users_alone(self):
        self.pool("-j1")
        folder = self.path("run/spread")
        self.assertEqual(stat.S_IMODE(os.stat(folder).st_mode), 0o700)
        self.assertEqual({stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode) for name in os.listdir(folder)}, {0o600})

    def test_a_folder_that_others_may_use_is_not_used(self):
        folder = self.path("run/spread")
        os.mkdir(folder)
        os.chmod(folder, 0o755)
        self.refused(self.spread("pool", "status"), rf"cannot use '{folder}': others may use it; .*")

    def test_nor_one_that_a_link_leads_to(self):
        os.mkdir(self.path("elsewhere"), 0o700)
        os.symlink(self.path("elsewhere"), self.path("run/spread"))
        self.refused(self.spread("pool", "status"), ".*it is no directory")

    @unittest.skipIf(os.geteuid() != 0, "only root has other users")
    def test_nor_that_of_another_user(self):
        folder = self.path("run/spread")
        os.mkdir(folder, 0o700)
        os.chown(folder, 12345, 12345)
        self.refused(self.spread("pool", "status"), f"cannot use '{folder}': it belongs to user 12345")

    def test_nonsense_on_the_socket_ends_that_connection_alone(self):
        self.pool("-j1")
        for nonsense in (b"GET / HTTP/1.1\r\n\r\n", b"\xc6\x00\x00\x00\x01\x07", b"\xc6\x7f\xff\xff\xff"):
            with socket.socket(socket.AF_UNIX) as one:
                one.connect(self.path("run/spread/p.pool"))
                one.sendall(nonsense)
                self.assertEqual(one.recv(100), b"")
        self.assertEqual(self.run_on([1]).out, "1\n")
        self.log_has("one that has connected is sent away: ", 3)


class Bytes(PoolTest):
    """The protocol of the socket, spoken by hand: docs/pool.md, "The bytes on the socket"."""

    def connect(self, call="run"):
        one = socket.socket(socket.AF_UNIX)
        self.addCleanup(one.close)
        one.connect(self.path("run/spread/p.pool"))
        self.send(one, [None, "pool", call])
        return one

    @staticmethod
    def frame(message):
        body = msgpack.packb(message)
        return b"\xc6" + struct.pack(">I", len(body)) + body

    def send(self, one, message):
        one.sendall(self.frame(message))

    @staticmethod
    def receive(one):
        def exactly(size):
            data = b""
            while len(data) < size:
                piece = one.recv(size - len(data))
                if not piece:
                    return None
                data += piece
            return data
        header = exactly(1)
        while header == b"\n":
            header = exactly(1)
        if header is None:
            return None
        return msgpack.unpackb(exactly(int.from_bytes(exactly(4), "big")), raw=False)

    def test_a_run(self):
        pid = self.pool("-j2")
        one = self.connect()
        kind, word, facts = self.receive(one)
        self.assertEqual((kind, word, facts["pid"], facts["slots"], facts["refused"]), (None, "pool", pid, 2, ""))
        _, word, hello = self.receive(one)
        self.assertEqual((word, hello["slots"], hello["features"]), ("hello", 2, ["cancel"]))
        self.assertGreaterEqual(hello["window"], 2)
        self.send(one, [2**62, "a"])
        self.assertEqual(self.receive(one), [2**62, "ok", "a"])
        one.shutdown(socket.SHUT_WR)
        self.assertEqual(self.receive(one), [None, "bye"])
        self.assertIsNone(self.receive(one))

    def test_cancel(self):
        gate, post = self.gate(), self.post()
        self.pool("-j1")
        one = self.connect()
        self.receive(one), self.receive(one)
        self.send(one, [1, do(["tell", post.path, "begun"], ["wait", gate.path], answer=1)])
        post.line()
        self.send(one, [2, 2])
        self.send(one, [None, "cancel", 2])
        self.assertEqual(self.receive(one), [2, "cancelled"])
        self.send(one, [None, "cancel", 1])
        gate.open()
        self.assertEqual(self.receive(one), [1, "ok", 1])

    def test_a_run_that_comes_later_has_its_turn(self):
        gate, post = self.gate(), self.post()
        self.pool("-j1", "--window", "1")
        runs = {}
        for name, count in (("a", 6), ("b", 3)):
            runs[name] = self.connect()
            self.receive(runs[name]), self.receive(runs[name])
            for i in range(count):
                self.send(runs[name], [i, do(["tell", post.path, f"{name}{i}"], ["wait", gate.path])])
            if name == "a":
                self.assertEqual(post.line(), "a0")
        while self.receive(self.connect("status"))[2]["tasks"] < 9:
            pass
        gate.open(9)
        self.assertEqual(post.lines(8), ["b0", "a1", "b1", "a2", "b2", "a3", "a4", "a5"])

    def test_what_a_run_that_has_left_had_sent_is_not_begun(self):
        gate, post = self.gate(), self.post()
        self.pool("-j1", "--window", "1")
        one = self.connect()
        self.receive(one), self.receive(one)
        for i in range(5):
            self.send(one, [i, do(["tell", post.path, f"a{i}"], ["wait", gate.path])])
        self.assertEqual(post.line(), "a0")
        one.close()
        while self.receive(self.connect("status"))[2]["runs"] > 0:
            pass
        gate.open(9)
        self.assertEqual(self.run_on([7]).out, "7\n")
        self.assertTrue(post.is_empty())

    def test_the_same_id_twice_is_nonsense(self):
        gate = self.gate()
        self.pool("-j1")
        one = self.connect()
        self.receive(one), self.receive(one)
        self.send(one, [1, do(["wait", gate.path])])
        self.send(one, [1, 2])
        self.assertIsNone(self.receive(one))
        gate.open()
        self.log_has("it has sent id 1 twice")

    def test_a_run_that_sends_much_is_read_as_it_is_answered(self):
        gate, post = self.gate(), self.post()
        self.pool("-j1", "--window", "1")
        one = self.connect()
        self.receive(one), self.receive(one)
        self.send(one, [0, do(["tell", post.path, "begun"], ["wait", gate.path])])
        post.line()
        piece = "x" * (1 << 20)
        one.setblocking(False)
        frames = b"".join(self.frame([i, piece]) for i in range(1, 31))
        sent = 0
        while select.select([], [one], [], 0.5)[1]:
            sent += one.send(frames[sent:])
        # What is beyond that is in the socket's own buffers.
        self.assertLess(sent, 22 << 20)
        self.assertGreater(sent, 16 << 20)
        gate.open()
        one.setblocking(True)
        reader = threading.Thread(target=one.sendall, args=(frames[sent:],))
        reader.start()
        answers = [self.receive(one) for _ in range(31)]
        reader.join()
        self.assertEqual([(a[0], a[1]) for a in answers], [(i, "ok") for i in range(31)])

    def test_a_run_that_does_not_read_holds_up_no_other(self):
        script = "while read -r x; do head -c 1000000 /dev/zero | tr '\\0' \"$x\"; echo; done"
        self.pool("-j1", "--wire", "lines", worker=["sh", "-c", script])
        one = self.connect()
        self.receive(one), self.receive(one)
        for i in range(15):
            self.send(one, [i, "x"])
        while self.receive(self.connect("status"))[2]["done"] < 15:
            pass
        # The pool has more for it than it keeps for one that does not read.
        self.send(one, [15, "y"])
        self.assertEqual(self.spread("run", "--pool", "p", input="z\n").out, "z" * 1_000_000 + "\n")
        self.assertEqual(self.receive(self.connect("status"))[2]["done"], 16)
        self.assertEqual([self.receive(one)[0] for _ in range(16)], list(range(16)))

    def test_status(self):
        self.pool("-j3")
        facts = self.receive(self.connect("status"))[2]
        self.assertEqual((facts["slots"], facts["runs"], facts["tasks"], facts["stopping"]), (3, 0, 0, 0))
        json.dumps(facts)


if __name__ == "__main__":
    unittest.main()
