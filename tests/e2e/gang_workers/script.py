"""The common script of collectives in Python: the same calls, and the same answer, as script.sh and
tests/support/workers/gang_script.cc. expected() says what it is."""

import array

import spread_worker as w


def script(n):
    rank, size = w.rank(), w.size()
    answer = {"place": [rank, size, w.is_root()]}
    w.barrier()
    answer["broadcast"] = w.broadcast("from %d" % rank)
    answer["allgather"] = w.allgather(n + 10 * rank)
    answer["exchange"] = [v for _, v in sorted(w.exchange("who", n + 100 * rank).items())]
    answer["reduce"] = w.reduce(rank + 1, "product")
    answer["allreduce"] = [
        w.allreduce(n + rank, "sum"),
        w.allreduce(n - rank, "min"),
        w.allreduce(n + rank, "max"),
    ]
    answer["real"] = w.allreduce(rank + 0.5, "max")
    answer["array"] = w.allreduce(array.array("i", [rank, n, -1]), "sum").tolist()
    part = array.array("B", [rank] * (rank + 1))
    whole = w.gather(part, range(1, size + 1))
    answer["gather"] = None if whole is None else whole.tolist()
    answer["scatter"] = w.scatter(["part %d" % i for i in range(size)] if w.is_root() else None)
    w.put("left", n + rank)
    w.barrier()
    answer["get"] = [list(pair) for pair in sorted(w.get("left").items())]
    return answer


if __name__ == "__main__":
    w.run(script)
