"""adelie's group elastic net at alpha = 0; of more than two classes its loss is divided by their number, so λ is, too.

Given a path of 20 penalties that ends at λ, or λ alone.
"""
import adelie
import numpy as np

from peers.tools.binary import binary_theta, is_binary, vector_penalty

TOLERANCES = (1e-5, 1e-7, 1e-9, 1e-11, 1e-13)


def prepare(problem, dtype, threads, path):
    binary, classes, dtype = is_binary(problem), problem.classes, dtype.type
    features = problem.features(dtype)
    if problem.sparse:
        matrix = adelie.matrix.sparse(features.tocsc(), method="naive", n_threads=threads)
    else:
        matrix = adelie.matrix.dense(np.asfortranarray(features), method="naive", n_threads=threads)
    labels = problem.labels.astype(dtype) if binary else np.eye(classes, dtype=dtype, order="C")[problem.labels]
    family = adelie.glm.binomial(labels, dtype=dtype) if binary else adelie.glm.multinomial(labels, dtype=dtype)
    penalty = vector_penalty(problem) / (1 if binary else classes)
    penalties = penalty * np.geomspace(1e4, 1, 20) if path else np.array([penalty])

    def fit(tolerance):
        state = adelie.grpnet(matrix, family, alpha=0.0, penalty=np.ones(problem.columns), lmda_path=penalties,
                              irls_tol=tolerance, tol=tolerance, early_exit=False, n_threads=threads, progress_bar=False)
        weights, bias = state.betas[-1].toarray().ravel(), np.ravel(state.intercepts[-1])
        if binary:
            return binary_theta(np.append(weights, bias))
        return np.vstack([weights.reshape(problem.columns, classes), bias])
    return fit
