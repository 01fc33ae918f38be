"""Suites of others, as they are, but that each of their workers is behind a relay: to its master it is one like any
other (docs/relay.md). What is not so on purpose is named here, with its reason."""

import importlib
import os
import shlex
import sys
import unittest

from spread_testing import SOURCE, SPREAD, SpreadTest

sys.path[:0] = [os.path.join(SOURCE, "tests", folder) for folder in ("e2e", "faults")]

SUITES = ["answers", "deaths", "exit_status", "frames", "gang", "halt", "hostile_workers", "limits", "limits_reached",
          "moody", "options_run", "pipes", "ready", "retire", "seeds_gangs", "seeds_leaving", "seeds_subtasks",
          "shards", "signals", "sizes", "slow_ends", "starts", "stopped", "stray", "streaming", "subtasks", "tails",
          "timeouts"]

# In its messages a worker behind a relay has the words by which the relay was started.
WORDS = "messages have the words of the relay, too"
OTHERWISE = {
    "deaths.AllWorkersDie.test_command_that_ends_without_reading": WORDS,
    "starts.ToldOnce.test_one_line_stands_behind": WORDS,
    "starts.ToldOnce.test_try_that_works_tells_of_the_one_before": WORDS,
    "options_run.OnRecord.test_events_of_workers_have_their_argument_lists": WORDS,
    "options_run.OnRecord.test_explain": WORDS,
    "options_run.OnRecord.test_summary": "the start of the relay is one of its slot",
    "starts.ToldOnce.test_options_behind_the_dashes_get_a_hint": "a whole list is not looked into for options",
    "gang.Results.test_fewer_descriptors_than_members_need": "the relay has the pipes of the members, and not the run",
}


def through_relay(arguments):
    """The words of `run` or `gang`, with a relay of as many slots; any others as they are."""
    words = [str(word) for word in arguments]
    if not words or words[0] not in ("run", "gang") or "--" not in words:
        return words
    behind = words.index("--")
    options, worker = words[1:behind], words[behind + 1:]
    elsewhere = ("-S", "--worker", "--slf", "--launch", "--args-file", "--wire", "--dry-run", "--dir", "-w")
    if any(option.startswith(elsewhere) for option in options) or ":::" in worker:
        return words
    slots, rest = "2", []
    while options:
        option = options.pop(0)
        if option == "-j":
            slots = options.pop(0)
        elif option.startswith("-j"):
            slots = option[2:]
        else:
            rest.append(option)
    if not slots.isdigit():
        return words
    return [words[0], *rest, "--worker", shlex.join([SPREAD, "relay", "-j", slots, "--", *worker])]


class Relayed:
    """In front of a class of tests."""

    relayed = 0

    def start(self, *arguments, **how):
        words = through_relay(arguments)
        Relayed.relayed += words != [str(word) for word in arguments]
        return super().start(*words, **how)


def relayed(case):
    """The class of tests, of which each goes through a relay."""
    members = {"__module__": case.__module__}
    for name in OTHERWISE:
        module, of_class, test = name.split(".")
        if (module, of_class) == (case.__module__.removesuffix("_test"), case.__name__):
            getattr(case, test)  # it is there
            members[test] = None
    return type(case.__name__, (Relayed, case), members)


def load_tests(loader, standard, pattern):
    del standard, pattern
    suite = unittest.TestSuite()
    for name in os.environ.get("SPREAD_SUITES", " ".join(SUITES)).split():
        module = importlib.import_module(f"{name}_test")
        for case in vars(module).values():
            if isinstance(case, type) and issubclass(case, SpreadTest) and case.__module__ == module.__name__:
                suite.addTests(loader.loadTestsFromTestCase(relayed(case)))
    suite.addTest(Last("test_that_relays_were_used"))
    return suite


class Last(unittest.TestCase):
    def test_that_relays_were_used(self):
        self.assertGreater(Relayed.relayed, 0)


if __name__ == "__main__":
    unittest.main()
