"""The tasks of plug.py by multiprocessing.Pool: pool.py FILE [--timeout SECONDS]"""

import multiprocessing
import os
import sys
import time


def square(line):
    time.sleep(float(os.environ.get("PLUG_SLEEP", "0.01")))
    return f"{int(line) ** 2:040}"


def main():
    seconds = float(sys.argv[3]) if sys.argv[2:] else None
    with open(sys.argv[1], encoding="ascii") as tasks, multiprocessing.Pool(4) as pool:
        results = pool.imap(square, tasks)
        while True:
            try:
                print(results.next(seconds), flush=True)
            except StopIteration:
                break


if __name__ == "__main__":
    main()
