"""Shards, lists of tasks, and prep items that come again, in the shell SDK, in every shell that is here."""

import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sdk_python"))
import harness
from harness import golden_bytes
from worker_test import SDK, SHELLS, shell_worker

SHARDS = os.path.join(harness.ROOT, "worker_sdk", "sh", "spread-shards.sh")
SUBTASKS = os.path.join(harness.ROOT, "worker_sdk", "sh", "spread-subtasks.sh")
SOURCE = ". '%s'\n" % SHARDS
# So many hundredths of a second pass at each look at the clock.
CLOCK = SOURCE + """
now=0 looks=0
_spread_clock() { now=$((now + step)) looks=$((looks + 1)); _spread_now=$now; }
"""
CHUNK = {"SPREAD_CHUNK": "4"}
MAX = 2**63 - 1


def shard(start, stop, **more):
    return dict({"index": 1, "total": 4, "start": start, "stop": stop, "max": MAX}, **more)


def failure(type, message):
    return ["error", {"type": type, "message": message}]


class EachShell(unittest.TestCase):
    def workers(self, code, **options):
        for shell in SHELLS:
            with self.subTest(shell=shell, code=code), shell_worker(code, shell, **options) as worker:
                worker.hello()
                yield worker

    def answer(self, worker, payload, task=7):
        """What is said of this task, up to its answer."""
        worker.task(task, payload)
        found = []
        while not found or found[-1][1] == "progress":
            found.append(worker.message())
            self.assertEqual(found[-1][0], task)
        return [[m[1], float(m[2])] if m[1] == "progress" else m[1:] for m in found]


class Shard(EachShell):
    CODE = SOURCE + """
handler() {
    spread_shard || { spread_shards_failed; return; }
    spread_ok_json "[$SPREAD_INDEX,$SPREAD_TOTAL,$SPREAD_START,$SPREAD_STOP,$SPREAD_MAX,$SPREAD_PARTS]"
}
spread_run handler
"""

    def test_is_what_the_payload_says(self):
        parts = [["a,\"]}", "start\":5"], [3, {"stop": 4}]]
        for w in self.workers(self.CODE):
            self.assertEqual(self.answer(w, shard(2**62, 2**62 + 5)),
                             [["ok", [1, 4, 2**62, 2**62 + 5, MAX, []]]])
            self.assertEqual(self.answer(w, shard(0, 2, parts=parts)), [["ok", [1, 4, 0, 2, MAX, parts]]])
            w.send(b'[7,{"max":9, "parts" : [ [1] ],"stop":3 ,"start":2,"total":5,"index":4,"more":"x"}]\n')
            self.assertEqual(w.message(), [7, "ok", [4, 5, 2, 3, 9, [[1]]]])

    def test_what_is_none_fails_and_says_why(self):
        without = shard(0, 1)
        del without["stop"]
        for w in self.workers(self.CODE):
            for payload, why in (
                (None, "its payload is no map"),
                ([1], "its payload is no map"),
                ("{}", "its payload is no map"),
                ({}, "its 'index' is missing"),
                (without, "its 'stop' is missing"),
                (shard(0, 1.5), "its 'stop' is no integer"),
                (shard("1", 2), "its 'start' is no integer"),
                (shard(3, 2), "its 'start' is above its 'stop'"),
                (shard(0, 2, parts=3), "its 'parts' are no list"),
            ):
                self.assertEqual(self.answer(w, payload),
                                 [failure("NoShard", "the task is no shard: " + why)])

    def test_parts_are_gone_through(self):
        code = SOURCE + """
show() { found="$found<$1>"; [ "$1" != stop ] || return 3; }
handler() {
    found=
    spread_part 1 show && spread_part 0 show && spread_ok "$found" || spread_shards_failed
}
spread_run handler
"""
        for w in self.workers(code):
            parts = [["a b", "line\nline", "", "\\"], [1, [2, "x"], None]]
            self.assertEqual(self.answer(w, shard(0, 4, parts=parts)),
                             [["ok", "<1><[2,\"x\"]><null><a b><line\nline><><\\>"]])
            self.assertEqual(self.answer(w, shard(0, 4, parts=[[], []])), [["ok", ""]])
            self.assertEqual(self.answer(w, shard(0, 4, parts=[[]])),
                             [failure("NoShard", "the shard has no part 1")])
            self.assertEqual(self.answer(w, shard(0, 4, parts=[["a"], [1, "stop", 2]])),
                             [failure("exit", "show: exit status 3")])

    def test_may_be_given_where_there_is_no_master(self):
        code = "set -eu\n. '%s'\n. '%s'\n. '%s'\n" % (SDK, SUBTASKS, SHARDS) + """
add() { sum=$((sum + $1)); }
payload='{"index":3,"total":4,"start":5,"stop":8,"max":8}'
sum=0; spread_range add "$payload"; echo "$SPREAD_INDEX $sum"
spread_range add || echo "$SPREAD_ANSWER"
handler() { sum=0; spread_range add && spread_ok_json "$sum" || spread_shards_failed; }
spread_register handler
spread_submit "[$payload,1]" && spread_fetch "$SPREAD_ANSWER" && echo "$SPREAD_ANSWER"
"""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("SPREAD_")}
        error = '{"type":"NoShard","message":"the task is no shard: its payload is no map"}'
        for shell in SHELLS:
            with self.subTest(shell=shell):
                done = subprocess.run(list(shell) + ["-c", code], env=environment, stdout=-1, stderr=-1,
                                      universal_newlines=True, timeout=harness.DEADLINE)
                self.assertEqual(done.stdout, '3 18\n%s\n[["ok",18],["error",%s]]\n' % (error, error))
                self.assertEqual(done.stderr, "")


class Range(EachShell):
    SUM = """
add() { sum=$((sum + $1)); }
handler() { sum=0; spread_range add && spread_ok_json "$sum" || spread_shards_failed; }
spread_run handler
"""

    def test_calls_the_function_and_tells_how_far_it_is(self):
        for w in self.workers("step=25\n" + CLOCK + self.SUM):
            told = [["progress", n / 4] for n in range(1, 5)]
            self.assertEqual(self.answer(w, shard(0, 4)), told + [["ok", 6]])
            self.assertEqual(w.raw, b'\n[7,"ok",6]\n')
            told = [["progress", n / 8] for n in range(1, 9)]
            self.assertEqual(self.answer(w, shard(2**62, 2**62 + 8))[:-1], told)

    def test_tells_it_five_times_a_second_and_at_its_end(self):
        for w in self.workers("step=6\n" + CLOCK + self.SUM):
            self.assertEqual(self.answer(w, shard(0, 10)),
                             [["progress", 0.4], ["progress", 0.8], ["progress", 1], ["ok", 45]])
            self.assertEqual(self.answer(w, shard(3, 3)), [["progress", 1], ["ok", 0]])

    def test_looks_at_the_clock_behind_every_16th_of_tiny_ones(self):
        count = "\nhandler() { spread_range : && spread_ok_json \"$looks\"; }\nspread_run handler\n"
        for w in self.workers("step=0\n" + CLOCK + count):
            self.assertEqual(self.answer(w, shard(0, 15 + 16 * 9)), [["progress", 1], ["ok", 1 + 4 + 8]])

    def test_tells_the_end_where_no_clock_can_be_read(self):
        for w in self.workers(SOURCE + "_spread_clock() { return 1; }" + self.SUM):
            self.assertEqual(self.answer(w, shard(0, 40)), [["progress", 1], ["ok", 780]])

    def test_the_machines_clock_has_hundredths_of_a_second(self):
        if not os.path.exists("/proc/uptime"):
            self.skipTest("there is no /proc/uptime here")
        code = SOURCE + "handler() { _spread_clock; spread_ok_json \"$_spread_now\"; }\nspread_run handler\n"
        for w in self.workers(code):
            with open("/proc/uptime") as file:
                before = float(file.read().split()[0])
            (_, value), = self.answer(w, 1)
            with open("/proc/uptime") as file:
                self.assertTrue(before * 100 - 0.5 <= value <= float(file.read().split()[0]) * 100 + 0.5)

    def test_fractions_of_large_ranges_are_right(self):
        code = SOURCE + """
handler() {
    spread_shard
    _spread_clock() { _spread_now=1000; }
    _spread_begin_telling "$SPREAD_START" "$SPREAD_STOP"
    _spread_clock() { _spread_now=2000; }
    _spread_tell "$(($SPREAD_START + ($SPREAD_STOP - $SPREAD_START) / 4 * 3))" "$SPREAD_STOP"
    _spread_clock() { _spread_now=3000; }
    _spread_tell "$(($SPREAD_STOP - 1))" "$SPREAD_STOP"
    spread_ok done
}
spread_run handler
"""
        for w in self.workers(code):
            for stop in (10**12, MAX):
                self.assertEqual(self.answer(w, shard(0, stop)),
                                 [["progress", 0.75], ["progress", 0.999999], ["ok", "done"]])

    def test_stops_where_the_function_fails_or_answers(self):
        code = "step=25\n" + CLOCK + """
look() { case $1 in 12) $what ;; esac; }
handler() { spread_range look && spread_ok end || spread_shards_failed; }
spread_run handler
"""
        told = [["progress", 0.25], ["progress", 0.5]]
        for what, expected in (("return 3", failure("exit", "look: exit status 3")),
                               ("spread_error Own no", failure("Own", "no"))):
            for w in self.workers("what='%s'\n" % what + code):
                self.assertEqual(self.answer(w, shard(10, 14)), told + [expected])

    def test_the_first_one_tells(self):
        code = "step=25\n" + CLOCK + """
inner() { count=$((count + 1)); }
outer() { spread_range inner; }
handler() { count=0; spread_range outer && spread_range inner && spread_ok_json "$count"; }
spread_run handler
"""
        for w in self.workers(code):
            for _ in range(2):
                self.assertEqual(self.answer(w, shard(0, 4)),
                                 [["progress", n / 4] for n in range(1, 5)] + [["ok", 20]])


class Lists(EachShell):
    ECHO = 'handler() { spread_ok_json "$1"; }\n'

    def test_a_handler_is_called_for_each_without_another_file(self):
        for w in self.workers('handler() { spread_ok "<$1>"; }\nspread_run handler\n', env=CHUNK):
            self.assertEqual(self.answer(w, [1, "a\nb", {"c": [","]}, [2, 3]]),
                             [["ok", ["<1>", "<a\nb>", "<{\"c\":[\",\"]}>", "<[2,3]>"]]])
            self.assertEqual(self.answer(w, ["x"]), [["ok", ["<x>"]]])
            self.assertEqual(self.answer(w, []), [["ok", []]])

    def test_have_the_golden_bytes(self):
        for run in ("spread_run -j handler", "spread_run -l handler"):
            for w in self.workers(SOURCE + self.ECHO + run, env=CHUNK):
                for name in ("list of a chunk", "list of a chunk of one"):
                    w.send(golden_bytes("down", "json", "task " + name))
                    w.message()
                    self.assertEqual(w.raw, golden_bytes("up", "json", "ok " + name))

    def test_long_ones_are_read_and_written(self):
        payload = list(range(3000))
        for run in ("spread_run handler", "spread_run -l handler"):
            for w in self.workers(SOURCE + self.ECHO + run, env=CHUNK):
                self.assertEqual(self.answer(w, payload), [["ok", payload]])

    def test_the_first_that_is_not_ok_is_the_answer(self):
        code = """
handler() {
    case $1 in
        fail) return 3 ;;
        error) spread_error Own no ;;
        busy) spread_busy 2.5 load ;;
        fatal) spread_fatal Model none ;;
        none) ;;
        *) spread_ok "$1" ;;
    esac
}
spread_run handler
"""
        for w in self.workers(code, env=CHUNK):
            for payload, expected in (
                (["a", "fail", "fatal"], failure("exit", "exit status 3")),
                (["a", "error"], failure("Own", "no")),
                (["busy", "a"], ["busy", 2.5, "load"]),
                (["a", "fatal"], ["fatal", {"type": "Model", "message": "none"}]),
                (["none"], failure("NoAnswer", "no answer from handler (spread_ok in a subshell?)")),
                (["a\u0000b"], failure("NulByte", "the payload holds a NUL, which a shell variable cannot")),
                (3, failure("PayloadError", "SPREAD_CHUNK is set, and the payload is no list of payloads")),
                (["a", "b"], ["ok", ["a", "b"]]),
            ):
                self.assertEqual(self.answer(w, payload), [expected])

    def test_a_handler_for_lists_is_given_them_and_elsewhere_lists_of_one(self):
        code = SOURCE + 'handler() { spread_ok_json "$(echo "$1" | sed "s/,/, /g")"; last=$1; }\n' \
            'spread_run -l handler\necho "$last"\n'
        for env, payload, last in ((CHUNK, [1, "x"], '[1,"x"]'), ({}, [1, 2], "[[1,2]]"),
                                   ({"SPREAD_CHUNK": ""}, "x", '["x"]')):
            for w in self.workers(code, env=env):
                self.assertEqual(self.answer(w, payload), [["ok", payload]])
                w.close()
                self.assertEqual(w.rest().decode(), last + "\n")

    def test_results_are_counted(self):
        code = SOURCE + 'handler() { spread_ok_json "$answer"; }\nspread_run -l handler\n'
        takes = "spread_run -l takes a JSON list of results, and not "
        for answer, expected in (
            ('[1,"]",[3]]', ["ok", [1, "]", [3]]]),
            ("[1,2]", failure("BadResult", "2 results for 3 payloads")),
            ("[1]", failure("BadResult", "1 result for 3 payloads")),
            ("[]", failure("BadResult", "0 results for 3 payloads")),
            ("5", failure("BadResult", takes + "5")),
            ("[1,2", failure("BadResult", takes + "[1,2")),
        ):
            for w in self.workers("answer='%s'\n" % answer + code, env=CHUNK):
                self.assertEqual(self.answer(w, [1, 2, 3]), [expected])
        for w in self.workers("answer='[1,2]'\n" + code):
            self.assertEqual(self.answer(w, 1), [failure("BadResult", "2 results for 1 payload")])
        for w in self.workers("answer='[1,2]'\n" + code, env=CHUNK):
            why = "SPREAD_CHUNK is set, and the payload is no list of payloads"
            self.assertEqual(self.answer(w, 1), [failure("PayloadError", why)])

    def test_a_handler_for_lists_needs_its_file(self):
        for shell in SHELLS:
            with shell_worker("spread_run -l handler", shell) as w:
                self.assertEqual(w.status(), 2)
                self.assertIn("spread_run -l needs spread-shards.sh, sourced behind", w.errors())

    def test_hooks_are_around_each_call(self):
        code = SOURCE + """
called=
before() { called="$called<"; }
after() { called="$called>"; }
spread_before_task before
spread_after_task after
each() { called=$called$1; spread_ok "$called"; }
all() { called="$called*"; spread_ok_json "[\\"$called\\",0]"; }
"""
        for run, expected in (("spread_run each", ["<a", "<a><b"]), ("spread_run -l all", ["<*", 0])):
            for w in self.workers(code + run, env=CHUNK):
                self.assertEqual(self.answer(w, ["a", "b"]), [["ok", expected]])

    def test_a_hook_in_front_fails_the_list(self):
        code = "no() { return 4; }\nspread_before_task no\n" + self.ECHO + "spread_run handler"
        for w in self.workers(code, env=CHUNK):
            self.assertEqual(self.answer(w, [1, 2]), [failure("exit", "no: exit status 4")])

    def test_each_of_them_may_be_a_shard_and_none_tells_progress(self):
        for w in self.workers(SOURCE + Range.SUM, env=CHUNK):
            self.assertEqual(self.answer(w, [shard(0, 3), shard(3, 6)]), [["ok", [3, 12]]])

    def test_a_handler_for_lists_knows_its_shard(self):
        code = SOURCE + """
add() { sum=$((sum + $1)); }
handler() { sum=0; spread_range add && spread_ok_json "[$sum]" || spread_shards_failed; }
spread_run -l handler
"""
        for w in self.workers(code):
            self.assertEqual(self.answer(w, shard(1, 4)), [["progress", 1], ["ok", 6]])

    def test_children_are_told_nothing_of_them(self):
        code = 'handler() { spread_ok "$(sh -c \'echo "${SPREAD_CHUNK-none}"\')"; }\nspread_run handler\n'
        for w in self.workers(code, env=CHUNK):
            self.assertEqual(self.answer(w, [1]), [["ok", ["none"]]])


class Again(EachShell):
    CODE = """
made=
prep() { [ "$1" != fail ] || return 5; made="$made<$1>"; echo "prep $1" >&2; }
handler() { spread_ok "$made"; }
spread_run handler prep
"""

    def test_prepares_anew_from_the_golden_bytes(self):
        for w in self.workers(self.CODE, prep=1):
            w.send(b'"a\\nb"\n')
            self.assertEqual(self.answer(w, 1), [["ok", "<a\nb>"]])
            w.send(golden_bytes("down", "json", "prepare again"))
            self.assertEqual(self.answer(w, 1), [["ok", '<a\nb><model.bin><4><{"a":[1.5,null]}>']])
            w.send(golden_bytes("down", "json", "prepare again of nothing"))
            self.assertEqual(self.answer(w, 1), [["ok", '<a\nb><model.bin><4><{"a":[1.5,null]}>']])
            self.assertEqual(len(w.ready), 1)

    def test_a_worker_that_prepares_nothing_goes_on(self):
        for w in self.workers(Lists.ECHO + "spread_run handler"):
            w.send(golden_bytes("down", "json", "prepare again of nothing"))
            self.assertEqual(self.answer(w, 1), [["ok", 1]])

    def test_a_failure_is_told_and_ends_the_worker(self):
        for w in self.workers(self.CODE):
            self.assertEqual(self.answer(w, 1), [["ok", ""]])
            w.send(b'[null,"prep",["x","fail","y"]]\n[8,2]\n')
            self.assertEqual(w.message(), [None] + failure("PrepError", "prep: exit status 5"))
            self.assertIsNone(w.message())
            self.assertEqual(w.status(), 1)
            self.assertNotIn("prep y", w.errors())

    def test_what_prep_says_of_it_is_no_tasks(self):
        code = "prep() { spread_progress 0.5; spread_log made; }\n" + Lists.ECHO + "spread_run handler prep"
        for w in self.workers(code):
            self.assertEqual(self.answer(w, 1), [["ok", 1]])
            w.send(b'[null,"prep",["x"]]\n')
            self.assertEqual(self.answer(w, 2), [["ok", 2]])
            self.assertIn("made", w.errors())

    def test_waits_for_the_end_of_a_task_that_waits(self):
        code = """
. '%s'
made=
prep() { made=$made$1; }
handler() {
    if spread_parent; then spread_ok "sub $made"; return; fi
    spread_wait '[5]'
    spread_ok "$made"
}
spread_run handler prep
""" % SUBTASKS
        for w in self.workers(code, env={"SPREAD_FEATURES": "ask,subtasks"}):
            w.task(4, "x")
            self.assertEqual(w.message()[1], "ask")
            w.send(b'[null,"prep",["x"]]\n')
            w.send(b'[5,"s",{"attempt":1,"parent":4,"depth":1}]\n')
            self.assertEqual(w.message(), [5, "ok", "sub "])
            w.send(b'[null,"answer",1,[5]]\n')
            self.assertEqual(w.message(), [4, "ok", ""])
            w.send(b'[6,"s",{"attempt":1,"parent":4,"depth":1}]\n')
            self.assertEqual(w.message(), [6, "ok", "sub x"])


if __name__ == "__main__":
    unittest.main()
