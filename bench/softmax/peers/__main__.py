"""The child process of one peer run: python -m softmax.peers SPEC.json. Loading is over before the clock starts."""
import importlib
import json
import pathlib
import sys
import warnings

import numpy as np

from softmax.problem import open_problem
from softmax.trajectory import BudgetSpent, Recorder


def main():
    spec = json.loads(pathlib.Path(sys.argv[1]).read_text())
    problem = open_problem(spec["problem"])
    recorder = Recorder(pathlib.Path(sys.argv[1]).parent, spec["budget"], spec["good_enough"])
    train = importlib.import_module(f"softmax.peers.{spec['module']}").train
    warnings.simplefilter("ignore")
    try:
        remark = train(problem, np.dtype(spec["dtype"]), spec["threads"], recorder, **spec["options"])
    except BudgetSpent as end:
        remark = str(end)
    recorder.close(remark or "ended by itself")


main()
