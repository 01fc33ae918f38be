"""What workers behind a relay cost more than those that are not."""

import shlex

from contenders import Contender, Row


def rows(table):
    n = table.tasks(2_000_000)

    def relay(*words):
        return ["--worker", shlex.join([table.spread, "relay", "-j2", "--", *words])]

    own = table.limit("echo", "--worker")
    slow = table.limit("echo", "--worker", "-e", "0.001")
    few = table.tasks(20_000)
    return [
        Row("relay", "16 B echo, 2 workers behind a relay", [
            Contender("limit: spread, SDK worker", table.run("-j2", "--", table.echo), n, "limit",
                      needs=(table.echo,)),
            Contender("through a relay, SDK worker", table.run(*relay(table.echo)), n, "spread", ratio=2,
                      needs=(table.echo,)),
            Contender("spread, limit's worker", table.run("-j2", "--", *own), n, "bare"),
            Contender("through a relay, limit's worker", table.run(*relay(*own)), n, "spread"),
        ]),
        Row("relay-1ms", "tasks of 1 ms, 2 workers behind a relay", [
            Contender("limit: spread", table.run("-j2", "--", *slow), few, "limit"),
            Contender("through a relay", table.run(*relay(*slow)), few, "spread", ratio=1.05),
        ]),
    ]
