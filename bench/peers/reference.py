"""The optimum f* by a float64 Newton method that shares no code with Poise, cached by the problem's fingerprint.

Newton directions come from conjugate gradients preconditioned by the class-diagonal blocks of the Hessian,
    H_kk = Aᵀ diag(p_k (1 − p_k)) A / n + diag(r),
factorized for dense data (A: centered, scaled features and a column of ones; r: the penalty in that scale), by its
diagonal for sparse data. Everything is kept in the space Σ_k θ_k = 0, where the optimum lies and H is positive
definite. Half the squared Newton decrement, gᵀH⁻¹g/2, estimates f − f*; iteration ends when it is below 1e-16·f.
"""
import json
import pathlib
import sys
import time

import numpy as np
import scipy.linalg
import scipy.sparse
import scipy.special

BLOCK_FEATURES = 1000          # up to this many columns the class blocks are factorized
CONTINUATION = (1000, 100, 10)
KNOWN = pathlib.Path(__file__).with_name("optima.json")
PRECONDITIONER_ROWS = 16_384   # from all rows up to this many, above that, from a sample of this size


class ScaledSoftmax:
    """f, gradient and Hessian products in scaled features A (n×(d+1), last column ones); θ is (d+1)×K."""

    def __init__(self, problem):
        features = problem.exact_features
        rows, columns = features.shape
        self.rows, self.classes, self.labels = rows, problem.classes, problem.labels
        if problem.sparse:
            self.matrix = scipy.sparse.hstack([features, np.ones((rows, 1))], format="csr")
            self.transposed = self.matrix.T.tocsr()
            self.penalty = np.full(columns + 1, problem.l2)
        else:
            deviation = features.std(axis=0)
            deviation[deviation == 0] = 1.0
            self.matrix = np.ones((rows, columns + 1))
            # A bias that is penalized is that of the features as they are.
            self.matrix[:, :-1] = (features - (0.0 if problem.bias_penalty else features.mean(axis=0))) / deviation
            self.transposed = self.matrix.T
            self.penalty = np.append(problem.l2 / deviation**2, 0.0)
        self.penalty[-1] = problem.bias_penalty

    def value(self, theta):
        scores = self.matrix @ theta
        losses = scipy.special.logsumexp(scores, axis=1) - scores[np.arange(self.rows), self.labels]
        return losses.mean() + 0.5 * np.sum(self.penalty[:, None] * theta**2)

    def linearise(self, theta):
        """Value and gradient at θ; keeps the probabilities for `hessian_product` and the preconditioner."""
        scores = self.matrix @ theta
        self.probabilities = scipy.special.softmax(scores, axis=1)
        residual = self.probabilities.copy()
        residual[np.arange(self.rows), self.labels] -= 1.0
        gradient = self.transposed @ residual / self.rows + self.penalty[:, None] * theta
        return self.value(theta), gradient

    def hessian_product(self, direction):
        change = self.matrix @ direction
        change -= np.sum(change * self.probabilities, axis=1, keepdims=True)
        change *= self.probabilities
        return self.transposed @ change / self.rows + self.penalty[:, None] * direction


def centered(theta):
    """The projection to Σ_k θ_k = 0."""
    return theta - theta.mean(axis=1, keepdims=True)


def diagonal_preconditioner(model):
    variance = model.probabilities * (1.0 - model.probabilities)
    diagonal = model.matrix.power(2).T @ variance / model.rows + model.penalty[:, None]
    return lambda residual: centered(residual / np.maximum(diagonal, 1e-12))


def class_block(matrix, variance, random):
    """Aᵀ diag(v) A / n; of many rows an estimate from rows drawn with probability ∝ v, which then weigh the same."""
    if len(matrix) <= PRECONDITIONER_ROWS:
        return (matrix * variance[:, None]).T @ matrix / len(matrix)
    sample = matrix[random.choice(len(matrix), PRECONDITIONER_ROWS, p=variance / variance.sum())]
    return sample.T @ sample * (variance.mean() / len(sample))


def block_preconditioner(model):
    random, factors = np.random.default_rng(1), []
    for probability in model.probabilities.T:
        block = class_block(model.matrix, probability * (1.0 - probability), random)
        block[np.diag_indices_from(block)] += model.penalty + 1e-14 * np.trace(block)
        factors.append(scipy.linalg.cho_factor(block, overwrite_a=True))
    return lambda residual: centered(np.column_stack([scipy.linalg.cho_solve(factor, column)
                                                     for factor, column in zip(factors, residual.T)]))


def newton_direction(model, gradient, precondition, tolerance, most=2000):
    """p with ‖H p + g‖ small relative to ‖g‖, both in the preconditioner's norm."""
    direction, residual = np.zeros_like(gradient), -gradient
    shaped = precondition(residual)
    search, strength = shaped, np.sum(residual * shaped)
    target = tolerance**2 * strength
    for _ in range(most):
        product = centered(model.hessian_product(search))
        length = strength / np.sum(search * product)
        direction = direction + length * search
        residual = residual - length * product
        shaped = precondition(residual)
        previous, strength = strength, np.sum(residual * shaped)
        if strength <= target:
            break
        search = shaped + (strength / previous) * search
    return direction


def step_length(model, theta, direction, value, slope):
    """The first of 1, 1/2, 1/4, … that keeps a ten-thousandth of the promised decrease, up to rounding of f."""
    length = 1.0
    while model.value(theta + length * direction) > value + 1e-4 * length * slope + 4e-16 * abs(value):
        length *= 0.5
        if length < 1e-10:
            raise ArithmeticError("the reference's line search found no decrease")
    return length


def newton(model, theta, prepare, enough, name, most=100):
    """Newton steps from θ until gᵀH⁻¹g/2 ≤ enough·f: the last θ and what makes it believable.

    A direction need not be better than the quadratic model: its tolerance is tightened only after full steps.
    """
    tolerance = 0.1
    for _ in range(most):
        value, gradient = model.linearise(theta)
        gradient = centered(gradient)
        direction = newton_direction(model, gradient, prepare(model), tolerance)
        slope = np.sum(gradient * direction)
        print(f"{name} reference: f = {value!r}, decrement {-slope / 2:.1e}", file=sys.stderr)
        if -slope / 2 <= enough * value:
            return theta, dict(optimum=float(value), decrement=float(-slope / 2),
                               gradient=float(np.linalg.norm(gradient)))
        length = step_length(model, theta, direction, value, slope)
        theta = theta + length * direction
        tolerance = max(tolerance / 10, 1e-4) if length == 1.0 else 0.1
    raise ArithmeticError(f"the reference did not converge on {name}: f = {value!r}, decrement {-slope / 2:.1e}")


def solve(problem):
    """The optimum by continuation: from a strong penalty, where Newton's model is good at once, down to λ."""
    model, theta = ScaledSoftmax(problem), np.zeros((problem.columns + 1, problem.classes))
    factorize = not problem.sparse and problem.columns <= BLOCK_FEATURES
    prepare = block_preconditioner if factorize else diagonal_preconditioner
    penalty = model.penalty
    for factor in CONTINUATION:
        model.penalty = factor * penalty
        theta, _ = newton(model, theta, prepare, 1e-2, f"{problem.name}, {factor} λ")
    model.penalty = penalty
    return newton(model, theta, prepare, 1e-16, problem.name)[1]


def known_optimum(problem):
    """What an earlier call of `solve` found for exactly these data and penalty (optima.json), or None."""
    if problem.bias_penalty:
        return None
    return json.loads(KNOWN.read_text()).get(problem.fingerprint)


def get_reference(problem, work_dir, solve_again=False):
    """f* from optima.json if the problem's fingerprint is there, else from `solve`, kept under the work directory."""
    known = None if solve_again else known_optimum(problem)
    if known:
        return known
    path = work_dir / "reference" / f"{problem.name}-{problem.fingerprint}{'-bias' * (problem.bias_penalty > 0)}.json"
    if not path.exists():
        start = time.perf_counter()
        result = solve(problem) | dict(problem=problem.name, l2=problem.l2)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(result | dict(seconds=time.perf_counter() - start)))
    return json.loads(path.read_text())
