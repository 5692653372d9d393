"""Arithmetic without rounding: float64 numbers as integers, bases of column spaces, exact scores.

Columns are multiplied by what makes their numbers integers without a common divisor; column spaces do not notice.
"""
import fractions
import functools
import math

import numpy as np


def integer_column(numbers):
    """Integers q and a Fraction f > 0 with numbers = f·q and gcd(q) = 1 (all 0: f = 1)."""
    ratios = [value.as_integer_ratio() for value in numbers]
    denominator = max(den for _, den in ratios)  # all are powers of two
    integers = [num * (denominator // den) for num, den in ratios]
    divisor = math.gcd(*integers)
    if divisor == 0:
        return integers, fractions.Fraction(1)
    return [value // divisor for value in integers], fractions.Fraction(divisor, denominator)


def object_matrix(columns):
    """The columns (lists of Python integers) side by side."""
    matrix = np.empty((len(columns[0]), len(columns)), dtype=object)
    for j, column in enumerate(columns):
        matrix[:, j] = column
    return matrix


def column_basis(matrix):
    """A basis of the column space: integers B and divisors δ with B/δ unit lower triangular on its pivot rows; and
    which columns, as they are, make a basis.

    Gaussian elimination without fractions (Bareiss), the largest entry of a column as pivot: |B/δ| ≤ 1, and the basis is
    well conditioned whatever the units, offsets and near dependencies of the columns, since nothing is rounded.
    """
    rest, before = matrix, 1
    basis, divisors, kept = [], [], []
    for j in range(matrix.shape[1]):
        column, others = rest[:, 0], rest[:, 1:]
        row = max(range(len(column)), key=lambda i: abs(column[i]))
        pivot = column[row]
        if pivot == 0:
            rest = others
            continue
        divisor = math.gcd(*column)
        basis.append([value // divisor for value in column])
        divisors.append(pivot // divisor)
        kept.append(j)
        rest = (others * pivot - np.multiply.outer(column, others[row])) // before
        before = pivot
    return object_matrix(basis), divisors, matrix[:, kept]


def quotient(numerator, denominator):
    """numerator/denominator as a long double, to its last bit or so; 0 below the range of float64."""
    high = numerator / denominator
    if high == 0 or not math.isfinite(high):
        return np.longdouble(high)
    num, den = high.as_integer_ratio()
    rest = numerator * den - num * denominator
    return np.longdouble(high) + np.longdouble(rest / (denominator * den)) if rest else np.longdouble(high)


def quotients(integers, divisors):
    """The long doubles integers[:, k] / divisors[k]."""
    result = np.zeros(integers.shape, dtype=np.longdouble)
    for k, divisor in enumerate(divisors):
        result[:, k] = [quotient(value, divisor) for value in integers[:, k]]
    return result


def as_fraction(value):
    """Any float, long double or fraction, exactly."""
    return value if isinstance(value, fractions.Fraction) else fractions.Fraction(*value.as_integer_ratio())


def over_one_denominator(values):
    """An object array of Fractions as integers over one denominator."""
    flat = [as_fraction(value) for value in values.ravel()]
    denominator = functools.reduce(math.lcm, {value.denominator for value in flat}, 1)
    integers = np.empty(values.size, dtype=object)
    integers[:] = [value.numerator * (denominator // value.denominator) for value in flat]
    return integers.reshape(values.shape), denominator


def exact_product(integers, divisors, parameters):
    """Σ_k integers[i, k] / divisors[k] · parameters[k, c] for all i, c: integers over one denominator."""
    scaled = np.empty(parameters.shape, dtype=object)
    for k, divisor in enumerate(divisors):
        scaled[k] = [as_fraction(value) / divisor for value in parameters[k]]
    scaled, denominator = over_one_denominator(scaled)
    return integers.dot(scaled), denominator
