"""Several tasks at once; a line is a number:

    seq 1000 | spread run --in json --chunk 100 -- python3 squares.py
"""

import spread_worker


def squares(numbers):  # where numpy is installed: numpy.square(numbers)
    return [n * n for n in numbers]


spread_worker.run(on_slice=squares)
