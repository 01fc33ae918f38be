"""The shell SDK over real pipes, in every shell that is here; sh itself is needed."""

import base64
import json
import os
import pty
import shutil
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sdk_python"))
import harness
from harness import Worker, golden_bytes

SDK = os.path.join(harness.ROOT, "worker_sdk", "sh", "spread-worker.sh")
SHELLS = [["sh"]] + [
    words
    for words in (["dash"], ["bash"], ["bash", "--posix"], ["busybox", "sh"], ["ksh"])
    if shutil.which(words[0])
]
ECHO = 'handler() { spread_ok "$1"; }\nspread_run handler\n'


def shell_worker(code, shell=("sh",), wire="json", options=(), **rest):
    # set -eu: a user's script may have it, so the SDK must bear it.
    argv = list(shell) + list(options) + ["-c", "set -eu\n. '%s'\n%s" % (SDK, code)]
    return Worker("", argv=argv, wire=wire, **rest)


class Strings(unittest.TestCase):
    TEXTS = [
        "",
        "plain",
        "two words  ",
        " leading",
        'quote "',
        "back\\slash",
        "\\",
        "\\\\",
        "a\\",
        "\\n is no newline",
        "\n",
        "\n\n\n",
        "line 1\nline 2\n",
        "tab\tcr\rbell\abackspace\bff\fescape\x1b",
        "\x7f",
        "'",
        "`id`",
        "$(id)",
        "$HOME ${x}",
        "*",
        "/*",
        "[a-z]*",
        "?",
        "%s %d %n",
        "-n",
        "-e",
        "--",
        "\u00e9\u20ac\U0001f600",
        "\u018f",
        "\ud7ff\ue000\ufffd\U0010ffff",
        '{"a": 1}',
        "[1,2]",
        "null",
        "12",
        "a,b,c",
        "]",
        "x]",
        ",",
        "".join(map(chr, range(1, 128))),
        "x" * 70000,
        '\\"\n' * 700,
        "\u00e9" * 3000,
    ]

    def check(self, shell, encode):
        with shell_worker(ECHO, shell) as w:
            w.hello()
            for id, text in enumerate(self.TEXTS):
                with self.subTest(shell=shell, text=text[:50]):
                    w.send(b"[%d,%s]\n" % (id, encode(text)))
                    self.assertEqual(w.message(), [id, "ok", text])

    def test_every_string_comes_back(self):
        for shell in SHELLS:
            self.check(shell, lambda text: json.dumps(text, ensure_ascii=False).encode())

    def test_every_string_written_in_ascii_comes_back(self):
        for shell in SHELLS:
            self.check(shell, lambda text: json.dumps(text).encode())

    def test_every_string_comes_back_in_another_locale(self):
        with shell_worker(
            ECHO, ["bash"] if shutil.which("bash") else ["sh"], env={"LC_ALL": "C.UTF-8"}
        ) as w:
            w.hello()
            for id, text in enumerate(self.TEXTS):
                w.task(id, text)
                self.assertEqual(w.message(), [id, "ok", text])

    def test_every_character_written_as_an_escape(self):
        # Each code point beside the borders of UTF-8, in both cases of the digits.
        points = [
            1,
            0x7F,
            0x80,
            0x7FF,
            0x800,
            0xFFF,
            0x1000,
            0xABCD,
            0xCDEF,
            0xD7FF,
            0xE000,
            0xFFFF,
        ]
        body = "".join("\\u%04x\\u%04X" % (p, p) for p in points)
        for shell in SHELLS:
            with self.subTest(shell=shell), shell_worker(ECHO, shell) as w:
                w.hello()
                w.send(b'[1,"%s"]\n' % body.encode())
                self.assertEqual(w.message()[2], "".join(chr(p) * 2 for p in points))

    def test_short_escapes_and_escaped_slashes(self):
        with shell_worker(ECHO) as w:
            w.hello()
            w.send(b'[1,"\\/\\b\\f\\n\\r\\t\\"\\\\n"]\n')
            self.assertEqual(w.message(), [1, "ok", '/\b\f\n\r\t"\\n'])

    def test_half_a_surrogate_pair_is_a_replacement_character(self):
        for shell in SHELLS:
            with self.subTest(shell=shell), shell_worker(ECHO, shell) as w:
                w.hello()
                for text, expected in (
                    ("\\ud83d", "\ufffd"),
                    ("\\ude00x", "\ufffdx"),
                    ("\\ud83dx", "\ufffdx"),
                    ("\\ud83d\\n", "\ufffd\n"),
                    ("\\ud83d\\u0041", "\ufffdA"),
                    ("\\ud83d\\\\", "\ufffd\\"),
                    ("\\ud83d\\ud83d\\ude00", "\ufffd\U0001f600"),
                ):
                    w.send(b'[1,"%s"]\n' % text.encode())
                    self.assertEqual(w.message(), [1, "ok", expected])

    def test_a_bin_arrives_as_its_bytes(self):
        for shell in SHELLS:
            with self.subTest(shell=shell), shell_worker(ECHO, shell) as w:
                w.hello()
                for data in (b"caf\xe9.txt", b"\xff\n\n", b"\xc3", b"\xff.", b"\xfe" * 5000, b"A"):
                    payload = {"$bin": base64.b64encode(data).decode()}
                    # What is UTF-8 after all comes back as text.
                    answer = "A" if data == b"A" else payload
                    self.assertEqual(w.ask(payload), [[0, "ok", answer]])

    def test_a_nul_in_a_bin_fails_the_task(self):
        for shell in SHELLS:
            with self.subTest(shell=shell), shell_worker(ECHO, shell) as w:
                w.hello()
                failed, answered = w.ask({"$bin": "/wBB"}, "next")
                self.assertEqual((failed[1], failed[2]["type"]), ("error", "NulByte"))
                self.assertEqual(answered, [1, "ok", "next"])

    def test_what_only_looks_like_a_bin_is_json_text(self):
        for value in ({"$bin": "AA", "a": "b"}, {"$bin": "!"}, {"$bin": "A", "$bin2": "A"}):
            with self.subTest(value=value), shell_worker(ECHO) as w:
                w.hello()
                self.assertEqual(json.loads(w.ask(value)[0][2]), value)
        with shell_worker(ECHO.replace("spread_run", "spread_run -j")) as w:
            w.hello()
            self.assertEqual(w.ask({"$bin": "6Q=="}), [[0, "ok", '{"$bin":"6Q=="}']])

    def test_bytes_that_are_not_utf8_are_a_bin(self):
        for text, octal in (
            ("/w==", "\\377"),
            ("YcKA4oI=", "a\\302\\200\\342\\202"),
            ("wIA=", "\\300\\200"),
            ("7aCA", "\\355\\240\\200"),
            ("9JCAgA==", "\\364\\220\\200\\200"),
        ):
            with self.subTest(octal), shell_worker(
                "h() { spread_ok \"$(printf '%s')\"; }\nspread_run h" % octal
            ) as w:
                w.hello()
                w.task(1, None)
                self.assertEqual(w.message(), [1, "ok", {"$bin": text}])

    def test_a_nul_fails_its_task_only(self):
        for shell in SHELLS:
            with self.subTest(shell=shell), shell_worker(ECHO, shell) as w:
                w.hello()
                w.send(b'[1,"a\\u0000b"]\n[2,"\\\\u0000"]\n[3,"\\\\\\u0000"]\n[4,"\\u00001\\n\\u0000"]\n')
                self.assertEqual(w.message()[:2], [1, "error"])
                self.assertEqual(w.message(), [2, "ok", "\\u0000"])
                for id in (3, 4):
                    failed = w.message()
                    self.assertEqual((failed[0], failed[1], failed[2]["type"]), (id, "error", "NulByte"))
                self.assertEqual(w.errors(), "")


class Messages(unittest.TestCase):
    KINDS = """
    handler() {
        case $1 in
            error) spread_error ValueError 'bad input' ;;
            fatal) spread_fatal NoModel 'model.bin is empty' ;;
            busy) spread_busy 2.5 'load average 14' ;;
            bc) spread_busy .5; return 1 ;;
            soon) spread_busy soon ;;
            progress) spread_progress .25; spread_ok_json 1 ;;
            log) spread_log 'cache miss'; spread_ok_json 1 ;;
            status) return 3 ;;
            nothing) ;;
            subshell) (spread_ok 1) ;;
            twice) spread_ok_json 1; spread_ok_json 2 ;;
            third) spread_ok_json -.333 ;;
            pretty) spread_ok_json '{
  "a": 1
}' ;;
            empty) spread_ok_json '' ;;
            prints) echo by echo; sh -c 'echo by a child'; cat; spread_ok_json 1 ;;
            task) spread_ok "$SPREAD_TASK" ;;
        esac
    }
    spread_run handler
    """

    def setUp(self):
        self.worker = shell_worker(self.KINDS)
        self.addCleanup(self.worker.__exit__)
        self.worker.hello()

    def ask(self, payload):
        self.worker.task(7, payload)
        return self.worker.message()

    def test_kinds_are_the_golden_ones(self):
        for payload, name in (
            ("error", "error"),
            ("fatal", "fatal"),
            ("busy", "busy with reason"),
            ("log", "log"),
        ):
            with self.subTest(name):
                self.ask(payload)
                self.assertEqual(self.worker.raw, golden_bytes("up", "json", name))
                if payload == "log":
                    self.assertEqual(self.worker.message(), [7, "ok", 1])

    def test_numbers_are_json(self):
        self.assertEqual(self.ask("bc"), [7, "busy", 0.5, ""])
        self.assertEqual(self.ask("progress"), [7, "progress", 0.25, ""])
        self.assertEqual(self.worker.message(), [7, "ok", 1])
        self.assertEqual(self.ask("third"), [7, "ok", -0.333])

    def test_a_wrong_number_of_seconds_is_an_error(self):
        self.assertEqual(self.ask("soon")[:2], [7, "error"])

    def test_a_status_is_an_error(self):
        self.assertEqual(
            self.ask("status"), [7, "error", {"type": "exit", "message": "exit status 3"}]
        )

    def test_no_answer_is_an_error(self):
        for payload in ("nothing", "subshell"):
            answer = self.ask(payload)
            self.assertEqual((answer[1], answer[2]["type"]), ("error", "NoAnswer"))

    def test_only_the_first_answer_counts(self):
        self.assertEqual(self.ask("twice"), [7, "ok", 1])
        self.assertEqual(self.ask("task"), [7, "ok", "7"])
        self.assertIn("second answer", self.worker.errors())

    def test_json_over_several_lines_is_one_answer(self):
        self.assertEqual(self.ask("pretty"), [7, "ok", {"a": 1}])

    def test_an_empty_json_value_is_an_error(self):
        self.assertEqual(self.ask("empty")[1], "error")

    def test_prints_and_children_do_not_touch_the_protocol(self):
        self.assertEqual(self.ask("prints"), [7, "ok", 1])
        self.assertIn("by echo\nby a child\n", self.worker.errors())

    def test_payloads_of_other_types_are_their_json_text(self):
        with shell_worker(ECHO) as w:
            w.hello()
            for value, text in (
                (12, "12"),
                (1.5, "1.5"),
                (None, "null"),
                (True, "true"),
                ({"a": [1, "x\n"]}, '{"a":[1,"x\\n"]}'),
                ([], "[]"),
            ):
                w.task(1, value)
                self.assertEqual(w.message(), [1, "ok", text])

    def test_every_golden_task_is_passed_on_with_j(self):
        count = 0
        with shell_worker('handler() { spread_ok_json "$1"; }\nspread_run -j handler') as w:
            w.hello()
            for case in harness.golden():
                if (case["direction"], case["wire"]) == ("down", "json") and case["message"][
                    "kind"
                ] == "task":
                    data = bytes.fromhex(harness.from_hex(case["hex"]))
                    w.send(data)
                    w.message()
                    head = b'\n[%d,"ok",' % case["message"]["id"]
                    if "meta" in case["message"]:
                        data = data[: data.rindex(b",{")] + b"]\n"
                    self.assertEqual(w.raw, head + data[data.index(b",") + 1 :])
                    count += 1
        self.assertGreater(count, 50)


class Process(unittest.TestCase):
    def test_the_tail_is_on_the_real_stdout(self):
        for shell in SHELLS:
            with self.subTest(shell=shell), shell_worker(
                ECHO + "echo tail\nsh -c 'echo child'", shell
            ) as w:
                w.hello()
                w.task(1, "x")
                w.message()
                w.close()
                self.assertEqual((w.rest(), w.status()), (b"tail\nchild\n", 0))

    def test_hello_begins_at_byte_0(self):
        with shell_worker(ECHO) as w:
            hello = w.hello()
            self.assertEqual((hello["wire"], hello["prep"], hello["lang"]), (1, 0, "sh"))
            self.assertEqual(w.raw[:1], b"[")

    def test_prep_items_come_one_by_one_and_stay(self):
        code = (
            'n=0\nprep() { n=$((n + 1)); all="${all-}<$1>"; }\n'
            'handler() { spread_ok "$n $all $1"; }\nspread_run handler prep'
        )
        with shell_worker(code, prep=3) as w:
            self.assertEqual(w.hello()["prep"], 3)
            w.send(b'"a\\nb"\n[0,"looks like a task"]\n12\n[5,"task"]\n')
            self.assertEqual(w.message(), [5, "ok", '3 <a\nb><[0,"looks like a task"]><12> task'])
            self.assertEqual(w.ready, [golden_bytes("up", "json", "ready")])

    def failure(self, code, data=b"", **options):
        with shell_worker(code, **options) as w:
            w.hello()
            w.send(data)
            w.close()
            message = w.message()
            self.assertEqual(message[:2], [None, "error"])
            self.assertEqual(w.status(), 1)
            return message[2]["message"]

    def test_a_failed_preparation_is_told(self):
        code = "prep() { return 4; }\nspread_run handler prep"
        self.assertEqual(self.failure(code, b"1\n", prep=1), "prep: exit status 4")

    def test_items_for_a_worker_without_prep_are_told(self):
        self.assertIn("takes none", self.failure(ECHO, prep=2))

    def test_missing_items_are_told(self):
        self.assertIn(
            "1 prep items are missing", self.failure("p() { :; }\nspread_run h p", b"1\n", prep=2)
        )

    def test_input_that_is_no_task_is_an_error(self):
        for data in (b"hello\n", b'["a",1]\n', b"[1]\n", b"[-1,2]\n", b"[1x,2]\n", b"[]\n", b"\n"):
            with self.subTest(data), shell_worker(ECHO) as w:
                w.hello()
                w.send(data)
                self.assertEqual(w.status(), 2)
                self.assertIn("not a task", w.errors())

    def test_what_is_for_sub_tasks_is_no_task(self):
        for shell in SHELLS:
            with self.subTest(shell=shell), shell_worker(ECHO, shell) as w:
                w.hello()
                w.send(b'[null,"common",3,{"a":1}]\n[null,"answer",1,[2]]\n[null,"common",3]\n[5,"task"]\n')
                self.assertEqual(w.message(), [5, "ok", "task"])
                self.assertEqual(w.errors(), "")

    def test_a_cut_line_is_no_task(self):
        with shell_worker(ECHO) as w:
            w.hello()
            w.send(b'[0,"rm -rf /tm]')
            w.close()
            self.assertEqual((w.rest(), w.status()), (b"", 0))

    def test_the_msgpack_wire_is_refused_in_msgpack(self):
        with shell_worker(ECHO, wire="msgpack") as w:
            message = w.message()
            self.assertEqual(message[:2], [None, "error"])
            self.assertIn("--wire json", message[2]["message"])
            self.assertEqual(w.status(), 2)

    def test_a_terminal_is_refused(self):
        main, terminal = pty.openpty()
        try:
            with shell_worker(ECHO, stdin=terminal) as w:
                self.assertEqual(w.status(), 2)
                self.assertIn("terminal", w.errors())
        finally:
            os.close(main)
            os.close(terminal)


class Readme(unittest.TestCase):
    def test_the_first_worker_in_the_readme_works(self):
        with open(
            os.path.join(harness.ROOT, "worker_sdk", "sh", "README.md"), encoding="utf-8"
        ) as f:
            code = f.read().split("```sh\n")[1].split("```")[0]
        self.assertLessEqual(len(code.splitlines()), 10)
        code = code.replace(". ./spread-worker.sh", ". '%s'" % SDK)
        with Worker("", argv=["sh", "-c", code], wire="json") as w:
            w.hello()
            w.task(0, "some text\n")
            self.assertEqual(w.message()[:2], [0, "ok"])


class Lines(unittest.TestCase):
    def test_the_loop_in_the_readme_answers_line_by_line(self):
        with open(
            os.path.join(harness.ROOT, "worker_sdk", "sh", "README.md"), encoding="utf-8"
        ) as f:
            code = [c.split("```")[0] for c in f.read().split("```sh\n")[1:] if "while IFS=" in c][
                0
            ]
        with Worker("", argv=["sh", "-c", code], wire="lines") as w:
            for text in ("plain", " space ", "back\\slash", "", "-n", "quote'\""):
                w.send(text.encode() + b"\n")
                while not w._unread.endswith(b"\n"):
                    w._more()
                self.assertEqual(w._unread, b"%d %s\n" % (len(text), text.encode()))
                w._unread = b""


if __name__ == "__main__":
    unittest.main()
