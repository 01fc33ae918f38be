#!/usr/bin/python3
# spread run --prep spread --prep worker -a README.md -- python3 examples/square/grep_words.py
#
# Answers each line with those of the prep items that occur in it; ends with a count as its tail.
import collections
import os
import sys

sys.path.insert(
    0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../worker_sdk/python")
)
import spread_worker

counts = collections.Counter()


def prepare(words):
    if not words:
        raise ValueError("give the words to look for with --prep")
    return words


def find(text, words):
    if not isinstance(text, str):
        raise spread_worker.TaskError("TypeError", "a line of text is expected")
    found = [word for word in words if word in text]
    counts.update(found)
    return ", ".join(found)


spread_worker.run(find, prep=prepare)
for word in sorted(counts):
    print("worker %s: %s in %d lines" % (os.environ.get("SPREAD_WORKER", "?"), word, counts[word]))
