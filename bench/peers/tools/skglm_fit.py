"""skglm: its logistic datafit with the elastic net at an L1 share of 0, and a free bias, of two classes."""
import numpy as np
from skglm import GeneralizedLinearEstimator
from skglm.datafits import Logistic
from skglm.penalties import L1_plus_L2
from skglm.solvers import AndersonCD, ProxNewton

from peers.tools.binary import binary_theta, vector_penalty

TOLERANCES = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8)
SOLVERS = {"prox-newton": ProxNewton, "anderson-cd": AndersonCD}


def prepare(problem, dtype, threads, solver):
    features, labels = problem.features(np.float64), problem.labels
    features = features.tocsc() if problem.sparse else np.asfortranarray(features)
    penalty = vector_penalty(problem)

    def fit(tolerance):
        method = SOLVERS[solver](tol=tolerance, max_iter=10_000)
        model = GeneralizedLinearEstimator(Logistic(), L1_plus_L2(penalty, 0.0), method).fit(features, labels)
        return binary_theta(np.append(model.coef_, model.intercept_))
    return fit
