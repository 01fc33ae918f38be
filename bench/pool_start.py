#!/usr/bin/python3
"""How long after `spread run --pool` a warm worker begins with its first task (docs/pool.md).

pool_start.py SPREAD [TIMES]   starts a pool whose workers take 5 s to load, and then runs one task
so many times (20), each by a command of its own. Prints the milliseconds from just before the
command is started to the first line of the task.
"""

import os
import subprocess
import sys
import tempfile
import time

WORKER = """import time
time.sleep(5)
for line in open(0):
    print(time.monotonic(), flush=True)
"""


def main():
    spread, times = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 20
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_RUNTIME_DIR"] = folder
        words = [sys.executable, "-c", WORKER]
        subprocess.run([spread, "pool", "start", "bench", "-j2", "--wire", "lines", "--", *words], check=True)
        taken = []
        try:
            # The model is loaded when the first task is answered.
            for _ in range(times + 2):
                begun = time.monotonic()
                command = [spread, "run", "--pool", "bench", ":::", "task"]
                answer = subprocess.run(command, check=True, capture_output=True).stdout
                taken.append(1000 * (float(answer) - begun))
        finally:
            subprocess.run([spread, "pool", "stop", "bench"], check=True)
    warm = sorted(taken[2:])
    print(f"first command {taken[0]:.0f} ms; {times} more: least {warm[0]:.1f}, "
          f"median {warm[len(warm) // 2]:.1f}, most {warm[-1]:.1f} ms")


if __name__ == "__main__":
    main()
