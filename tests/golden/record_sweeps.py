"""Records in sweeps.json what numpy and SciPy compute, for tests/unit/sweep: run once, by hand, where they are installed.

    NPY_DISABLE_CPU_FEATURES="AVX512F AVX512_SKX" python3 record_sweeps.py >sweeps.json

With AVX-512 numpy has a log10 and a pow of its own, which are not those of the C library to the last bit."""

import io
import json

import numpy
from scipy.stats import qmc


def hexadecimal(values):
    return [float(value).hex() for value in values]


def spaces(function, cases):
    return [
        {"low": low.hex(), "high": high.hex(), "values": hexadecimal(function(low, high, count))}
        for low, high, count in cases
    ]


def draws():
    """Columns of one stream: uniform and normal ones in turn, of odd lengths, so that a kept value crosses their ends."""
    found = []
    for seed in (0, 1, 12345, 4294967295):
        state = numpy.random.RandomState(seed)
        columns = [
            {"kind": "uniform", "a": -1.5, "b": 2.25, "values": state.uniform(-1.5, 2.25, 7)},
            {"kind": "normal", "a": 4.0e-12, "b": 0.5e-12, "values": state.normal(4.0e-12, 0.5e-12, 7)},
            {"kind": "uniform", "a": 0.0, "b": 1.0, "values": state.uniform(0.0, 1.0, 7)},
            {"kind": "normal", "a": -3.0, "b": 10.0, "values": state.normal(-3.0, 10.0, 7)},
        ]
        for column in columns:
            column["values"] = hexadecimal(column["values"])
        found.append({"seed": seed, "columns": columns})
    return found


def savetxt():
    """The bytes of the table that parameter_sweep writes."""
    rows = numpy.array(
        [[0.1, 1, -2.5e-300, numpy.nan], [1e300, 0, -0.0, numpy.inf], [123456789, 9.9999995, -numpy.inf, 1 / 3]]
    )
    text = io.StringIO()
    numpy.savetxt(text, rows, header="a,b c,out.x,y", delimiter=",", fmt="%.6e")
    return {"names": ["a", "b c", "out.x", "y"], "rows": [hexadecimal(row) for row in rows], "text": text.getvalue()}


def lines(value):
    """One for each element."""
    if not isinstance(value, list):
        return json.dumps(value)
    return "[\n" + ",\n".join(json.dumps(element) for element in value) + "\n]"


def main():
    linear = [(0.1, 0.9, 3), (0.1, 0.9, 17), (1.0, -1.0, 10), (0.0, 1e-323, 5), (3.0, 3.0, 4), (-1e300, 7.0, 11), (2.0, 9.0, 1)]
    geometric = [(1.0, 10.0, 3), (1.0, 1000.0, 10), (-0.01, -7.0, 9), (1e-300, 1e300, 13), (5.0, 5.0, 3), (64.0, 0.5, 8), (2.0, 9.0, 1)]
    record = {
        "numpy": numpy.__version__,
        "linspace": spaces(numpy.linspace, linear),
        "geomspace": spaces(numpy.geomspace, geometric),
        "reversed": spaces(lambda low, high, count: ((high + low) - numpy.geomspace(low, high, count))[::-1], geometric),
        "draws": draws(),
        "sobol": [hexadecimal(point) for point in qmc.Sobol(7, scramble=False).random(64)],
        "savetxt": savetxt(),
        "halton": [hexadecimal(point) for point in qmc.Halton(7, scramble=False).random(50)],
    }
    parts = [f"{json.dumps(key)}: {lines(value)}" for key, value in record.items()]
    print("{\n" + ",\n".join(parts) + "\n}")


if __name__ == "__main__":
    main()
