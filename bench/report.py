"""From measured rounds to ratios, goals and tables."""

import dataclasses
import os
import platform
import statistics


@dataclasses.dataclass
class Line:
    contender: str
    kind: str
    note: str = ""  # why there are no figures
    per_second: float | None = None
    seconds: float | None = None  # of one run
    ratio: float | None = None
    ratio_min: float | None = None
    ratio_max: float | None = None
    peak_mib: float | None = None
    goal: str = ""
    met: bool | None = None


def lines_of(row, rounds, notes):
    """`rounds`: a list of {contender's name: Outcome}; `notes`: {name: why it was left out}."""
    limit = row.contenders[0]
    result = []
    for c in row.contenders:
        line = Line(c.name, c.kind, notes.get(c.name, ""))
        result.append(line)
        measured = [r for r in rounds if c.name in r]
        if not measured:
            continue
        line.seconds = statistics.median(r[c.name].seconds for r in measured)
        line.per_second = c.n / line.seconds
        ratios = ratios_of(c, limit, measured)
        if ratios:
            line.ratio = statistics.median(ratios)
            line.ratio_min, line.ratio_max = min(ratios), max(ratios)
        peaks = [r[c.name].peak_mib for r in measured if r[c.name].peak_mib is not None]
        if peaks:
            line.peak_mib = max(peaks)
    judge(row, result)
    compare_beside(row, rounds, result)
    return result


def ratios_of(c, other, rounds):
    """Time per task against the other's of the same round: the machine's mood cancels out."""
    return [r[c.name].seconds / c.n / (r[other.name].seconds / other.n)
            for r in rounds if c.name in r and other.name in r]


def compare_beside(row, rounds, lines):
    spread = next((c for c in row.contenders if c.kind == "spread"), None)
    for c, line in zip(row.contenders, lines):
        ratios = ratios_of(c, spread, rounds) if c.beside and spread else []
        if ratios:
            line.goal = (f"{statistics.median(ratios):.3g}x spread's time "
                         f"({min(ratios):.3g}..{max(ratios):.3g})")


def judge(row, lines):
    # A peer's goal is held against the spread contender that has the row's goal.
    spread = next((line for c, line in zip(row.contenders, lines) if c.kind == "spread"), None)
    for c, line in zip(row.contenders, lines):
        goals = []
        if c.ratio is not None:
            goals.append((f"<= {c.ratio:g}x", line.ratio and line.ratio <= c.ratio))
        if c.mib is not None:
            goals.append((f"<= {c.mib:g} MiB", line.peak_mib and line.peak_mib <= c.mib))
        if c.factor is not None:
            reached = line.ratio and spread and spread.ratio and line.ratio / spread.ratio
            at_least = f"spread {c.factor:g}x faster" if c.factor != 1 else "spread faster"
            shown = f" (is {reached:.3g}x)" if reached else ""
            goals.append((at_least + shown, reached and reached > c.factor))
        line.goal = ", ".join(text for text, _ in goals)
        if goals and all(met is not None for _, met in goals):
            line.met = all(met for _, met in goals)


def number(value):
    if value >= 1e6:
        return f"{value / 1e6:.2f}M"
    if value >= 1e4:
        return f"{value / 1e3:.0f}k"
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def cells(row, line):
    if line.note or line.seconds is None:
        return [line.contender, line.note, "", "", "", line.goal]
    if row.unit == "ms":
        speed = f"{1000 * line.seconds:.2f} ms"
    elif row.unit == "s":
        speed = f"{line.seconds:.3f} s"
    elif row.bytes_each:
        speed = f"{row.bytes_each * line.per_second / 1e6:.0f} MB/s"
    else:
        speed = f"{number(line.per_second)}/s"
    ratio = spread = ""
    if line.kind != "limit" and line.ratio is not None:
        ratio = f"{line.ratio:.2f}"
        spread = f"{line.ratio_min:.2f}..{line.ratio_max:.2f}"
    peak = "" if line.peak_mib is None else f"{line.peak_mib:.1f} MiB"
    goal = line.goal
    if line.met is not None:
        goal += ": met" if line.met else ": missed"
    return [line.contender, speed, ratio, spread, peak, goal]


HEADER = ["contender", "speed", "ratio", "min..max", "peak", "goal"]


def text_table(row, lines):
    table = [HEADER] + [cells(row, line) for line in lines]
    widths = [max(len(r[i]) for r in table) for i in range(len(HEADER))]
    out = [f"{row.key}: {row.title}"]
    for r in table:
        padded = [r[0].ljust(widths[0])]
        padded += [c.ljust(w) if i == 4 else c.rjust(w)
                   for i, (c, w) in enumerate(zip(r[1:], widths[1:]))]
        out.append("  " + "  ".join(padded).rstrip())
    return "\n".join(out) + "\n"


def markdown_table(row, lines):
    out = [f"### `{row.key}`: {row.title}", "",
           "| " + " | ".join(HEADER) + " |", "|---|--:|--:|--:|--:|---|"]
    out += ["| " + " | ".join(cells(row, line)) + " |" for line in lines]
    return "\n".join(out) + "\n"


def machine():
    model = platform.machine()
    memory = ""
    try:
        with open("/proc/cpuinfo") as f:
            model = next(x.split(":")[1].strip() for x in f if x.startswith("model name"))
        with open("/proc/meminfo") as f:
            memory = f"{int(f.readline().split()[1]) / 2**20:.0f} GiB"
    except (OSError, StopIteration):
        pass
    return {"cpu": model, "cpus": len(os.sched_getaffinity(0)), "memory": memory,
            "kernel": f"{platform.system()} {platform.release()}",
            "python": platform.python_version(), "load": os.getloadavg()[0]}
