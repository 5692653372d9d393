"""glum: a binomial family with the logit link; its penalty is λ/2 ‖w‖² on the mean negative log-likelihood."""
import numpy as np
from glum import GeneralizedLinearRegressor

from peers.tools.binary import binary_theta, vector_penalty

TOLERANCES = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8)


def prepare(problem, dtype, threads, solver):
    features, labels = problem.features(dtype), problem.labels.astype(dtype)
    features = features.tocsc() if problem.sparse else np.asfortranarray(features)
    penalty = vector_penalty(problem)

    def fit(tolerance):
        model = GeneralizedLinearRegressor(family="binomial", alpha=penalty, l1_ratio=0, solver=solver, max_iter=10**5,
                                           gradient_tol=tolerance, copy_X=False).fit(features, labels)
        return binary_theta(np.append(model.coef_, model.intercept_))
    return fit
