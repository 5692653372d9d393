"""Two classes: tools that know a single weight vector w solve the same problem.

At the optimum W = (−w/2, w/2), so λ/2 ‖W‖² = λ/4 ‖w‖²: the penalty of w is λ/2.
"""
import numpy as np


def is_binary(problem):
    return problem.classes == 2


def vector_penalty(problem):
    """The tool's own λ: half of ours where it fits one vector for two classes."""
    return problem.l2 / 2 if is_binary(problem) else problem.l2


def inverse_strength(problem):
    """scikit-learn's and LIBLINEAR's C."""
    return 1.0 / (vector_penalty(problem) * problem.rows)


def binary_theta(vector):
    """(w, b) of length d+1 as the (d+1)×2 matrix."""
    return np.multiply.outer(np.asarray(vector, dtype=np.float64), [-0.5, 0.5])
