"""lbfgs and newton-cg of scikit-learn and of its extension by Intel, iterate by iterate.

Their two calls into optimizers are wrapped: scipy's minimize gets a callback and no stop by relative decrease (its
default ends at 1e-7 relative on MNIST), _newton_cg a Hessian function that notes each iterate. scikit-learn's loss gets
the run's threads, which the estimator itself fixes at one. The extension's loss is a sum, scikit-learn's a mean.
"""
import functools
import importlib
import types

import numpy as np
import scipy.optimize

from peers.tools.binary import binary_theta, inverse_strength, is_binary

CALLERS = {"sklearn": "sklearn.linear_model._logistic", "sklearnex": "daal4py.sklearn.linear_model.logistic_path"}


class Observed:
    """Wraps a loss function; remembers its last value as a mean."""

    def __init__(self, function, rows):
        self.function, self.rows, self.mean = function, rows, None

    def __call__(self, *arguments):
        result = self.function(*arguments)
        self.mean = float(result[0] if isinstance(result, tuple) else result) / self.rows
        return result


class Wrapped:
    """The two optimizers, with a look at each iterate."""

    def __init__(self, newton, recorder, note, threads, rows):
        self.original_newton, self.recorder, self.note, self.threads, self.rows = newton, recorder, note, threads, rows

    def arguments(self, args):
        """scikit-learn's (X, y, sample_weight, l2, n_threads) with the last replaced."""
        return args if self.threads is None else (*args[:-1], self.threads)

    def minimize(self, function, start, *, args, options, callback=None, **others):
        loss = Observed(function, self.rows)
        return scipy.optimize.minimize(loss, start, args=self.arguments(args), options=options | dict(ftol=0.0, maxfun=10**9),
                                       callback=lambda theta: self.recorder.add(self.note(theta), loss.mean), **others)

    def newton(self, grad_hess, func, grad, x0, args, **others):
        loss = Observed(func, self.rows)

        def observed_hessian(theta, *arguments):
            self.recorder.add(self.note(theta), loss.mean)
            slope, product = grad_hess(theta, *arguments)

            def checked_product(direction):
                self.recorder.check_budget()
                return product(direction)
            return slope, checked_product

        return self.original_newton(observed_hessian, loss, grad, x0, args=self.arguments(args), **others)


@functools.cache
def original_newton(module):
    return importlib.import_module(module)._newton_cg


def train(problem, dtype, threads, recorder, solver, library="sklearn", center=False):
    caller = importlib.import_module(CALLERS[library])
    estimator = importlib.import_module(f"{library}.linear_model").LogisticRegression
    features, labels = problem.features(dtype), problem.labels
    mean = features.mean(axis=0) if center else None
    if center:
        features -= mean
    note = functools.partial(canonical, problem=problem, mean=mean, bias_first=library == "sklearnex")
    own = library == "sklearn"
    wrapped = Wrapped(original_newton(CALLERS[library]), recorder, note, threads if own else None, 1 if own else problem.rows)
    caller.optimize = types.SimpleNamespace(minimize=wrapped.minimize)
    caller._newton_cg = wrapped.newton
    model = estimator(C=inverse_strength(problem), solver=solver, tol=0.0, max_iter=10**6, **({} if own else dict(n_jobs=threads)))
    recorder.start()
    model.fit(features, labels)
    return f"ended by itself after {int(np.ravel(model.n_iter_)[0])} iterations"


def canonical(theta, problem, mean, bias_first):
    """The vector as [W; b] row by row.

    scikit-learn's has the classes contiguous and the bias last, the extension's is a class after the other with the bias
    first; two classes share one vector.
    """
    theta = np.asarray(theta, dtype=np.float64)
    if bias_first:
        theta = np.roll(theta.reshape(-1, problem.columns + 1), -1, axis=1).T
    matrix = binary_theta(theta.ravel()) if is_binary(problem) else theta.reshape(problem.columns + 1, problem.classes)
    if mean is None:
        return matrix
    matrix = np.array(matrix)
    matrix[-1] -= mean @ matrix[:-1]
    return matrix
