"""Cyanure: (multi-class) logistic loss, L2, free bias. Its tolerance is a relative duality gap."""
import numpy as np
from cyanure.estimators import Classifier

from peers.tools.binary import binary_theta, is_binary, vector_penalty

TOLERANCES = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7)


def prepare(problem, dtype, threads, solver):
    features, labels = problem.features(dtype), problem.labels
    binary = is_binary(problem)

    def fit(tolerance):
        model = Classifier(loss="logistic" if binary else "multiclass-logistic", penalty="l2", fit_intercept=True,
                           lambda_1=vector_penalty(problem), solver=solver, tol=tolerance, max_iter=10**5, verbose=False,
                           n_threads=threads, duality_gap_interval=5)
        model.fit(features, np.where(labels > 0, 1, -1) if binary else labels)
        if binary:
            return binary_theta(np.append(model.coef_, model.intercept_))
        weights = np.asarray(model.coef_)
        weights = weights if weights.shape[0] == problem.columns else weights.T
        return np.vstack([weights, np.reshape(model.intercept_, (1, -1))])
    return fit
