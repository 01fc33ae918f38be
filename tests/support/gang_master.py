"""A master of one gang for the tests of the SDKs, written a second time from docs/gangs.md: it plays
the members' collectives in lockstep, with no more than Python's own numbers."""

import base64
import functools
import struct

LETTERS = dict(zip("i1 i2 i4 i8 u1 u2 u4 u8 f4 f8".split(), "bhiqBHIQfd"))
OPS = {
    "sum": lambda a, b: a + b,
    "product": lambda a, b: a * b,
    "min": min,
    "max": max,
}


def items_of(value):
    count = len(bytes_of(value)) // int(value["dtype"][1])
    return struct.unpack("<%d%s" % (count, LETTERS[value["dtype"]]), bytes_of(value))


def bytes_of(value):
    data = value["data"]
    return base64.b64decode(data["$bin"]) if isinstance(data, dict) else data


def typed(dtype, shape, items):
    data = struct.pack("<%d%s" % (len(items), LETTERS[dtype]), *items)
    return {"dtype": dtype, "shape": shape, "data": data}


def reduced(op, values):
    if not isinstance(values[0], dict):
        return functools.reduce(OPS[op], values)
    columns = zip(*(items_of(v) for v in values))
    items = [functools.reduce(OPS[op], column) for column in columns]
    return typed(values[0]["dtype"], values[0]["shape"], items)


def gathered(values):
    items = [item for v in values for item in items_of(v)]
    length = sum(v["shape"][0] for v in values)
    return typed(values[0]["dtype"], [length] + values[0]["shape"][1:], items)


def answers(kind, values):
    """What each member of a round is given."""
    size = len(values)
    if kind == "barrier":
        return values
    if kind == "broadcast":
        return [values[0]] * size
    if kind == "allgather":
        return [values] * size
    if kind == "exchange":
        return [[v for _, v in values[:r] + values[r + 1 :]] for r in range(size)]
    if kind == "scatter":
        return values[0]
    if kind in ("reduce", "allreduce"):
        result = reduced(values[0][0], [v for _, v in values])
        return [result if r == 0 or kind == "allreduce" else None for r in range(size)]
    assert kind == "gather", kind
    return [gathered([v for _, v in values])] + [None] * (size - 1)


def play(workers, id, payload):
    """Gives the task to the workers (of sdk_python/harness.py), each of which has said hello, and
    returns their answers."""
    size = len(workers)
    puts = {}
    calls = [None] * size
    results = [None] * size
    for rank, worker in enumerate(workers):
        worker.send_value([id, payload, {"rank": rank, "size": size}])
    while None in results:
        for rank, worker in enumerate(workers):
            while calls[rank] is None and results[rank] is None:
                message = worker.message()
                if message[:2] != [None, "ask"]:
                    assert message[0] == id, message
                    results[rank] = message[1:]
                    continue
                _, _, seq, op, task, *arguments = message
                assert task == id, message
                if op == "put":
                    puts.setdefault(arguments[0], {})[rank] = arguments[1]
                    worker.send_value([None, "answer", seq, None])
                elif op == "get":
                    found = sorted(puts.get(arguments[0], {}).items())
                    found = [list(pair) for pair in found if pair[0] != rank]
                    worker.send_value([None, "answer", seq, found])
                else:
                    calls[rank] = (seq, op, arguments)
        if None in results:
            assert len({(op, a[0], a[1]) for _, op, a in calls}) == 1, calls
            found = answers(calls[0][2][1], [a[2] for _, _, a in calls])
            for worker, (seq, _, _), value in zip(workers, calls, found):
                worker.send_value([None, "answer", seq, value])
            calls = [None] * size
    return results


def expected(rank, size, n):
    """The answer of the common script (tests/e2e/gang_workers) to the payload n."""
    ranks = range(size)
    product = 1
    for r in ranks:
        product *= r + 1
    return {
        "place": [rank, size, rank == 0],
        "broadcast": "from 0",
        "allgather": [n + 10 * r for r in ranks],
        "exchange": [n + 100 * r for r in ranks if r != rank],
        "reduce": product if rank == 0 else None,
        "allreduce": [n * size + sum(ranks), n - size + 1, n + size - 1],
        "real": size - 0.5,
        "array": [sum(ranks), n * size, -size],
        "gather": [r for r in ranks for _ in range(r + 1)] if rank == 0 else None,
        "scatter": "part %d" % rank,
        "get": [[r, n + r] for r in ranks if r != rank],
    }
