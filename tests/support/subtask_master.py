"""A master with one worker for the tests of the SDKs, written a second time from docs/subtasks.md: it
runs every sub-task in the worker that waits for it."""

FIRST = 2**52


class Master:
    """Of a worker (of sdk_python/harness.py) that has said hello."""

    def __init__(self, worker):
        self.worker = worker
        self.subtasks = {}  # From id to [owner, payload, common, result]; the result is None at first.
        self.sent = []  # The ids, in order.
        self.depth_max = 0
        self._next = FIRST
        self._commons = {}

    def run(self, id, payload, meta=None):
        """The answer to the task, without its id."""
        self.worker.send_value([id, payload] + ([meta] if meta else []))
        return self._serve(id, (meta or {}).get("depth", 0))

    def _serve(self, id, depth):
        """Answers what the task asks until it is answered itself."""
        while True:
            message = self.worker.message()
            if message[0] == id:
                return message[1:]
            assert message[:2] == [None, "ask"] and message[4] == id, message
            seq, op, arguments = message[2], message[3], message[5:]
            if op == "submit":
                value = self._submit(id, *arguments)
            else:
                wanted = {"ready": 1, "fetch": len(arguments[0])}.get(op)
                if op == "wait":
                    wanted = arguments[1] if arguments[1:] and arguments[1] is not None else len(arguments[0])
                self._run_some(id, depth, arguments[0], wanted)
                value = self._finished(arguments[0])
                if op == "fetch":
                    value = [self.subtasks.pop(each)[3] for each in arguments[0]]
            self.worker.send_value([None, "answer", seq, value])

    def _submit(self, owner, payloads, common=None):
        ids = list(range(self._next, self._next + len(payloads)))
        self._next += len(payloads)
        if ids and common is not None:
            self._commons[ids[0]] = [common, set(ids), False]
        for id, payload in zip(ids, payloads):
            k = ids[0] if common is not None else None
            self.subtasks[id] = [owner, payload, k, None]
        return ids

    def _finished(self, ids):
        return [id for id in ids if self.subtasks[id][3]]

    def _run_some(self, owner, depth, ids, wanted):
        for id in ids:
            assert self.subtasks[id][0] == owner, (owner, id)
            if len(self._finished(ids)) < wanted and not self.subtasks[id][3]:
                self._run_one(id, owner, depth + 1)

    def _run_one(self, id, owner, depth):
        _, payload, k, _ = self.subtasks[id]
        self.depth_max = max(depth, self.depth_max)
        meta = {"attempt": 1, "parent": owner, "depth": depth}
        if k is not None:
            meta["common"] = k
            if not self._commons[k][2]:
                self.worker.send_value([None, "common", k, self._commons[k][0]])
                self._commons[k][2] = True
        self.sent.append(id)
        self.worker.send_value([id, payload, meta])
        self.subtasks[id][3] = self._serve(id, depth)[:2]
        if k is not None:
            self._commons[k][1].discard(id)
            if not self._commons[k][1]:
                self.worker.send_value([None, "common", k])


def expected(n, levels, factor=1):
    """The answer of the common script (tests/e2e/subtask_workers) to the payload [n, levels]."""
    if levels == 0:
        return n * factor
    return sum(expected(k, levels - 1, 10) for k in range(1, n + 1))
