"""The child process of runs of a peer: python -m peers.tools FOLDER FIRST. Loading is over before the clock starts.

The same fit on a few rows goes first, so that what is compiled, imported and started once is not measured.
"""
import dataclasses
import functools
import importlib
import math
import warnings

import numpy as np

from peers.problem import open_problem, sample
from peers.tools.jobs import finish, jobs
from peers.trajectory import BudgetSpent, Recorder

WARM_SECONDS = 1.0


@functools.cache
def problem_of(folder, bias_penalty):
    return dataclasses.replace(open_problem(folder), bias_penalty=bias_penalty)


def run(train, problem, spec, recorder):
    """What `train` says of its run."""
    try:
        return train(problem, np.dtype(spec["dtype"]), spec["threads"], recorder, **spec["options"])
    except BudgetSpent as end:
        return str(end)


def main():
    warnings.simplefilter("ignore")
    best = math.inf
    for folder, spec in jobs():
        problem = problem_of(spec["problem"], spec["bias_penalty"])
        train = importlib.import_module(f"peers.tools.{spec['module']}").train
        run(train, sample(problem), spec, Recorder(folder, WARM_SECONDS))
        budget = min(spec["budget"], 1.2 * best + 0.05)  # of settings that are tried, the slower ones need not end
        recorder = Recorder(folder, budget, problem, spec["optimum"], np.dtype(spec["dtype"]).itemsize)
        remark = run(train, problem, spec, recorder)
        best = min(best, recorder.reached)
        finish(folder, spec, recorder.about(remark or "ended by itself"))


if __name__ == "__main__":
    main()
