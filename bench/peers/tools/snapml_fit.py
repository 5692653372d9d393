"""Snap ML, of two classes: w is penalized by 1/2 ‖w‖² · regularizer on the sum of losses, and so is the bias.

The problem is therefore another: with λ/2 ‖b‖² beside λ/2 ‖W‖². It is judged by the optimum of that. The primal fits no
bias at all, so the dual is asked for.
"""
import numpy as np
from snapml import LogisticRegression

from peers.tools.binary import binary_theta, inverse_strength

TOLERANCES = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8)


def prepare(problem, dtype, threads):
    features, labels = problem.features(np.float32), problem.labels.astype(np.float32)
    regularizer = 1.0 / inverse_strength(problem)

    def fit(tolerance):
        model = LogisticRegression(regularizer=regularizer, dual=True, n_jobs=threads, fit_intercept=True, tol=tolerance,
                                   max_iter=100_000, random_state=1).fit(features, labels)
        return binary_theta(np.append(model.coef_, model.intercept_))
    return fit
