"""Coordinates in which a problem is well scaled, whatever the units and offsets of its features.

Scores are z = L V and the penalty is ½‖M V‖²_D with L [rows, r], M [penalized, r]; V [r, K] are the coordinates. Every
(W, b) has a V with the same F and the other way round, so that both problems have the same infimum, and F at V can be
had exactly.
"""
import dataclasses
import fractions

import numpy as np

from fuzz_certificates import exact
from fuzz_certificates.problem import one_real, real

# Standardized columns do where the penalty is at least this share of a column's variance.
ENOUGH_PENALTY = 1e-8


@dataclasses.dataclass
class Basis:
    integers: np.ndarray   # [rows + penalized, r], over `divisors`: L above M, exactly
    divisors: list
    row_of: np.ndarray     # which row of `integers` a row of the problem is
    ratios: list           # D: the penalty is ½ Σ_j D_j ‖(M V)_j‖², D_j ≈ 1 as a Fraction
    plain: np.ndarray = None   # without a penalty: columns of the data that span the same space, as smaller integers
    distinct: np.ndarray = None  # L as long doubles,
    top: np.ndarray = None     # and with a row per row of the problem
    bottom: np.ndarray = None  # √D M
    lossy: bool = False        # numbers below the range of float64 are 0 in L

    def finish(self):
        floats = exact.quotients(self.integers, self.divisors)
        self.lossy = bool(np.any((np.abs(floats) < 1e-290) & (self.integers != 0)))
        penalized = len(self.ratios)
        above = len(floats) - penalized
        self.distinct = floats[:above]
        self.top = self.distinct[self.row_of]
        self.bottom = floats[above:]
        if penalized:
            self.bottom = self.bottom * np.sqrt(real(self.ratios))[:, None]
        return self

    def exact_scores(self, v):
        """L V as integers over one denominator, a row per row of the problem."""
        above = len(self.integers) - len(self.ratios)
        scores, denominator = exact.exact_product(self.integers[:above], self.divisors, v)
        return scores[self.row_of], denominator

    def exact_penalty(self, v):
        if not self.ratios:
            return fractions.Fraction(0)
        above = len(self.integers) - len(self.ratios)
        parts, denominator = exact.exact_product(self.integers[above:], self.divisors, v)
        total = sum((ratio * sum(int(value) ** 2 for value in row) for ratio, row in zip(self.ratios, parts)),
                    fractions.Fraction(0))
        return total / (2 * denominator**2)


def distinct_rows(columns):
    """The distinct rows of the columns, and which of them every row is."""
    numbers, row_of, kept = {}, [], []
    for i, row in enumerate(zip(*columns)):
        if row not in numbers:
            numbers[row] = len(kept)
            kept.append(i)
        row_of.append(numbers[row])
    return kept, np.array(row_of)


def make_basis(problem):
    columns = problem.integer_columns
    kept, row_of = distinct_rows([column for column, _ in columns]) if columns else ([0], np.zeros(len(problem.rows), int))
    kept_columns = [([column[i] for i in kept], factor) for column, factor in columns]
    if problem.l2 == 0:
        matrix = exact.object_matrix([[1] * len(kept)] + [column for column, _ in kept_columns])
        integers, divisors, plain = exact.column_basis(matrix)
        return Basis(integers, divisors, row_of, [], plain).finish()
    return penalized_basis(problem, kept, kept_columns, row_of)


def penalized_basis(problem, kept, columns, row_of):
    """The rows of the penalty, √(λ) u_j W_j, are rows like those of the data: W_j → root_j W_j below [1 X]."""
    d = len(columns)
    roots, ratios = [], []
    for penalty in problem.exact_penalties:
        root = exact.as_fraction(np.sqrt(one_real(penalty)))
        roots.append(root)
        ratios.append(penalty / root**2)
    stacked = [[1] * len(kept) + [0] * d]
    simple = problem.standard and problem.l2 >= ENOUGH_PENALTY
    divisors = [1]
    for j, (column, factor) in enumerate(columns):
        if simple:  # centered at a number of the column, in units near the deviation
            center = sorted(column)[len(column) // 2]
            column = [value - center for value in column]
        # A column of β: factor·column in the data's rows, root_j in its own; both over what makes them integers.
        scale = factor / roots[j] if roots[j] else factor
        numerators = [value * scale.numerator for value in column]
        own = scale.denominator if roots[j] else 0
        stacked.append(numerators + [own * (i == j) for i in range(d)])
        divisors.append(max(max(abs(value) for value in numerators), abs(own), 1))
    matrix = exact.object_matrix(stacked)
    if not simple:
        matrix, divisors, _ = exact.column_basis(matrix)
    else:
        divisors = [np_power(divisor) for divisor in divisors]
    return Basis(matrix, divisors, row_of, ratios).finish()


def np_power(divisor):
    """A power of two near the divisor."""
    return 1 << (int(divisor).bit_length() - 1)
