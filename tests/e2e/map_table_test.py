"""`--results x.csv`, `.tsv`, `.json`: the table that GNU parallel writes, byte for byte but for times
and the quoting of commands. The bytes are those of GNU parallel 20221122; where it is installed it
is asked again."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import unittest

from map_testing import MapTest, tell, wait_at

HEAD = "Seq,Host,Starttime,JobRuntime,Send,Receive,Exitval,Signal,Command,"


def without_times(text):
    text = re.sub(r'("Starttime": )[\d.]+(, "JobRuntime": )[\d.]+', r"\1S\2R", text)
    return re.sub(r"(?m)^(\d+[,\t][^,\t\n]*[,\t])[\d.]+([,\t])[\d.]+", r"\1S\2R", text)


class Table(MapTest):
    def table(self, name, *words, options=("-j1",), status=0, **how):
        result = self.map(*options, "--results", name, *words, **how)
        self.assertEqual((result.status, result.out), (status, ""), result)
        return without_times(self.read(name))

    def test_csv(self):
        text = self.table("r.csv", 'echo {1} {2}; echo "e,"{1} >&2', ":::", "a", ":::", "1", "2,3")
        self.assertEqual(text, HEAD + "V1,V2,Stdout,Stderr\n"
                         '1,:,S,R,0,4,0,0,"echo a 1; echo ""e,""a >&2",a,1,"a 1\n","e,a\n"\n'
                         """2,:,S,R,0,6,0,0,"echo a 2,3; echo ""e,""a >&2",a,"2,3","a 2,3\n","e,a\n"\n""")

    def test_tsv(self):
        text = self.table("r.TSV", r'printf "x\ty\nz\\"; exit {1}', ":::", "0", "3", status=1)
        script = r'"printf ""x\ty\nz\\""; exit %s"'
        rows = [HEAD + "V1,Stdout,Stderr\n",
                f"1,:,S,R,0,6,0,0,{script % 0},0,*,\n", f"2,:,S,R,0,6,3,0,{script % 3},3,*,\n"]
        wanted = "".join(rows).replace(",", "\t").replace("*", '"x\ty\nz\\"')
        self.assertEqual(text, wanted)

    def test_json(self):
        script = r"""printf 'x\ty\nz\\ \303\251 \377 \001 \r'; echo 'err"' >&2; exit {1}"""
        self.map("-j1", "--results", "r.json", script, ":::", "3", ":::", 'q"')
        with open(self.path("r.json"), encoding="latin-1", newline="") as file:
            text = without_times(file.read())
        command = json.dumps(script.replace("{1}", "3"))
        self.assertEqual(
            text, '{ "Seq": 1, "Host": ":", "Starttime": S, "JobRuntime": R, "Send": 0, "Receive": 15,'
            f' "Exitval": 3, "Signal": 0, "Command": {command}, "V": [ "3","q\\"" ],'
            ' "Stdout": "x\\u0009y\\u000az\\\\ \xc3\xa9 \xff \\u0001 \\u000d",'
            ' "Stderr": "err\\"\\u000a" }\n')

    def test_fields_that_need_quotes(self):
        items = [" a ", "", "é", "#", ";", "\x7f", "a\x01b", "t\tt", 'q"q', "x,y"]
        text = self.table("r.csv", "printf %s", ":::", *items)
        rows = list(csv.reader(io.StringIO(text)))[1:]
        self.assertEqual([row[9] for row in rows], items)
        self.assertEqual([row[10] for row in rows], items)
        # As there: blanks, quotes and separators have quotes round them, other bytes have not.
        ends = ['," a "," a ",', ",,,", ",é,é,", ",#,#,", ",;,;,", ",\x7f,\x7f,", ",a\x01b,a\x01b,",
                ',"t\tt","t\tt",', ',"q""q","q""q",', ',"x,y","x,y",']
        for line, end in zip(text.splitlines()[1:], ends):
            self.assertTrue(line.endswith(end), (line, end))

    def test_names_of_columns(self):
        text = self.table("r.csv", "--header", ":", "echo", "{a}-{b}", ":::", "a", "1", ":::", "b", "x")
        self.assertTrue(text.startswith(HEAD + "a,b,Stdout,Stderr\n1,:,S,R,0,4,0,0,"), text)
        text = self.table("r.csv", "-N2", "echo", ":::", "1", "2", "3")
        self.assertEqual(text, HEAD + 'V1,V2,Stdout,Stderr\n1,:,S,R,0,4,0,0,"echo 1 2",1,2,"1 2\n",\n'
                         '2,:,S,R,0,2,0,0,"echo 3",3,"3\n",\n')

    def test_pipe(self):
        result = self.spread("pipe", "-j1", "-N1", "--results", "r.csv", "cat", input="1\n2\n")
        self.assert_run(result, 0, "", "")
        self.assertEqual(without_times(self.read("r.csv")), HEAD + 'Stdout,Stderr\n'
                         '1,:,S,R,2,2,0,0,cat,"1\n",\n2,:,S,R,2,2,0,0,cat,"2\n",\n')

    def test_on_stdout(self):
        result = self.map("-j1", "--results", "-.csv", "echo x; echo e >&2; : {}", ":::", "a")
        self.assertEqual((result.status, result.err), (0, ""), result)
        self.assertEqual(without_times(result.out), HEAD + "V1,Stdout,Stderr\n"
                         '1,:,S,R,0,2,0,0,"echo x; echo e >&2; : a",a,"x\n","e\n"\n')

    def test_no_jobs_no_header(self):
        self.assertEqual(self.table("r.csv", "echo", input=""), "")

    def test_ends(self):
        text = self.table("r.csv", "kill -9 $$; : {}", ":::", "1", status=1)
        self.assertTrue(text.endswith(',0,0,0,9,"kill -9 $$; : 1",1,,\n'), text)
        text = self.table("r.csv", "--timeout", "0.1", "exec sleep 60; : {}", ":::", "1", status=1)
        self.assertTrue(text.endswith(',0,0,-1,15,"exec sleep 60; : 1",1,,\n'), text)

    def test_last_try_only(self):
        script = "echo x >>tries; wc -l <tries; : {}; [ $(wc -l <tries) = 2 ]"
        text = self.table("r.csv", "--retries", "2", script, ":::", "1")
        self.assertEqual(text.count("\n1,:,"), 1)
        self.assertTrue(text.endswith('1,"2\n",\n'), text)

    def test_tags(self):
        text = self.table("r.csv", "--tag", "echo", ":::", "a")
        self.assertTrue(text.endswith('0,2,0,0,"echo a",a,"a\ta\n",\n'), text)

    def order(self, *options):
        way, post = self.gate(), self.post()
        script = f"case {{}} in a) {wait_at(way)};; b) {tell(post)};; esac; echo {{}}"
        running = self.start_map("-j2", *options, "--results", "r.json", script, ":::", *"abc",
                                 stdin=None)
        post.line()
        while "--unordered" in options and self.read("r.json").count("\n") < 2:
            pass
        way.open()
        self.assert_run(running.finish(), 0, "", "")
        os.remove(way.path)
        os.remove(post.path)
        return "".join(json.loads(line)["V"][0] for line in self.read("r.json").splitlines())

    def test_order(self):
        self.assertEqual(self.order(), "abc")
        self.assertEqual(self.order("--unordered"), "bca")

    def test_more_than_memory_holds(self):
        script = r"yes 'o\"' | head -c 400000; yes e | head -c 400000 >&2; : {}"
        self.map("-j2", "--reorder-mem", "64K", "--results", "r.json", script, ":::", *"123")
        for line in self.read("r.json").splitlines():
            row = json.loads(line)
            self.assertEqual((len(row["Stdout"]), row["Receive"]), (400000, 400000))
            self.assertEqual(row["Stderr"], "e\n" * 200000)

    def test_resume_appends_and_has_one_header(self):
        for options in ((), ("--resume",)):
            self.map("-j1", "--joblog", "log", *options, "--halt", "soon,done=1", "--results",
                     "r.csv", "echo", ":::", "a", "b")
        rows = list(csv.reader(io.StringIO(self.read("r.csv"))))
        self.assertEqual([row[0] for row in rows], ["Seq", "1", "2"])

    def test_file_that_cannot_be_written(self):
        result = self.map("--results", "/nowhere/r.csv", "touch started", ":::", "a")
        told = "spread: --results: cannot write /nowhere/r.csv: No such file or directory\n"
        self.assert_run(result, 255, "", told)
        self.assertFalse(os.path.exists(self.path("started")))
        os.symlink("/dev/full", self.path("full.csv"))
        result = self.map("--results", "full.csv", "echo", ":::", "a")
        self.assertEqual(result.status, 255)
        self.assert_told(result, r"spread: cannot write --results full\.csv: No space left.*")

    def test_a_folder_is_a_folder(self):
        self.map("--results", "r.csv/", "echo", ":::", "a")
        self.assertEqual(self.read("r.csv/1/stdout"), "a\n")

    def test_the_real_one(self):
        if shutil.which("parallel") is None:
            self.skipTest("GNU parallel is not installed")
        environment = {**self.environment, "HOME": self.folder, "PARALLEL_SHELL": "/bin/sh"}
        for name in ("r.csv", "r.tsv", "r.json"):
            for words in (
                (r'printf "%s\t\n" {1} {2}; echo "e {1}" >&2; exit {#}', ":::", "a", "bc", ":::", "1", "23"),
                ("-N2", "echo", "{2}", "{1}", ":::", *"1234"),
                ("--header", ":", "echo {x}{y}", ":::", "x", "1", ":::", "y", "2", "3"),
                ("--colsep", ",", "echo {2}", ":::", "1,2,3", "4,5"),
                ("--tag", "--retries", "2", "echo {}; false", ":::", "a"),
            ):
                with self.subTest(name=name, words=words):
                    tables = []
                    for program in (["parallel", "-k"], [os.environ["SPREAD"], "map"]):
                        subprocess.run([*program, "-j1", "--results", name, *words],
                                       stdin=subprocess.DEVNULL, capture_output=True,
                                       cwd=self.folder, env=environment)
                        tables.append(without_times(self.read(name)))
                    self.assertEqual(*tables)


if __name__ == "__main__":
    unittest.main()
