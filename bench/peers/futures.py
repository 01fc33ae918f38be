"""concurrent.futures.ProcessPoolExecutor.map over an echo function."""

import concurrent.futures

import tasks

if __name__ == "__main__":
    o = tasks.options(__doc__).parse_args()
    with concurrent.futures.ProcessPoolExecutor(o.j) as pool:
        tasks.write(pool.map(tasks.echo, tasks.read(o.bin), chunksize=o.chunk), o.bin)
