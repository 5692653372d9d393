"""LIBLINEAR by its own Python package: the primal (a trust region) with a free bias (-R), of two classes.

Its copy of the rows is made outside the clock.
"""
import numpy as np
from liblinear.liblinear import problem as LiblinearProblem
from liblinear.liblinearutil import train

from peers.tools.binary import binary_theta, inverse_strength

TOLERANCES = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7)


def prepare(problem, dtype, threads):
    labels = np.where(problem.labels > 0, 1.0, -1.0)
    rows, strength = LiblinearProblem(labels, problem.features(np.float64)), inverse_strength(problem)

    def fit(tolerance):
        model = train(rows, f"-s 0 -c {strength!r} -B 1 -R -e {tolerance:g} -q")
        sign = 1.0 if model.get_labels()[0] == 1 else -1.0
        weights, bias = model.get_decfun(0) if model.nr_class > 2 else model.get_decfun()
        return binary_theta(sign * np.append(weights, bias))
    return fit
