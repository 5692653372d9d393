"""Newton's method in a well-scaled basis: gradient and objective as long doubles, the Hessian in float64.

How far the result is from the minimum comes from the Newton decrement ν and the largest range R of scores along unit
directions (third derivatives of lse are at most range times variance): if νR < 1, a minimizer exists and
F − F* ≤ [ν + (1 − νR) ln(1 − νR)/R]/R ≤ ν² for νR ≤ 1/2.
"""
import dataclasses

import numpy as np
import scipy.linalg

from fuzz_certificates.problem import EPSILON, REAL

STEPS = 80
NOTHING = 1e-17             # F ≥ 0: a value below this is as good as a minimum
# What the entries of the scaled Hessian may be off by.
EPSILON_OF_HESSIAN = {np.float64: 4e-15, REAL: 16 * EPSILON}


@dataclasses.dataclass
class Point:
    v: np.ndarray            # [r, K]
    value: float             # F, a long double
    error: float             # bound on the rounding of `value`
    excess: float = np.inf   # proven: F − F* is at most this
    settled: bool = False    # the excess is proven (νR ≤ 1/2)
    decrement: float = np.inf  # ν: F − F* is near ν²/2, proven or not
    margins_are_positive: bool = False


class Objective:
    """F at V, its derivatives, and rounding bounds. `mask` [rows, K]: classes that still count in a row's lse.

    Steps are taken in V's columns but the last, which stays 0 up to a shift of all classes: the one with the least
    penalty. So nothing cancels where some classes have next to no probability.
    """

    def __init__(self, problem, basis, mask=None):
        self.top, self.bottom = basis.top, basis.bottom
        self.shares, self.targets = problem.shares, problem.t
        self.mask = mask
        self.absolute_top, self.absolute_bottom = np.abs(self.top), np.abs(self.bottom)
        rows, self.classes = self.targets.shape
        self.rank, self.free = self.top.shape[1], self.classes - 1
        self.at = np.arange(rows)
        self.kernels = {kind: self.prepare(kind) for kind in (float,)}
        # One-hot targets: the row's own class, for probabilities that are right to the last digit near 1.
        self.own = self.targets.argmax(axis=1)
        hard = self.targets.max(axis=1) == 1
        self.is_one_hot = bool(hard.all())
        self.hard, self.soft_shares = np.flatnonzero(hard), np.where(hard, 0, self.shares)

    def prepare(self, kind):
        """s_i l_i l_iᵀ and the Hessian of the penalty, as numbers of that kind."""
        top, bottom = self.top.astype(kind), self.bottom.astype(kind)
        pairs = (top[:, :, None] * top[:, None, :]).reshape(len(top), -1) * self.shares.astype(kind)[:, None]
        return pairs, np.kron(np.eye(self.free, dtype=kind) - kind(1) / self.classes, bottom.T @ bottom)

    def scores(self, v):
        z = self.top @ v
        return z if self.mask is None else np.where(self.mask, z, -np.inf)

    def evaluate(self, v):
        """F with a bound on its rounding, residuals p − t, and probabilities."""
        z = self.scores(v)
        index = z.argmax(axis=1)
        down = z[self.at, index][:, None] - z
        p = np.exp(-down)
        p[self.at, index] = 0
        rest = p.sum(axis=1)
        p[self.at, index] = 1
        p /= (1 + rest)[:, None]
        losses = (self.targets * np.where(self.targets > 0, down, 0)).sum(axis=1) + np.log1p(rest)
        residual = p - self.targets
        residual[self.hard, self.own[self.hard]] = 0
        residual[self.hard, self.own[self.hard]] = -residual[self.hard].sum(axis=1)
        moved = self.bottom @ v
        value = (self.shares * losses).sum() + (moved * moved).sum() / 2
        return value, residual, p

    def errors(self, v, value, residual):
        """Bounds on the rounding of F and of the gradient [r]. An error of a score counts by its slope, p − t."""
        slopes = self.shares * np.abs(residual).sum(axis=1)
        size = (self.absolute_top @ np.abs(v)).max(axis=1)
        moved = self.absolute_bottom @ np.abs(v)
        of_value = (2 * (self.rank + 4) * ((slopes * size).sum() + (moved * moved).sum()) + (len(size) + 8) * abs(value))
        of_gradient = (self.absolute_top.T @ (slopes * (len(size) + 2 * (self.rank + 4) * (1 + size)) + 8 * self.soft_shares)
                       + 2 * (self.rank + 16) * (self.absolute_bottom.T @ moved).max(axis=1))
        return float(EPSILON * of_value), EPSILON * of_gradient

    def gradient(self, v, residual):
        return self.top.T @ (self.shares[:, None] * residual) + self.bottom.T @ (self.bottom @ v)

    def hessian(self, p, kind):
        """In the free columns of V: [(a, j), (b, k)]. Without cancellation."""
        if kind not in self.kernels:
            self.kernels[kind] = self.prepare(kind)
        pairs, penalty = self.kernels[kind]
        p = p.astype(kind)
        kernel = -p[:, :, None] * p[:, None, :]
        index = np.arange(self.classes)
        kernel[:, index, index] = 0
        kernel[:, index, index] = -kernel.sum(axis=2)
        small = kernel[:, :self.free, :self.free].reshape(len(p), -1)
        blocks = (small.T @ pairs).reshape(self.free, self.free, self.rank, self.rank)
        return blocks.transpose(0, 2, 1, 3).reshape(self.free * self.rank, -1) + penalty

    def step(self, gradient, p, kind):
        """The Newton step [r, K], ν, and what is needed to bound R; None where the Hessian is too flat."""
        hessian = self.hessian(p, kind)
        flat = gradient[:, :self.free].T.ravel().astype(kind)
        diagonal = np.sqrt(np.diag(hessian))
        if self.mask is not None:
            diagonal[diagonal == 0] = 1
        if not (diagonal > 0).all():
            return None
        scaled = hessian / diagonal[:, None] / diagonal[None, :]
        inverse, trusted = half_inverse(scaled) if self.mask is None else half_inverse_of_singular(scaled)
        if inverse is None:
            return None
        half = inverse @ (flat / diagonal)
        solution = (inverse.T @ half) / diagonal
        direction = np.zeros((self.rank, self.classes), dtype=REAL)
        direction[:, :self.free] = -solution.reshape(self.free, self.rank).T
        direction -= direction.mean(axis=1, keepdims=True)
        return direction, float(np.sqrt(half @ half)), inverse, diagonal, trusted

    def largest_range(self, inverse, diagonal):
        """R: no unit direction of the Hessian's metric moves the scores of a row by a range above this."""
        shaped = (inverse / diagonal[None, :]).reshape(-1, self.rank) @ self.top.T.astype(inverse.dtype)
        return float(np.sqrt(2 * (shaped * shaped).reshape(len(inverse), self.free, -1).sum(axis=(0, 1)).max()))


def half_inverse(scaled):
    """A with A S Aᵀ = I, and whether it is to be trusted (else S had to be made a little larger)."""
    identity = np.eye(len(scaled), dtype=scaled.dtype)
    if scaled.dtype != float:
        return half_inverse_of_reals(scaled, identity), True
    for ridge in (0.0, 1e-14, 1e-11):
        try:
            factor = np.linalg.cholesky(scaled + ridge * identity)
        except np.linalg.LinAlgError:
            continue
        return scipy.linalg.solve_triangular(factor, identity, lower=True, check_finite=False), ridge == 0
    return None, False


def half_inverse_of_reals(scaled, inverse):
    """The same for long doubles, by elimination; None if S is not positive definite."""
    rest = scaled.copy()
    for k in range(len(rest)):
        if not rest[k, k] > 0:
            return None
        factors = rest[k + 1:, k] / rest[k, k]
        inverse[k + 1:] -= factors[:, None] * inverse[k]
        inverse[k] /= np.sqrt(rest[k, k])
        rest[k + 1:, k + 1:] -= factors[:, None] * rest[k, k + 1:]
    return inverse


def half_inverse_of_singular(scaled):
    """The same on the space where S is not 0; trusted if it is clear which that is."""
    values, vectors = np.linalg.eigh(scaled.astype(float))
    kept = values > 1e-11
    if not kept.any():
        return None, False
    clear = not ((values > 1e-13) & (values < 1e-8)).any()
    return (vectors[:, kept] / np.sqrt(values[kept])).T, clear


def margins_are_positive(objective, scores):
    """Every row's own class leads: the data are separable by these very scores."""
    own = scores[np.arange(len(scores)), objective.own]
    others = scores.copy()
    others[np.arange(len(scores)), objective.own] = -np.inf
    return bool((own > others.max(axis=1)).all())


def minimize(objective, v=None, look_for_separation=False, kind=float):
    """The last point of Newton's method. Ends once the proven excess is below 1e-19 F or next to nothing."""
    v = np.zeros((objective.rank, objective.classes), dtype=REAL) if v is None else v
    value, residual, p = objective.evaluate(v)
    decrements = []
    while True:
        error, gradient_error = objective.errors(v, value, residual)
        point = Point(v, value, error)
        if value <= NOTHING:
            point.settled, point.excess = True, float(value + error)
            return point
        if look_for_separation and margins_are_positive(objective, objective.scores(v)):
            point.margins_are_positive = True
            return point
        gradient = objective.gradient(v, residual)
        found = objective.step(gradient, p, kind)
        if found is None or len(decrements) >= STEPS:
            return point
        direction, decrement = found[:2]
        decrements.append(decrement)
        point.decrement = decrement
        if decrement**2 < 1e-12 * float(value):
            prove(objective, point, found, gradient_error)
            if point.settled and point.excess <= max(NOTHING, 1e-19 * float(value)):
                return point
        at_rounding = decrement**2 < 1e-24 * float(value) and len(decrements) > 3 and decrement > 0.3 * decrements[-2]
        if at_rounding or (look_for_separation and is_running_off(decrements)):
            return point
        length, slope = REAL(1), -REAL(decrement) ** 2
        while True:
            trial = v + length * direction
            new = objective.evaluate(trial)
            if new[0] <= value + 1e-4 * length * slope or length < 1e-6:
                break
            length /= 2
        if not new[0] <= value:
            return point  # no better point within rounding
        v, (value, residual, p) = trial, new


def is_running_off(decrements):
    """Newton's decrement falls by a factor near 1/√e a step where weights run to infinity."""
    recent = decrements[-5:]
    return len(decrements) >= 12 and all(0.3 < b / a < 0.95 for a, b in zip(recent, recent[1:]) if a > 0)


def prove(objective, point, found, gradient_error):
    """Sets `excess` and `settled` of the point from ν and R, rounding included."""
    _, decrement, inverse, diagonal, trusted = found
    if not trusted:
        return
    size = float(np.sqrt((inverse**2).sum()))
    if size**2 * EPSILON_OF_HESSIAN[inverse.dtype.type] * len(diagonal) > 0.01:
        return
    wrong = np.tile(gradient_error, objective.free) / diagonal
    nu = 1.02 * (decrement + size * float(np.sqrt((wrong * wrong).sum())))
    if nu * 1.02 * objective.largest_range(inverse, diagonal) <= 0.5:
        point.settled, point.excess = True, nu * nu
