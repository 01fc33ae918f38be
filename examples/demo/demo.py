#!/usr/bin/env python3
"""What scripts/demo shows once everything is built: demo.py BUILD-FOLDER."""

import collections
import json
import os
import subprocess
import sys
import tempfile
import time

LEARN_MAX = 25000  # files to learn from: seconds, once per worker
TASKS_MAX = 12000  # files to check: 3 ms each, so that the tasks outweigh the learning
HEADERS_MIN = 200


class Failure(Exception):
    pass


def find_headers(folder="/usr/include"):
    """All headers."""
    headers = []
    for path, _, names in os.walk(folder):
        for name in names:
            name = os.path.join(path, name)
            if "\n" not in name and name.isprintable() and is_source(name):
                headers.append(name)
    headers.sort()
    if len(headers) < HEADERS_MIN:
        raise Failure("only %d headers below %s" % (len(headers), folder))
    return headers


def thinned(headers, most):
    """All of them, or every n-th, so that the demo stays short on a developer's machine."""
    return headers[:: -(-len(headers) // most)]


def is_source(name):
    return (
        os.path.isfile(name)
        and not os.path.islink(name)
        and os.access(name, os.R_OK)
        and 0 < os.path.getsize(name) < 1 << 20
    )


def say(text=""):
    print(text, flush=True)


def check_status(what, status):
    if status != 0:
        raise Failure("%s ended with status %d" % (what, status))


def run_spread(build, scratch, listing, tasks):
    """The main job. Returns the answers, the seconds, and the workers' tails."""
    tails = os.path.join(scratch, "tails")
    command = [build + "/spread", "run", "--no-history", "--prep-file", listing, "-a", tasks]
    command += ["--tails", tails + "/", "--", build + "/examples/typos"]
    say("$ " + " ".join(command).replace(scratch + "/", ""))
    start = time.monotonic()
    # spread has this script's stderr: that is where the progress bar goes.
    with subprocess.Popen(command, stdout=subprocess.PIPE) as spread:
        try:
            answers = spread.stdout.read().decode().split("\n")[:-1]
        except KeyboardInterrupt:
            spread.wait()  # it got the same Ctrl-C, and ends its workers
            raise
    seconds = time.monotonic() - start
    check_status("spread", spread.returncode)
    names = sorted(os.listdir(tails), key=lambda name: (len(name), name))
    workers = []
    for name in names:
        with open(os.path.join(tails, name)) as tail:
            workers.append((name, json.loads(tail.read())))
    return answers, seconds, workers


def run_alone(build, listing, tasks):
    """The reference: the same work in one process that has never heard of spread."""
    start = time.monotonic()
    with open(tasks) as headers:
        done = subprocess.run(
            [build + "/examples/typos", listing], stdin=headers, stdout=subprocess.PIPE
        )
    seconds = time.monotonic() - start
    check_status("the reference", done.returncode)
    return done.stdout.decode().split("\n")[:-1], seconds


def run_process_per_task(build, listing, sample, parallel):
    start = time.monotonic()
    done = subprocess.run(
        ["xargs", "-0", "-n1", "-P%d" % parallel, build + "/examples/typos", listing],
        input="\0".join(sample).encode(),
        stdout=subprocess.PIPE,
    )
    seconds = time.monotonic() - start
    check_status("xargs", done.returncode)
    return done.stdout.decode().split("\n")[:-1], seconds


def compare(what, found, expected):
    if len(found) != len(expected):
        raise Failure("%s: %d lines for %d tasks" % (what, len(found), len(expected)))
    for number, (ours, theirs) in enumerate(zip(found, expected)):
        if ours != theirs:
            raise Failure("%s: line %d is %r, not %r" % (what, number, ours, theirs))


def show_top_ten(headers, answers):
    """Line N of the output belongs to task N, so zip() is all it takes to know the file."""
    files = collections.Counter()
    example = {}
    for header, answer in zip(headers, answers):
        for slip in answer.split():
            files[slip] += 1
            example.setdefault(slip, header)
    say("Spelling mistakes found: %d different ones, %d in all. The top ten:" % (
        len(files), sum(files.values())))
    say()
    say("  files  mistake            most files write   for example")
    for slip, count in sorted(files.items(), key=lambda item: (-item[1], item[0]))[:10]:
        wrong, right = slip.split(">")
        say("  %5d  %-18s %-18s %s" % (count, wrong, right, example[slip]))
    say()


def human(seconds):
    for unit, name in ((3600, "hours"), (60, "minutes")):
        if seconds >= 2 * unit:
            return "%.1f %s" % (seconds / unit, name)
    return "%.1f seconds" % seconds


def show_table(tasks, spread_seconds, workers, alone_seconds, sample_size, sample_seconds):
    """The last thing on the screen: what it is all about."""
    rate = sample_size / sample_seconds
    say("One process that does it all learns once. With a process for each task, all %d tasks" % tasks)
    say("would take %s, as each has to learn first. A worker of spread learns once, too, and" % (
        human(tasks / rate)))
    say("all CPUs work: %.1f times as fast as the one process." % (alone_seconds / spread_seconds))
    say()
    row = "  %-34s %7s %9s %9s"
    say(row % ("", "tasks", "seconds", "tasks/s"))
    for name, worker in workers:
        busy = worker["learning"] + worker["checking"]
        label = "  worker %s (learned for %.1f s)" % (name, worker["learning"])
        say(row % (label, worker["tasks"], "%.1f" % busy, "%.0f" % (worker["tasks"] / busy)))
    say(row % (
        "spread, %d workers" % len(workers), tasks, "%.1f" % spread_seconds,
        "%.0f" % (tasks / spread_seconds)))
    say(row % (
        "one process for all, no spread", tasks, "%.1f" % alone_seconds,
        "%.0f" % (tasks / alone_seconds)))
    say(row % (
        "one process per task, xargs -P%d" % len(workers), sample_size, "%.1f" % sample_seconds,
        "%.1f" % rate))


def write_lines(path, lines):
    with open(path, "w") as file:
        file.writelines(line + "\n" for line in lines)


def demonstrate(build, scratch):
    found = find_headers()
    learned = thinned(found, LEARN_MAX)
    headers = thinned(found, TASKS_MAX)
    listing = os.path.join(scratch, "learn")
    tasks = os.path.join(scratch, "check")
    write_lines(listing, learned)
    write_lines(tasks, headers)
    megabytes = sum(map(os.path.getsize, learned)) / 1e6
    say()
    say("The work: find spelling mistakes in the comments of the C and C++ headers below")
    say("/usr/include. Each worker first learns from %d of them (%.0f MB) how many files write" % (
        len(learned), megabytes))
    say("each word, which takes seconds. Then it is sent tasks: one file to check each, about 3 ms,")
    say("%d in all. One worker is started for each CPU." % len(headers))
    say()
    answers, seconds, workers = run_spread(build, scratch, listing, tasks)
    say()
    show_top_ten(headers, answers)
    say("Doing the same in one process, without spread, to compare each line ...")
    expected, alone_seconds = run_alone(build, listing, tasks)
    compare("spread against the reference", answers, expected)
    say("All %d lines are the same, in the same order." % len(expected))
    say()
    size = max(4, 2 * len(workers))
    picked = [len(headers) * number // size for number in range(size)]
    say("Doing a sample of %d tasks with one process for each ..." % size)
    sample, sample_seconds = run_process_per_task(
        build, listing, [headers[number] for number in picked], len(workers))
    compare("one process per task", sorted(sample), sorted(expected[number] for number in picked))
    say()
    show_table(len(headers), seconds, workers, alone_seconds, size, sample_seconds)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: demo.py BUILD-FOLDER")
    with tempfile.TemporaryDirectory(prefix="spread-demo-") as scratch:
        try:
            demonstrate(sys.argv[1], scratch)
        except (Failure, OSError, ValueError) as failure:
            sys.exit("demo: failed: %s" % failure)
        except KeyboardInterrupt:
            sys.exit(130)


main()
