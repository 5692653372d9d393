"""scikit-learn's newton-cholesky, which shows no iterates."""
import numpy as np
from sklearn.linear_model import LogisticRegression

from peers.tools.binary import binary_theta, inverse_strength, is_binary

TOLERANCES = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-10)


def prepare(problem, dtype, threads, solver):
    features, labels, strength = problem.features(dtype), problem.labels, inverse_strength(problem)

    def fit(tolerance):
        model = LogisticRegression(C=strength, solver=solver, tol=tolerance, max_iter=10**6).fit(features, labels)
        if is_binary(problem):
            return binary_theta(np.append(model.coef_, model.intercept_))
        return np.vstack([model.coef_.T, model.intercept_])
    return fit
