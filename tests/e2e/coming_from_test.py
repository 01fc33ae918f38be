"""What docs/coming-from.md shows is true, and it has every public name of the five systems' documentation.

Every command in a ```console block prints what stands below it (tests/support/page_testing.py says how). It
finds the files of the page, which are its ```python blocks: `# NAME` in the first line. A row of a table is
believed only if all that stands in backquotes in its column "here" is in one of the examples that it names."""

import os
import re
import unittest

from page_testing import PageTest, read
from spread_testing import PYTHON, SOURCE, SPREAD

PAGE = "coming-from.md"
PLANS = ("the C++ library", "Python interfaces", "run directories", "many machines")


def named(text):
    """One in each line; `f: a b` are f, f(a) and f(b); `m; a b` are m, m;a and m;b."""
    names = []
    for line in text.strip().splitlines():
        parts = re.fullmatch(r"\s*([\w@]+)([:;]) (.*)", line)
        if parts is None:
            names.append(line.strip())
            continue
        name, kind, rest = parts.groups()
        names.append(name)
        names += [f"{name}({each})" if kind == ":" else f"{name};{each}" for each in rest.split()]
    return names


PYTHONS_OWN = ["__abstractmethods__", "_abc_cache", "_abc_negative_cache", "_abc_negative_cache_version", "_abc_registry"]
# The public names, as they stand in the documents: classes, functions and their arguments, attributes, messages
# with their fields, promises, and what the examples use. Not: modules that they import.
NAMES = {
    "gmisclib.spread_jobs": named("""
        notComputed
        NoResponse
        RemoteException
        TooBusy
        PastPerformance
        CannotCreateConnection
        Connection
        Connection_subprocess
        workers_c
        unpickled_pseudofile
        main: todo list_of_args connection_factory stdin verbose timing_callback tail_callback past_performance
        tuple(list(whatever), list(list(str)))
        replace: list_of_lists fr
        Replace: list_of_lists pat length replacement
        append: list_of_lists a
        delay_sanitize: x
        test_worker: x
        test_: script
        one_shot_test: input
        __package__
        Subprocesses must follow a protocol
        Execcing state
        Preparation state
        None
        Running state
        tuple(int, arbitrary)
        task-ID
        (d, so, se)
        control
        compute
        cPickle
        stdin is closed
        closing the standard output and exiting
        Shutdown state
        stdout as a list of strings
        THEY CANNOT PRINT ANYTHING ELSE
        the standard error output
    """),
    "pySPACE: MulticoreBackend": PYTHONS_OWN + named("""
        MulticoreBackend: pool_size
        Backend
        should work on every multicore system without additional settings
        as many processes in parallel as there are CPUs
        each process corresponds to one combination of input data set and parameter choice
        check_status
        cleanup
        consolidate
        dequeue_process: result
        detect_CPUs
        execute: timeout
        reset_queue
        retrieve: timeout
        stage_in: operation
        LocalComHandler: sock
        threading.Thread
        close_sock: conn
        parse_message: conn
        run
        subflow_finished: result
        name
        subflow_poolsize; poolsize
        is_ready; nr_subflows subflow_ids
        execute_subflows; path nr_subflows subflow_obj runs
        send_results; subflow_ids
        temp_dir
        run_number
        PerformanceResultSummary
    """),
    "pySPACE: MpiBackend": PYTHONS_OWN + named("""
        MpiBackend: pool_size
        a working MPI distribution and mpi4py
        a global file system that is seen by all nodes
        the hostsfile
        __del__
        check_status
        cleanup
        consolidate
        execute: timeout
        not_xor: a b
        retrieve: timeout
        stage_in: operation
    """),
    "parameter_sweep: MultiprocessingParallelManager": named("""
        MultiprocessingParallelManager: number_of_subprocesses kwargs
        is_root_process
        get_rank
        number_of_worker_processes
        sync_with_peers
        sync_array_with_peers: data
        sync_pyobject_with_peers: obj
        combine_data_with_peers: data
        sum_values_and_sync: sendbuf recvbuf
        gather_arrays_to_root: sendbuf recvbuf_spec
        scatter: do_build do_build_kwargs do_execute all_parameters
        gather
        LocalResults
        results_from_local_tree: results
        multiProcessingActor: queue return_queue do_build do_build_kwargs do_execute local_parameters
    """),
    "Eidolon: ProcessServer": named("""
        ProcessServer: realnumprocs
        __init__
        Thread
        callProcessFunc: valrange numprocs task target args kwargs
        1 will cause target to be executed in the main process
        partitionArgs
        results or exceptions thrown
        prepareArgs: index numprocs args partArgs
        run
        stop
        createGlobalServer: realnumprocs
        daemon
        realnumprocs
        procs
        sharer
        syncEvent
        syncEvent2
        syncCounter
        syncLock
        jobqueue
        progress
        objsrv
        stopEvent
        globalServer
        concurrent
        Future
        AlgorithmProcess
        process.index
        process.startval
        process.endval
        Task
        listResults
        printFlush
        cpu_count
    """),
}


def sections():
    """{heading: text}"""
    parts = re.split(r"^## (.*)\n", read(PAGE), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def shown_by(number):
    """The blocks of an example."""
    parts = re.split(r"^(?=\*\*Example \d|\| name )|^## .*", read(PAGE), flags=re.MULTILINE)
    (text,) = [part for part in parts if re.match(rf"\*\*Example {number}\b", part)]
    return "".join(re.findall(r"^```\w+\n(.*?)^```", text, re.MULTILINE | re.DOTALL))


def rows(section):
    """[names, what is here, the numbers of its examples] of each row of the table of names."""
    found = []
    table = section[section.index("| name | what it did | here | shown by |") :]
    for line in table.splitlines()[2:]:
        if not line.startswith("|"):
            break
        names, _, here, shown = (cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1])
        found.append((re.findall("`([^`]+)`", names), here, re.findall(r"\d+", shown)))
    return found


def standing(here):
    return here.partition(":")[0] if here.startswith(("planned:", "none:")) else "here"


class Examples(PageTest):
    deadline = 300
    FILES = {
        name: f"# {name}\n{text}"
        for name, text in re.findall(r"^```python\n# (\w+\.py)\n(.*?)^```", read(PAGE), re.MULTILINE | re.DOTALL)
    }

    def setUp(self):
        super().setUp()
        self.environment["PYTHONPATH"] = os.path.join(SOURCE, "worker_sdk", "python")
        os.mkdir(self.path("bin"))
        os.symlink(os.path.abspath(SPREAD), self.path("bin/spread"))
        os.symlink(PYTHON, self.path("bin/python3"))

    def run_command(self, page, number, command):
        link = "[ -e examples ] || ln -s '" + os.path.join(SOURCE, "examples") + "' examples\n"
        return super().run_command(page, number, link + command)

    def test_commands_print_what_the_page_says(self):
        self.assertGreater(self.check(PAGE, lambda command: True), 40)


class Names(unittest.TestCase):
    maxDiff = None

    def test_every_name_is_there_and_no_others(self):
        for heading, names in NAMES.items():
            with self.subTest(heading):
                found = [name for row in rows(sections()[heading]) for name in row[0]]
                self.assertEqual(sorted(found), sorted(names))

    def test_what_is_here_is_shown_by_the_examples_that_are_named(self):
        for heading in NAMES:
            for names, here, examples in rows(sections()[heading]):
                with self.subTest(heading, names=names):
                    if standing(here) != "here":
                        self.assertEqual(examples, [])
                        if here.startswith("planned: "):
                            self.assertIn(here.removeprefix("planned: "), PLANS)
                        continue
                    shown = "".join(map(shown_by, examples))
                    claimed = re.findall("`([^`]+)`", here.replace("\\|", "|"))
                    self.assertNotEqual(claimed, [])
                    self.assertEqual([claim for claim in claimed if claim not in shown], [])

    def test_the_count_is_right(self):
        counted = {}
        for heading in NAMES:
            each = {"here": 0, "planned": 0, "none": 0}
            for names, here, _ in rows(sections()[heading]):
                each[standing(here)] += len(names)
            counted[heading] = (sum(each.values()), *each.values())
        counted["together"] = tuple(map(sum, zip(*counted.values())))
        told = {}
        for line in sections()["How many"].splitlines():
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if cells[-1].isdigit():
                told[cells[0]] = tuple(map(int, cells[1:]))
        self.assertEqual(told, counted)


if __name__ == "__main__":
    unittest.main()
