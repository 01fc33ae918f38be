"""The common script of sub-tasks in Python: the same calls, and the same answer, as sum.sh and
tests/support/workers/subtask_sum.cc. A task [n, levels] submits n sub-tasks [k, levels - 1], k from 1
on, with the common part 10, and gives the sum of their results. A sub-task [n, 0] gives n times its
common part, a task [n, 0] n."""

import spread_worker as w


def total(payload):
    n, levels = payload
    if levels == 0:
        return n if w.parent() is None else n * w.common()
    subtasks = w.submit([[k, levels - 1] for k in range(1, n + 1)], 10)
    w.wait(subtasks, min(1, n))
    return sum(subtask.result() for subtask in w.wait(subtasks))


if __name__ == "__main__":
    w.run(total)
