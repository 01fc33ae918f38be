#!/usr/bin/python3
# printf '%s\n' a b c d e | spread run -j4 -- python3 examples/moody/moody.py [SEED]
import os
import random
import sys
import time

sys.path.insert(
    0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../worker_sdk/python")
)
import spread_worker

seed = sys.argv[1] if len(sys.argv) > 1 else str(time.time_ns())
worker, generation = (os.environ.get(name, "0") for name in ("SPREAD_WORKER", "SPREAD_GENERATION"))
mood = random.Random(" ".join((seed, worker, generation)))
if worker != "0" and mood.random() < 0.3:
    sys.exit(1)


def handle(task):
    if task is None:
        os._exit(0)
    if mood.random() < 0.1:
        raise spread_worker.Busy(0.1, "in a bad mood")
    if mood.random() < 0.5:
        time.sleep(mood.expovariate(30))
    print("stdout:%s" % task)
    print("stderr", file=sys.stderr)
    return task


# One task at a time: nothing that is finished is held back when it ends at a null.
spread_worker.run(handle, capture=True, window=1)
