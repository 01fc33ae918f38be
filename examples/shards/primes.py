"""The primes of a range, in order, as one list:

    spread run --range 10000 --shards 16 --gather concat -- python3 primes.py
"""

import spread_worker


def is_prime(n):
    return n > 1 and all(n % d for d in range(2, int(n**0.5) + 1))


spread_worker.run(lambda shard: [n for n in spread_worker.range() if is_prime(n)])
