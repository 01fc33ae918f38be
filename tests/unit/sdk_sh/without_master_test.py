"""The sub-tasks of the shell SDK without a master, in every shell that is here."""

import json
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from subtasks_test import CODE, FEATURES, FOLDER, SUM, harness, subtask_master
from worker_test import SDK, SHELLS, shell_worker


class WithoutMaster(unittest.TestCase):
    """A plain call of the SDK in a script of its own."""

    HANDLER = """
show() { printf '%s\\n' "$SPREAD_ANSWER"; }
handler() {
    case $1 in
        deeper)
            spread_submit '["deeper"]' && spread_fetch "$SPREAD_ANSWER" && spread_ok_json "$SPREAD_ANSWER" ||
                spread_subtasks_failed ;;
        say)
            spread_progress 0.5
            spread_log aside
            read -r line
            echo "handler: $line"
            spread_ok "$SPREAD_TASK" ;;
        *)  eval "$1" ;;
    esac
}
spread_register handler
"""

    def results(self, code, input=""):
        """From each shell, [what is printed, parsed line by line], with what is told on stderr behind it."""
        code = "set -eu\n. '%s'\n. '%s'\n%s" % (SDK, os.path.join(FOLDER, "spread-subtasks.sh"), code)
        environment = {k: v for k, v in os.environ.items() if not k.startswith("SPREAD_")}
        for shell in SHELLS:
            with self.subTest(shell=shell):
                done = subprocess.run(list(shell) + ["-c", code], env=environment, input=input, stdout=-1,
                                      stderr=-1, universal_newlines=True, timeout=harness.DEADLINE)
                self.assertEqual(done.returncode, 0, done.stderr)
                yield done.stdout.splitlines(), done.stderr

    def values(self, code):
        for lines, errors in self.results(self.HANDLER + code):
            self.assertEqual(errors, "")
            yield [json.loads(line) for line in lines]

    def test_sub_tasks_run_when_they_are_waited_for(self):
        code = """
spread_submit '["spread_common; spread_ok_json $SPREAD_ANSWER",
    "spread_parent; spread_ok_json $SPREAD_ANSWER", "spread_ok $SPREAD_TASK"]' '{"c":"]"}'
show; ids=$SPREAD_ANSWER
spread_wait "$ids" 1; show
spread_wait "$ids" 0; show
spread_fetch '[3, 1]'; show
spread_wait '[2]'; show
spread_fetch '[2]'; show
spread_fetch '[]'; show
spread_subpool 3; show
spread_common; show
! spread_parent
"""
        common = {"c": "]"}
        expected = [[1, 2, 3], [1], [1], [["ok", "3"], ["ok", common]], [2], [["ok", 0]], [], 3, None]
        for found in self.values(code):
            self.assertEqual(found, expected)

    def test_a_loop_that_asks_what_is_ready_comes_to_an_end(self):
        code = """
run() { echo "\\"run $SPREAD_TASK\\""; spread_ok "$1"; }
spread_register run
spread_submit '["a","b","c"]'
for left in '[1,2,3]' '[2,3]' '[3]' '[2,3,1]' '[]'; do spread_ready "$left"; show; done
spread_submit '["d","e"]'
spread_wait '[5]'; show
spread_ready '[4,5]'; show
"""
        loop = ["run 1", [1], "run 2", [2], "run 3", [3], [2, 3, 1], []]
        for found in self.values(code):
            self.assertEqual(found, loop + ["run 5", [5], "run 4", [4, 5]])

    def test_a_payload_is_what_a_master_would_send(self):
        payloads = [" a,\"b\\]\\", {"x": [1, {"y": "}"}]}, [], "line\n\n", -1.5e3, None, [[1, 2], "\u00e9\u20ac"]]
        code = """
text() { spread_ok "$1"; }
same() { spread_ok_json "$1"; }
for handler in text "-j same"; do
    spread_register $handler
    spread_submit '%s' && spread_fetch "$SPREAD_ANSWER"; show
done
"""
        for ascii in (False, True):
            for text in (json.dumps(payloads, ensure_ascii=ascii), json.dumps(payloads, ensure_ascii=ascii, indent=1)):
                for texts, same in self.values(code % text):
                    self.assertEqual([value for _, value in same], payloads)
                    for (kind, value), payload in zip(texts, payloads):
                        self.assertEqual(kind, "ok")
                        self.assertEqual(value if isinstance(payload, str) else json.loads(value), payload)

    def test_a_failure_is_the_value(self):
        calls = {
            "return 3": ["exit", "exit status 3"],
            ":": ["NoAnswer", "no answer from handler (spread_ok in a subshell?)"],
            "spread_error Own no": ["Own", "no"],
            "spread_fatal Model wrong": ["Model", "wrong"],
            "spread_busy 2 later,on": ["Busy", "later,on"],
            "spread_ok_json [1": ["BadResult", "the answer is not JSON: [1"],
            "exit 4": ["NoResponse", "exit status 4"],
        }
        code = "spread_submit '%s' && spread_fetch \"$SPREAD_ANSWER\"; show" % json.dumps(list(calls))
        for (found,) in self.values(code):
            self.assertEqual([[kind, list(what.values())] for kind, what in found],
                             [["error", what] for what in calls.values()])

    def test_what_is_no_sub_task_of_the_task_or_malformed_is_refused(self):
        code = """
spread_submit '["spread_submit [1]; spread_ok_json \\"$SPREAD_ANSWER\\"", "spread_fetch [1] || spread_subtasks_failed"]'
spread_fetch '[2,1]'; show
for call in "fetch [1]" "fetch [3]" "wait [9999999999999999999]" "wait [99999999999999999999]" "ready x" "fetch [\\"a\\"]" "submit 5" "submit [1,]" \\
        "submit [1] x" "subpool -1"; do
    ! spread_$call; show
done
spread_submit '["spread_ok 4"]'; show
! spread_wait '[4]' 2; show
! spread_wait '[4]' -1; show
! spread_fetch '[4,4]'; show
spread_fetch '[4]'; show
"""
        unknown = "%s names %s, which is no sub-task of this task, or was fetched"
        refusals = [
            ["UnknownSubtask", unknown % ("fetch", 1)],
            ["UnknownSubtask", unknown % ("fetch", 3)],
            ["UnknownSubtask", unknown % ("wait", 9999999999999999999)],
            ["BadAsk", "wait takes an array of ids"],
            ["BadAsk", "ready takes an array of ids"],
            ["BadAsk", "fetch takes an array of ids"],
        ]
        refusals += 3 * [["BadAsk", "submit takes an array of payloads, and perhaps a common part"]]
        refusals += [["BadAsk", "subpool takes a number of slots"]]
        counts = 2 * [["BadAsk", "wait takes a count from 0 to that of its ids, 1"]]
        for first, *found in self.values(code):
            error = {"type": "UnknownSubtask", "message": unknown % ("fetch", 1)}
            self.assertEqual(first, [["error", error], ["ok", [3]]])
            told = [list(value.values()) if isinstance(value, dict) else value for value in found]
            self.assertEqual(told, refusals + [[4]] + counts + [["BadAsk", "fetch names 4 twice"], [["ok", "4"]]])

    def test_the_depth_is_limited(self):
        for (found,) in self.values("spread_submit '[\"deeper\"]' && spread_fetch \"$SPREAD_ANSWER\"; show"):
            for _ in range(15):
                ((kind, found),) = found
                self.assertEqual(kind, "ok")
            self.assertEqual(found, [["error", {"type": "TooDeep", "message": "a sub-task of depth 16 submits no others"}]])

    def test_none_are_submitted_at_every_depth(self):
        code = r"""
down() {
    list=[]
    [ "$1" -eq 16 ] || list="[\"$(($1 + 1))\"]"
    spread_submit "$list" && spread_fetch "$SPREAD_ANSWER" && spread_ok_json "$SPREAD_ANSWER" || spread_subtasks_failed
}
spread_register down
down 0; show
"""
        for ((kind, found),) in self.values(code):
            for _ in range(16):
                ((kind, found),) = found
                self.assertEqual(kind, "ok")
            self.assertEqual(found, [])

    def test_a_sub_task_has_the_programs_input_and_output(self):
        code = self.HANDLER + """
spread_submit '["say", "say"]' && spread_fetch "$SPREAD_ANSWER"; show
"""
        for lines, errors in self.results(code, input="a\nb\n"):
            self.assertEqual(lines, ["handler: a", "handler: b", '[["ok","1"],["ok","2"]]'])
            self.assertEqual(errors, 2 * "spread-worker.sh: aside\n")

    def test_a_child_that_outlives_its_sub_task_is_not_waited_for(self):
        code = """
spread_submit '["sleep 3600 & spread_ok_json $!"]' && spread_fetch "$SPREAD_ANSWER"
kill "$(printf %s "$SPREAD_ANSWER" | tr -cd 0-9)"; show
"""
        for (found,) in self.values(code):
            self.assertEqual(found[0][0], "ok")

    def test_hooks_are_called_around_each(self):
        code = """
before() { echo "\\"before $SPREAD_TASK\\""; [ "$SPREAD_TASK" != 2 ]; }
after() { echo "\\"after $SPREAD_TASK\\""; }
spread_before_task before
spread_after_task after
spread_submit '["spread_ok 1","spread_ok 2"]' && spread_fetch "$SPREAD_ANSWER"; show
"""
        error = ["error", {"type": "exit", "message": "before: exit status 1"}]
        for found in self.values(code):
            self.assertEqual(found, ["before 1", "after 1", "before 2", "after 2", [["ok", "1"], error]])

    def test_a_handler_must_be_registered(self):
        code = """
spread_submit '[1]'
! spread_fetch "$SPREAD_ANSWER"
printf '%s\n' "$SPREAD_ANSWER"
"""
        for lines, _ in self.results(code):
            self.assertEqual(json.loads(lines[0])["message"], "outside of a worker, sub-tasks need spread_register")

    def test_the_answer_of_a_handler_that_is_called_is_left(self):
        calls = {"spread_ok 5": ["ok", "5"], "spread_busy 2 why": ["busy", 2, "why"],
                 "spread_error Own no": ["error", {"type": "Own", "message": "no"}]}
        for found in self.values("".join("handler '%s'; show\n" % call for call in calls)):
            self.assertEqual(found, list(calls.values()))

    def test_there_is_none_behind_spread_run_either(self):
        code = CODE + """
spread_submit '["SPREAD_ANSWER=5"]' && spread_fetch "$SPREAD_ANSWER"
printf '%s\n' "$SPREAD_ANSWER"
"""
        for shell in SHELLS:
            with self.subTest(shell=shell), shell_worker(code, shell, env=FEATURES) as worker:
                worker.hello()
                worker.close()
                self.assertEqual(worker.rest(), b'[["ok",5]]\n')

    def test_the_common_script_gives_its_sum(self):
        payloads = ((5, 0), (0, 1), (3, 2), (1, 16))
        environment = dict(os.environ, SPREAD_SDK=FOLDER)
        for shell in SHELLS:
            with self.subTest(shell=shell):
                words = list(shell) + [SUM] + [json.dumps(payload) for payload in payloads]
                found = subprocess.run(words, env=environment, stdout=-1, universal_newlines=True,
                                       timeout=harness.DEADLINE).stdout
                sums = [["ok", subtask_master.expected(*payload)] for payload in payloads]
                self.assertEqual([json.loads(line) for line in found.splitlines()], sums)


if __name__ == "__main__":
    unittest.main()
