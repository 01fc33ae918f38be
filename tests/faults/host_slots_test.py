"""Slots of hosts that are being asked how many CPUs they have, and what changes meanwhile: USR1,
USR2, and the limit of descriptors."""

import os
import resource
import signal
import unittest

from map_testing import MapTest, is_asleep, tell, wait_at


class AskedHosts(MapTest):
    """Hosts behind a launcher of the test's own. Each tells that it has been asked, and answers when its
    gate lets it."""

    def setUp(self):
        super().setUp()
        self.asked, self.told, self.way = self.post("asked"), self.post("told"), self.gate("way")
        self.cpus = 4
        self.gates = {}

    def launcher(self, *hosts):
        for host in hosts:
            self.gates[host] = self.gate(f"answer-{host}")
        return self.script(
            "login",
            "#!/bin/sh\nhost=$1; shift\n"
            f"case $* in *spread-cpus*) echo $host >>{self.asked.path};"
            f" head -c1 <{self.folder}/answer-$host >/dev/null; echo spread-cpus {self.cpus};;\n"
            '*) VIA=$host exec "$@";; esac\n',
        )

    def begin(self, hosts, *options, jobs=12, before=()):
        names = [host for host in hosts.split(",") if host != ":"]
        launch = f"{self.launcher(*names)} {{host}}"
        script = f"{tell(self.told, '${VIA:-here}')}; {wait_at(self.way)}; : {{}}"
        running = self.start_map("-S", hosts, "--launch", launch, *options, script, ":::",
                                 *map(str, range(jobs)), stdin=None, **dict(before))
        self.assertEqual(sorted(self.asked.lines(len(names))), sorted(names))
        return running

    def finish(self, running, status=0):
        self.way.open(100)
        result = running.finish()
        self.assertEqual((result.status, result.out, result.err), (status, "", ""), result)


class SignalsMeanwhile(AskedHosts):
    def settle(self, running):
        """Signals that were sent have been taken note of."""
        while not is_asleep(running.pid):
            pass

    def test_usr1_is_a_slot_here_at_once(self):
        running = self.begin("h1")
        running.signal(signal.SIGUSR1)
        self.assertEqual(self.told.line(), "here")
        self.gates["h1"].open()
        self.assertEqual(self.told.lines(4), ["h1"] * 4)
        self.finish(running)

    def test_usr1_before_all_slots_are_known_keeps_the_others(self):
        running = self.begin(":,h1", "-j100%")
        here = len(os.sched_getaffinity(0))
        self.assertEqual(self.told.lines(here), ["here"] * here)
        running.signal(signal.SIGUSR1)
        self.assertEqual(self.told.line(), "here")
        self.gates["h1"].open()
        self.assertEqual(self.told.lines(4), ["h1"] * 4)
        self.finish(running)

    def test_usr2_takes_one_of_those_that_are_yet_to_be_known(self):
        running = self.begin("h1", jobs=4)
        running.signal(signal.SIGUSR2)
        self.settle(running)
        self.gates["h1"].open()
        self.assertEqual(self.told.lines(3), ["h1"] * 3)
        running.signal(signal.SIGUSR1)
        self.assertEqual(self.told.line(), "h1")
        self.finish(running)

    def test_usr2_leaves_one_slot(self):
        self.cpus = 2
        running = self.begin("h1", jobs=3)
        for _ in range(5):
            running.signal(signal.SIGUSR2)
            self.settle(running)
        self.gates["h1"].open()
        self.assertEqual(self.told.line(), "h1")
        running.signal(signal.SIGUSR1)
        self.assertEqual(self.told.line(), "h1")
        running.signal(signal.SIGUSR1)
        self.assertEqual(self.told.line(), "here")
        self.finish(running)

    def test_slot_that_is_added_is_on_this_machine(self):
        script = f"{tell(self.told, '${VIA:-here}')}; {wait_at(self.way)}; : {{}}"
        for hosts, there in ((":,1/h1", ["h1", "here"]), ("1/h1", ["h1"])):
            with self.subTest(hosts):
                self.gates.clear()
                os.path.exists(self.path("answer-h1")) and os.remove(self.path("answer-h1"))
                launch = f"{self.launcher('h1')} {{host}}"
                running = self.start_map("-j1", "-S", hosts, "--launch", launch, script, ":::",
                                         *"abc"[: len(there) + 1], stdin=None)
                self.assertEqual(sorted(self.told.lines(len(there))), there)
                running.signal(signal.SIGUSR1)
                self.assertEqual(self.told.line(), "here")
                self.finish(running)
                self.way.shut()

    def test_slots_file_counts_for_hosts_that_are_asked(self):
        running = self.begin("h1", "-j", self.file("slots", "50%"))
        self.gates["h1"].open()
        self.assertEqual(self.told.lines(2), ["h1"] * 2)
        self.way.open()
        self.assertEqual(self.told.line(), "h1")
        self.finish(running)


def limited(soft, hard):
    return {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))}


class Descriptors(AskedHosts):
    def test_slots_of_hosts_that_answer_are_counted(self):
        self.cpus = 60
        running = self.begin("h1,h2", jobs=120, before=limited(64, 4096))
        for host in ("h1", "h2"):
            self.gates[host].open()
        self.assertEqual(sorted(self.told.lines(120)), ["h1"] * 60 + ["h2"] * 60)
        self.way.open(120)
        self.assert_run(running.finish(), 0, "", "")

    def test_of_run_too(self):
        self.cpus = 60
        launch = f"{self.launcher('h1', 'h2')} {{host}}"
        for gate in self.gates.values():
            gate.open()
        result = self.spread(
            *("run", "--wire", "lines", "--start-all", "-S", "h1,h2", "--launch", launch, "--", "cat"),
            input="".join(f"{i}\n" for i in range(1000)), **limited(64, 4096),
        )
        self.assert_run(result, 0, "".join(f"{i}\n" for i in range(1000)), "")

    def test_slots_that_do_not_fit_are_not_used(self):
        self.cpus = 60
        running = self.begin("h1", jobs=60, before=limited(100, 100))
        self.gates["h1"].open()
        self.assertEqual(
            self.wait_for_line(running, "spread: "),
            "spread: 60 at a time need 256 file descriptors, and the limit is 100 (see ulimit -Hn): "
            "21 at a time it is\n",
        )
        self.assertEqual(self.told.lines(21), ["h1"] * 21)
        self.finish(running)

    def test_run_uses_as_many_slots_as_fit(self):
        tasks = "".join(f"{i}\n" for i in range(100))
        for options, many in ((("-j4", "--", "cat"), 4),
                              (("--worker", "cat", "--worker", "cat -u", "-j3", "--", "cat"), 5)):
            with self.subTest(options):
                result = self.spread("run", "--start-all", "--wire", "lines", *options, input=tasks,
                                     **limited(28, 28))
                self.assertEqual((result.status, result.out), (0, tasks), result)
                self.assert_only_told(
                    result, rf"spread: {many} at a time need \d+ file descriptors, and the limit is "
                    r"28 \(see ulimit -Hn\): 3 at a time it is")

    def test_all_needs_every_slot(self):
        result = self.spread("all", "-j4", "--", "echo", **limited(28, 28))
        self.assertEqual((result.status, result.out), (255, ""), result)
        self.assertRegex(result.err, r"\Aspread: 4 at a time need 32 file descriptors, .* smaller -j\n\Z")

    def test_hosts_that_cannot_be_asked_at_once_are_asked_in_turn(self):
        hosts = [f"h{i}" for i in range(20)]
        launch = f"{self.launcher(*hosts)} {{host}}"
        for gate in self.gates.values():
            gate.open()
        result = self.spread("hosts", "-S", ",".join(hosts), "--launch", launch, **limited(40, 40))
        self.assertEqual((result.status, result.err), (0, ""), result)
        self.assertEqual(sorted(self.asked.lines(20)), sorted(hosts))


if __name__ == "__main__":
    unittest.main()
