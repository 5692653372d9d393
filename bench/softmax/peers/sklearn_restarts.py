"""scikit-learn solvers that show no iterates: fitted anew to ever smaller tolerance, each fit a point of its own time.

LIBLINEAR has no free bias; with intercept_scaling s it is penalised by λ/4 (b/s)². On adult the optimum so moved has
(f − f*)/f* = 1e-12 with s = 100; s = 1000 stops it at 1e-8, s = 30 leaves 2e-10.
"""
import time

import numpy as np
from sklearn.linear_model import LogisticRegression

from softmax.peers.binary import binary_theta, inverse_strength

TOLERANCES = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8)
INTERCEPT_SCALING = 100.0


def train(problem, dtype, threads, recorder, solver):
    features, labels = problem.features(dtype), problem.labels
    recorder.start()
    for tolerance in TOLERANCES:
        model = LogisticRegression(C=inverse_strength(problem), solver=solver, tol=tolerance, max_iter=10**6,
                                   intercept_scaling=INTERCEPT_SCALING)
        start = time.perf_counter()
        model.fit(features, labels)
        recorder.append(time.perf_counter() - start, binary_theta(np.append(model.coef_, model.intercept_)))
        recorder.check_budget()
    return f"fits at tolerances {TOLERANCES}"
