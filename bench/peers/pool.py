"""multiprocessing.Pool.imap over an echo function."""

import multiprocessing

import tasks

if __name__ == "__main__":
    o = tasks.options(__doc__).parse_args()
    with multiprocessing.Pool(o.j) as pool:
        tasks.write(pool.imap(tasks.echo, tasks.read(o.bin), chunksize=o.chunk), o.bin)
