"""scikit-learn's lbfgs and newton-cg, iterate by iterate.

LogisticRegression (1.2) has no callback, so its two calls into optimisers are wrapped: scipy's minimize gets a callback
and no stop by relative decrease (its default ends at 1e-7 relative on MNIST), _newton_cg a Hessian function that notes
each iterate. The loss also gets the run's threads, which the estimator itself fixes at one.
"""
import functools
import types

import scipy.optimize
from sklearn.linear_model import LogisticRegression, _logistic

from softmax.peers.binary import binary_theta, inverse_strength, is_binary


class Observed:
    """Wraps a loss function; remembers its last value as a mean."""

    def __init__(self, function, problem, exact):
        self.function, self.rows, self.exact, self.mean = function, problem.rows, exact, None

    def __call__(self, *arguments):
        result = self.function(*arguments)
        value = result[0] if isinstance(result, tuple) else result
        self.mean = float(value) / self.rows if self.exact else None
        return result


def with_threads(arguments, threads):
    """(X, y, sample_weight, l2, n_threads) with the last replaced."""
    return (*arguments[:-1], threads)


def observed_minimize(function, start, *, args, options, recorder, note, observe, threads, **others):
    loss = observe(function)
    return scipy.optimize.minimize(loss, start, args=with_threads(args, threads),
                                   options=options | dict(ftol=0.0, maxfun=10**9),
                                   callback=lambda theta: recorder.add(note(theta), loss.mean), **others)


def observed_newton(hessian, function, gradient, start, *, args, recorder, note, observe, threads, **others):
    loss = observe(function)

    def observed_hessian(theta, *arguments):
        recorder.add(note(theta), loss.mean)
        slope, product = hessian(theta, *arguments)

        def checked_product(direction):
            recorder.check_budget()
            return product(direction)
        return slope, checked_product

    return original_newton(observed_hessian, loss, gradient, start, args=with_threads(args, threads), **others)


original_newton = _logistic._newton_cg


def train(problem, dtype, threads, recorder, solver, center=False):
    features, labels = problem.features(dtype), problem.labels
    mean = features.mean(axis=0) if center else None
    if center:
        features -= mean
    note = functools.partial(canonical, problem=problem, mean=mean)
    bindings = dict(recorder=recorder, note=note, threads=threads,
                    observe=functools.partial(Observed, problem=problem, exact=dtype.itemsize == 8))
    _logistic.optimize = types.SimpleNamespace(minimize=functools.partial(observed_minimize, **bindings))
    _logistic._newton_cg = functools.partial(observed_newton, **bindings)
    model = LogisticRegression(C=inverse_strength(problem), solver=solver, tol=0.0, max_iter=10**6)
    recorder.start()
    model.fit(features, labels)
    return f"ended by itself after {int(model.n_iter_[0])} iterations"


def canonical(theta, problem, mean):
    """scikit-learn's vector (classes contiguous, bias last) is [W; b] row by row already; two classes share one."""
    matrix = binary_theta(theta) if is_binary(problem) else theta.reshape(problem.columns + 1, problem.classes)
    if mean is None:
        return matrix
    matrix = matrix.astype("float64")
    matrix[-1] -= mean @ matrix[:-1]
    return matrix
