#!/usr/bin/python3
# seq 10 | spread run --in json -- python3 examples/square/square_sdk.py
import os
import sys

sys.path.insert(
    0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../worker_sdk/python")
)
import spread_worker

spread_worker.run(lambda x: x * x)
