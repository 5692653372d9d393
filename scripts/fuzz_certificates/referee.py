"""The truth about a problem: whether a minimizer exists, and its infimum from above and below.

Above: a point, at which F can be had with 60 digits, so that "F of the model − F* is more than the gap" is proven by
one number. Below: the bound of newton.py. What cannot be proven is left open.
"""
import dataclasses

import mpmath
import numpy as np

from fuzz_certificates import basis as bases
from fuzz_certificates import exactly, newton, recession
from fuzz_certificates.problem import REAL

LARGEST_IN_REALS = 80  # unknowns of a Hessian in long doubles
TINY_PENALTY = 1e-8    # below it the optimum without a penalty is a good lower bound


@dataclasses.dataclass
class Truth:
    problem: object          # of the classes that have mass
    exists: bool | None      # None: not proven either way
    likely: bool | None      # what HiGHS says where that is not proven
    why: str
    point: newton.Point | None = None   # None: the infimum is 0
    basis: object = None
    mask: np.ndarray | None = None      # classes that count in the limit along a direction of recession
    floor: float = 0.0                  # a lower bound of the infimum found elsewhere

    @property
    def above(self):
        """No less than the infimum, and what it may be off by."""
        return (0.0, 0.0) if self.point is None else (self.point.value, self.point.error)

    @property
    def below(self):
        """A lower bound of the infimum; 0 if nothing better is proven."""
        if self.point is None or not self.point.settled:
            return self.floor
        return max(self.floor, self.point.value - self.point.excess - self.point.error)

    @property
    def is_settled(self):
        return self.point is None or self.point.settled or float(self.point.value - self.floor) <= 1e-14 * self.floor

    @property
    def unsure(self):
        """What the infimum may be below `above`, by Newton's decrement where no more is proven."""
        if self.point is None:
            return 0.0
        return min(float(self.point.value - self.below), self.point.decrement**2)

    def exactly_above(self):
        if self.point is None:
            return mpmath.mpf(0)
        return exactly.at_coordinates(self.problem, self.basis, self.point.v, self.mask)


def find_truth(problem):
    if problem.massless:
        rest = problem.without_massless()
        why = f"no row wants class {problem.massless[0]}, whose bias runs to -infinity"
        if rest.classes == 1:
            return Truth(rest, False, False, why)
        return dataclasses.replace(find_truth(rest), exists=False, likely=False, why=why)
    basis = bases.make_basis(problem)
    objective = newton.Objective(problem, basis)
    if problem.l2 > 0:
        point = settle(objective, newton.minimize(objective))
        floor = 0.0
        if not point.settled and problem.l2 < TINY_PENALTY:
            floor = find_truth(dataclasses.replace(problem, l2=0.0)).below
        return Truth(problem, True, True, "the penalty", point, basis, floor=floor)
    point = newton.minimize(objective, look_for_separation=objective.is_one_hot)
    if point.margins_are_positive and leads_everywhere(problem, basis, point.v):
        return Truth(problem, False, False, "completely separable")
    if point.settled and point.value > newton.NOTHING:
        return Truth(problem, True, True, "curvature", point, basis)
    return by_recession(problem, basis, objective, point)


def settle(objective, point):
    """Where float64 is too coarse for the Hessian, long doubles."""
    if point.settled or objective.rank * objective.free > LARGEST_IN_REALS:
        return point
    return newton.minimize(objective, point.v, kind=REAL)


def leads_everywhere(problem, basis, v):
    scores, _ = basis.exact_scores(v)
    for row, support in zip(scores, problem.support):
        own = int(np.flatnonzero(support)[0])
        if any(row[c] >= row[own] for c in range(problem.classes) if c != own):
            return False
    return True


def by_recession(problem, basis, objective, point):
    verdict, direction, pairs = recession.answer(problem, basis)
    if verdict != "recession":
        point = settle(objective, newton.minimize(objective, point.v))
        likely = {"exists": True, "likely exists": True, "likely not": False}.get(verdict)
        why = "a positive combination" if verdict == "exists" else verdict
        return Truth(problem, True if verdict == "exists" else None, likely, why, point, basis)
    mask = np.ones((len(problem.rows), problem.classes), dtype=bool)
    while verdict == "recession":
        helped = recession.helped_pairs(pairs, direction)
        for i, at in enumerate(basis.row_of):
            own = int(np.flatnonzero(problem.support[i])[0])
            for c in range(problem.classes):
                mask[i, c] &= (int(at), own, c) not in helped
        verdict, direction, pairs = recession.answer(problem, basis, mask)
    why = "a direction of recession"
    if mask.sum() == len(mask):
        return Truth(problem, False, False, why)
    reduced = newton.Objective(problem, basis, mask)
    return Truth(problem, False, False, why, newton.minimize(reduced), basis, mask)
