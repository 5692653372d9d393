"""The child process of paths: python -m peers.tools.path FOLDER FIRST. The clock starts when the rows are in memory.

A path over two penalties on a few rows goes first.
"""
import importlib
import time
import warnings

import numpy as np

from peers.path import fold_of_row, objective_at
from peers.problem import open_problem, sample
from peers.tools.jobs import finish, jobs
from peers.trajectory import peak_mib


def run(spec, part, penalties, folder):
    """(seconds, what the tool found) on some rows or, if it is to say in `folder` how far it is, on all."""
    search = importlib.import_module(f"peers.tools.{spec['module']}").search
    rows, labels, fold = part.features(np.dtype(spec["dtype"])), part.labels, fold_of_row(part.rows)
    if folder:
        (folder / "started").touch()
    start = time.perf_counter()
    found = search(rows, labels, penalties, fold, spec["threads"], folder and str(folder / "progress"), **spec["options"])
    return time.perf_counter() - start, found


def main():
    warnings.simplefilter("ignore")
    for folder, spec in jobs():
        problem = open_problem(spec["problem"])
        run(spec, sample(problem), spec["penalties"][:2], None)
        seconds, (scores, l2, theta) = run(spec, problem, spec["penalties"], folder)
        finish(folder, spec, dict(
            seconds=seconds, scores=list(map(float, scores)), l2=float(l2), remark="ended by itself", peak_mib=peak_mib(),
            objective=objective_at(problem, float(l2), theta)))


if __name__ == "__main__":
    main()
