"""spread gang: several workers for each task, what becomes of it when one of them fails, and what the
members say to each other."""

import json
import os
import resource
import signal

from spread_testing import PYTHON, SpreadTest

SOURCE = os.environ["SPREAD_SOURCE"]
SCRIPTS = os.path.join(SOURCE, "tests", "e2e", "gang_workers")
# A task is a list: what each rank does, by rank; the rest do as the last one.
WORKER = """import json, os, sys, spread_worker as w
held = []
def do(steps):
    done = []
    for step in steps:
        name, args = step[0], step[1:]
        if name == "raise": raise ValueError(*args)
        if name == "die": os.kill(os.getpid(), 9)
        if name == "exit": os._exit(args[0])
        if name == "busy":
            if os.path.exists(args[0]): continue
            open(args[0], "w").close()
            raise w.Busy(0.01)
        if name == "tell": print("here", file=open(args[0], "w"), flush=True)
        elif name == "await": open(args[0], "rb", 0).read(1)
        elif name == "hang": open(os.devnull); os.read(os.pipe()[0], 1)
        elif name == "try":
            try: done.append(do(args[0]))
            except w.GangFailed as failed: done.append(str(failed))
        elif name == "place": done.append([w.rank(), w.size()])
        elif name == "pid": done.append(os.getpid())
        elif name == "bye": w.retire()
        elif name == "answer": return args[0]
        else: done.append(getattr(w, name)(*args))
    return done
def handle(task):
    return do(task[min(w.rank(), len(task) - 1)])
w.run(handle)
"""


class GangTest(SpreadTest):
    def setUp(self):
        super().setUp()
        self.environment["PYTHONPATH"] = os.path.join(SOURCE, "worker_sdk", "python")
        self.worker = self.file("worker.py", WORKER)

    def shell_worker(self, handler):
        sdk = os.path.join(SOURCE, "worker_sdk", "sh")
        return self.file("worker.sh", f". {sdk}/spread-worker.sh; . {sdk}/spread-gang.sh\nhandler() {{\n{{ {handler}\n}} || "
                         "spread_gang_failed\n}\nspread_run handler\n")

    def gang(self, *options, tasks, **how):
        return self.spread("gang", "--in", "json", *options, "--", PYTHON, self.worker,
                           input="".join(json.dumps(task) + "\n" for task in tasks), **how)


class Results(GangTest):
    def test_every_task_has_all_ranks_and_the_results_are_in_order(self):
        joblog, events = self.path("log"), self.path("events")
        tasks = [[[["place"], ["allgather", n]]] for n in range(20)]
        result = self.gang("-n3", "-j7", "--joblog", joblog, "--events", events, tasks=tasks)
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertEqual(result.values, [[[[rank, 3], [n, n, n]] for rank in range(3)] for n in range(20)])
        with open(joblog, encoding="utf-8") as file:
            self.assertEqual(len(file.readlines()), 21)
        with open(events, encoding="utf-8") as file:
            told = [json.loads(line) for line in file]
        sent = [e for e in told if e["event"] == "task_sent"]
        self.assertEqual([(e["rank"], e["size"]) for e in sent], [(0, 3), (1, 3), (2, 3)] * 20)
        for n in range(20):
            self.assertEqual(len({e["worker"] for e in sent[3 * n:3 * n + 3]}), 3)

    def test_what_a_result_is_made_of(self):
        task = [[["answer", [1, "a"]]], [["answer", []]], [["answer", [2.5]]]]
        for how, expected in [("list", [[1, "a"], [], [2.5]]), ("root", [1, "a"]),
                              ("concat", [1, "a", 2.5]), ("map", {"0": [1, "a"], "1": [], "2": [2.5]})]:
            with self.subTest(how=how):
                result = self.gang("-n3", "-j3", "--gather", how, tasks=[task])
                self.assertEqual((result.status, result.err, result.values), (0, "", [expected]))

    def test_concat_wants_lists(self):
        result = self.gang("-n2", "-j2", "--gather", "concat", tasks=[[[["answer", [1]]], [["answer", 2]]]])
        self.assertEqual((result.status, result.values), (1, [None]))
        self.assert_told(result, r"spread: task 1 .* failed on localhost: BadResult: rank 1: its value is no "
                         "list, which --gather concat wants")

    def test_the_same_over_json_and_with_task_meta(self):
        tasks = [[[["place"], ["allreduce", 2, "sum"], ["meta"]]]]
        result = self.gang("-n2", "-j2", "--wire", "json", tasks=tasks)
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertEqual(result.values, [[[[r, 2], 4, {"attempt": 1, "rank": r, "size": 2}] for r in (0, 1)]])

    def test_fewer_slots_than_members(self):
        tasks = [[[["place"]]]] * 3
        result = self.gang("-n4", "-j2", tasks=tasks)
        self.assertEqual((result.status, result.values), (0, [[[[0, 2]], [[1, 2]]]] * 3))
        self.assert_told(result, "spread: gangs have 2 members, not 4: there are no more slots")
        result = self.gang("-n2", "-j1", tasks=tasks)
        self.assert_told(result, "spread: gangs have 1 member, not 2: there are no more slots")
        result = self.gang("-n4", "-j2", "--exact", tasks=tasks)
        self.assertEqual((result.status, result.values), (255, [None] * 3))
        self.assertIn("a gang has 4 members (--exact), and only 2 slots are left", result.err)

    def test_fewer_descriptors_than_members_need(self):
        def few():
            resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))

        result = self.gang("-n9", "-j9", "--exact", tasks=[[[["place"]]]], preexec_fn=few)
        self.assertEqual((result.status, result.values), (255, [None]))
        self.assertRegex(result.err, r"a gang has 9 members \(--exact\), and only [1-8] slots are left")

    def test_fewer_slots_than_members_for_now(self):
        here, go = self.post(), self.gate()
        spread = self.start("gang", "-n2", "-j2", "--exact", "--in", "json", "--", PYTHON, self.worker)
        spread.write(json.dumps([[["tell", here.path], ["await", go.path], ["place"]]]) + "\n")
        here.lines(2)
        spread.write(json.dumps([[["place"]]]) + "\n")
        spread.close_input()
        spread.signal(signal.SIGUSR2)
        go.open(2)
        told = "gangs have 2 members (--exact) and wait: only 1 slot may be used now; USR1 permits one more"
        self.assertEqual(spread.process.stderr.readline().decode(), f"spread: {told}\n")
        spread.signal(signal.SIGUSR1)
        result = spread.finish()
        self.assertEqual((result.status, len(result.values)), (0, 2))

    def test_one_member_is_a_gang(self):
        result = self.gang("-n1", "-j2", tasks=[[[["place"], ["exchange", "x", 1], ["scatter", ["a"]]]]])
        self.assertEqual((result.status, result.values), (0, [[[[0, 1], {}, "a"]]]))

    def test_the_common_script_in_each_sdk_and_mixed(self):
        workers = {"python": [PYTHON, os.path.join(SCRIPTS, "script.py")],
                   "c++": [os.path.join(os.environ["SPREAD_BUILD"], "test_workers", "gang_script")],
                   "sh": ["sh", os.path.join(SCRIPTS, "script.sh")]}
        self.environment["SPREAD_SDK"] = os.path.join(SOURCE, "worker_sdk", "sh")
        for wire, mixes in [("msgpack", [("python",) * 3, ("c++",) * 3, ("python", "c++", "python")]),
                            ("json", [("sh",) * 2, ("python", "sh", "python")])]:
            for mix in mixes:
                with self.subTest(wire=wire, mix=mix):
                    lists = [f"--worker={' '.join(workers[name])}" for name in mix]
                    result = self.spread("gang", "-n", str(len(mix)), "--in", "json", "--wire", wire, *lists,
                                         input="7\n100\n")
                    self.assertEqual((result.status, result.err), (0, ""))
                    for n, value in zip((7, 100), result.values):
                        self.assert_is_of_the_script(value, n)

    def assert_is_of_the_script(self, value, n):
        ranks = range(len(value))
        for rank, said in enumerate(value):
            self.assertEqual(said["place"], [rank, len(value), rank == 0])
            self.assertEqual(said["broadcast"], "from 0")
            self.assertEqual(said["allgather"], [n + 10 * r for r in ranks])
            self.assertEqual(said["allreduce"][0], sum(n + r for r in ranks))
            self.assertEqual(said["scatter"], f"part {rank}")
            self.assertEqual(said["get"], [[r, n + r] for r in ranks if r != rank])


class Failures(GangTest):
    """Each `better` of the systems before: nothing hangs, all are told, and the next gang is clean."""

    def check(self, bad, told, *options, clean=True):
        """`bad`: what ranks 0 to 2 do; then a gang on the same workers."""
        pids = [[["pid"]]]
        result = self.gang("-n3", "-j3", *options, tasks=[pids, bad, [[["barrier"], ["pid"]]]])
        self.assertEqual(result.status, 1, result)
        before, failed, after = result.values
        self.assertIsNone(failed)
        if clean:
            self.assertEqual([pid for _, pid in after], [pid for [pid] in before], "the same workers")
        self.assertRegex(result.err, told)
        return result

    def test_an_error_of_one_is_the_error_of_all(self):
        self.check([[["barrier"]], [["raise", "no such cell"]], [["barrier"]]], "ValueError: rank 1: no such cell")

    def test_its_rank_is_told_though_its_words_begin_with_rank(self):
        self.check([[["barrier"]], [["raise", "rank deficient matrix"]], [["barrier"]]],
                   "ValueError: rank 1: rank deficient matrix")

    def test_a_death_is_one_crash_and_the_others_are_told(self):
        result = self.check([[["try", [["barrier"]]]], [["die"]], [["try", [["barrier"]]]]], "rank 1: its worker died 1 time: .*signal 9",
                            "--crash-retries", "1", clean=False)
        before, _, after = result.values
        survivors = {pid for [pid] in before} & {pid for _, pid in after}
        self.assertEqual(len(survivors), 2, result)

    def test_the_end_of_what_was_started_is_one_crash_though_the_member_in_it_lives_on(self):
        python = self.file("wrapped.py", """import os, spread_worker as w
def handle(path):
    if path is None: return
    if w.rank() == 0:
        print(os.getppid(), file=open(path, "w"), flush=True)
        w.barrier()
    while True: w.get("x")  # until that is refused
w.run(handle)
""")
        shell = self.shell_worker("""
    if [ "$1" = null ]; then
        spread_ok_json null
    elif spread_is_root; then
        echo $PPID >"$1"
        spread_barrier
    else
        while spread_get x; do :; done
    fi
""")
        wrapper = self.file("wrapper.sh", "exec 3<&0; \"$@\" <&3 3<&- & wait")
        for worker in ([PYTHON, python], ["sh", shell]):
            with self.subTest(worker=worker):
                post = self.post(worker[0].strip("/").replace("/", "-"))
                run = self.start("gang", "-n2", "-j2", "--in", "json", "--wire", "json", "--crash-retries", "1", "--",
                                 "sh", wrapper, *worker)
                run.write("null\n" + json.dumps(post.path) + "\n")  # the first one shows that they work
                run.close_input()
                os.kill(int(post.line()), signal.SIGKILL)
                result = run.finish()
                self.assertEqual((result.status, result.values), (1, [[None, None], None]), result)
                self.assertRegex(result.err, "rank 0: its worker died 1 time: .*killed by signal 9")

    def test_what_is_no_json_in_a_shell_fails_the_task_once(self):
        worker = self.shell_worker('eval "$1" && spread_ok_json "$SPREAD_ANSWER"')
        tasks = ["spread_allreduce sum abc", "spread_allgather '\"a'", "spread_reduce sum", "spread_allreduce sum 1e400"]
        for task in tasks:
            with self.subTest(task):
                result = self.spread("gang", "-n2", "-j2", "--in", "json", "--wire", "json", "--", "sh", worker,
                                     input=json.dumps(task) + "\n\"spread_allgather 5\"\n")
                self.assertEqual((result.status, result.values), (1, [None, [[5, 5], [5, 5]]]))
                self.assertRegex(result.err, task.split()[0] + " takes JSON, with numbers of at most 64 bits, and not '")
                self.assertNotIn("died", result.err)

    def test_one_that_answers_while_another_waits(self):
        self.check([[["barrier"]], [["answer", 1]], [["barrier"]]],
                   r"GangFailed: rank 1: it (answered its task while rank \d waited in barrier|has answered its "
                   "task, and rank \\d calls barrier)")

    def test_that_the_others_catch_it_does_not_help(self):
        self.check([[["try", [["barrier"]]]], [["answer", 1]], [["try", [["barrier"]]]]],
                   r"GangFailed: rank 1: it .*answered its task")

    def test_another_collective_than_its_peers(self):
        self.check([[["barrier"]], [["allgather", 1]], [["barrier"]]], r"GangFailed: rank \d called \w+ \(round 0\), "
                   r"rank \d \w+")

    def test_the_length_of_a_scattered_list(self):
        self.check([[["scatter", ["a"]]], [["scatter"]]], "rank 0: .*scatter")

    def test_integers_that_do_not_fit(self):
        self.check([[["allreduce", 2**62, "sum"]]], "GangFailed: rank 1: its value makes allreduce sum .* overflow")

    def test_busy_before_any_collective_puts_the_gang_back(self):
        flag = self.path("flag")
        result = self.gang("-n3", "-j3", "--retries", "1", "--crash-retries", "1",
                           tasks=[[[["barrier"], ["place"]], [["busy", flag], ["barrier"], ["place"]],
                                   [["barrier"], ["place"]]]])
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertTrue(os.path.exists(flag))

    def test_busy_after_a_collective_is_a_failure(self):
        self.check([[["barrier"]], [["barrier"], ["busy", self.path("flag")]], [["barrier"]]],
                   "GangFailed: rank 1: it was busy after the members of its gang had begun to exchange values")

    def test_a_time_out_is_told_of_whom_the_others_wait_for(self):
        clock, hangs, refused = self.clock(), self.post("hangs"), self.post("refused")
        waits = [["barrier"], ["try", [["barrier"]]], ["tell", refused.path]]
        # When it hangs the others have long been at the second barrier.
        bad = [["barrier"], *[["get", "x"]] * 100, ["tell", hangs.path], ["hang"]]
        run = self.start("gang", "-n3", "-j3", "--in", "json", "--timeout", "1000", "--", PYTHON, self.worker)
        run.write(json.dumps([waits, bad, [["barrier"], ["barrier"]]]) + "\n")
        self.assertEqual(hangs.line(), "here")
        clock.forward(1001)
        run.write(json.dumps([[["barrier"], ["place"]]]) + "\n")  # wakes it
        self.assertEqual(refused.line(), "here")
        clock.forward(6)  # --kill-grace
        run.write(json.dumps([[["place"]]]) + "\n")
        run.close_input()
        result = run.finish()
        self.assertEqual((result.status, result.values[0]), (1, None), result)
        self.assertEqual(result.values[1:], [[[None, [r, 3]] for r in range(3)], [[[r, 3]] for r in range(3)]])
        self.assertIn("Timeout: rank 1: no answer within 1000 s", result.err)

    def test_it_is_tried_again(self):
        flag = self.path("flag")
        worker = self.file("once.py", WORKER.replace('if name == "raise":', 'if name == "once":\n            if '
                                                     'os.path.exists(args[0]): continue\n            open(args[0], '
                                                     '"w").close(); raise ValueError("once")\n        if name == "raise":'))
        result = self.spread("gang", "-n2", "-j2", "--retries", "2", "--in", "json", "--", PYTHON, worker,
                             input=json.dumps([[["barrier"], ["once", flag], ["meta"]], [["barrier"], ["barrier"]]])
                             .replace('["barrier"], ["barrier"]', '["barrier"]') + "\n")
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertEqual(result.values[0][0][1]["attempt"], 2)

    def test_one_that_leaves_with_its_answer_is_replaced(self):
        result = self.gang("-n2", "-j2", tasks=[[[["bye"], ["pid"]], [["pid"]]]] * 3)
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertEqual(len({value[0][0] for value in result.values} | {value[1][0] for value in result.values}), 4)

    def test_an_interrupted_gang_leaves_nothing(self):
        post = self.post()
        run = self.start("gang", "-n2", "-j2", "--in", "json", "--kill-grace", "0.2", "--", PYTHON, self.worker)
        run.write(json.dumps([[["barrier"]], [["tell", post.path], ["hang"]]]) + "\n")
        self.assertEqual(post.line(), "here")
        run.signal(signal.SIGINT)
        run.signal(signal.SIGINT)
        result = run.finish()
        self.assertEqual((result.status, result.out), (130, "null\n"), result)


class Misuse(GangTest):
    def test_each_gets_one_line(self):
        for words, told in [
                (["--", "w"], "-n K is missing: how many workers have each task"),
                (["-n0", "--", "w"], "-n: expected a whole number from 1 to 65536, not '0'"),
                (["-nx", "--", "w"], "-n: expected a whole number from 1 to 65536, not 'x'"),
                (["-n2", "--gather", "sum", "--", "w"], "--gather: expected list, root, concat, map or by-worker"),
                (["-n2", "--wire", "lines", "--", "cat"], "--wire lines has no ranks and no collectives"),
                (["-n2", "--window", "3", "--", "w"], "--window"),
        ]:
            with self.subTest(words=words):
                result = self.spread("gang", *words, input="")
                self.assertEqual(result.status, 255)
                self.assertIn(told, result.err)
                self.assertEqual(len(result.err.strip().splitlines()), 1, result.err)

    def test_the_ops_are_refused_where_there_is_no_gang(self):
        worker = self.file("asks.py", """import spread_worker as w
def handle(x):
    said = []
    for words in (("collective", None, 0, "barrier", None), ("put", None, "a", 1), ("get", None, "a")):
        try: said.append(w.ask(words[0], *words[1:]))
        except w.Refused as refused: said.append(str(refused))
    return said
w.run(handle)
""")
        result = self.spread("run", "-j1", "--in", "json", "--", PYTHON, worker, input="1\n")
        self.assertEqual(result.status, 0, result)
        for said in result.values[0]:
            self.assertIn("it works on no task of a gang", said)

    def test_outside_of_a_gang_each_call_is_the_identity(self):
        result = self.spread("run", "-j1", "--in", "json", "--", PYTHON, self.worker, input=json.dumps(
            [[["place"], ["broadcast", 3], ["allgather", 4], ["exchange", "x", 5], ["allreduce", 6, "sum"],
              ["barrier"], ["number_of_workers"]]]) + "\n")
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertEqual(result.values, [[[0, 1], 3, [4], {}, 6, None, 1]])
