"""The shape of gmisclib's spread_jobs: one thread per worker process, pickles over its stdin and
stdout, one task in flight, one shared queue of tasks; results are handed over at the end."""

import pickle
import queue
import subprocess
import sys
import threading

import tasks


def work():
    source, out = sys.stdin.buffer, sys.stdout.buffer
    while True:
        try:
            payload = pickle.load(source)
        except EOFError:
            return
        pickle.dump((tasks.echo(payload), [], []), out, pickle.HIGHEST_PROTOCOL)
        out.flush()


def serve(todo, results):
    worker = subprocess.Popen([sys.executable, __file__, "--worker"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    while True:
        try:
            i, payload = todo.get_nowait()
        except queue.Empty:
            break
        pickle.dump(payload, worker.stdin, pickle.HIGHEST_PROTOCOL)
        worker.stdin.flush()
        results[i] = pickle.load(worker.stdout)[0]
    worker.stdin.close()
    if worker.wait() != 0:
        raise RuntimeError("a worker failed")


def main():
    parser = tasks.options(__doc__)
    parser.add_argument("--worker", action="store_true")
    o = parser.parse_args()
    if o.worker:
        return work()
    todo = queue.Queue()
    for item in enumerate(tasks.read(o.bin)):
        todo.put(item)
    results = [None] * todo.qsize()
    threads = [threading.Thread(target=serve, args=(todo, results)) for _ in range(o.j)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tasks.write(results, o.bin)


if __name__ == "__main__":
    main()
