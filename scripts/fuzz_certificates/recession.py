"""Does a minimizer exist at λ = 0? Decided by a certificate that is checked in integers, or left open.

A direction V is one of recession if in every row all classes that the row wants have the same score and no other class
has more; it proves that there is no minimizer if some class has less (docs/theory/softmax.md#directions-of-recession). There is no such V if and only if
numbers y > 0 for all pairs of a row and a class that it does not want, and any numbers for pairs of wanted classes, add
up the pairs' vectors to 0 (Stiemke). Either is found by the simplex method in integers; larger problems try HiGHS.
"""
import dataclasses
import fractions
import math

import numpy as np
import scipy.linalg
import scipy.optimize
import scipy.sparse

from fuzz_certificates import exact

SMALL = 2_000           # cells of a tableau in integers: up to here the simplex method alone,
LARGEST_EXACT = 12_000  # up to here where HiGHS finds nothing that can be checked
MOST_WORK = 10**10      # equations³ · unknowns · bits that are solved in integers for larger problems: some seconds


@dataclasses.dataclass
class Pairs:
    """Vectors a with ⟨a, V⟩ = z_own − z_c; V [r, K−1] row by row, the last class being 0."""
    free: list     # (row of the basis, own, c): must not fall below 0
    tied: list     # must stay 0
    vectors: dict  # pair → list of integers


def list_pairs(problem, row_of, integers, mask=None):
    """The distinct pairs in coordinates that `integers` [distinct rows, r] stand for; a pair and its opposite are tied."""
    vectors, tied, wanted = {}, set(), set()
    for i, at in enumerate(row_of):
        support = np.flatnonzero(problem.support[i])
        own = int(support[0])
        for c in range(problem.classes):
            if c == own or (mask is not None and not mask[i, c]):
                continue
            pair = (int(at), own, c)
            (tied if problem.support[i, c] else wanted).add(pair)
    opposite = {pair for pair in wanted if (pair[0], pair[2], pair[1]) in wanted or (pair[0], pair[2], pair[1]) in tied}
    tied |= opposite | {pair for pair in wanted if pair in tied}
    kept_tied, seen = [], set()
    for pair in sorted(tied):
        if (pair[0], pair[2], pair[1]) not in seen:
            kept_tied.append(pair)
            seen.add(pair)
    free = sorted(wanted - tied)
    rank, classes = integers.shape[1], problem.classes
    for at, own, c in free + kept_tied:
        vector = [0] * (rank * (classes - 1))
        row = [int(value) for value in integers[at]]
        for k, value in enumerate(row):
            if own < classes - 1:
                vector[k * (classes - 1) + own] += value
            if c < classes - 1:
                vector[k * (classes - 1) + c] -= value
        vectors[(at, own, c)] = vector
    return Pairs(free, kept_tied, vectors)


def pivot(tableau, row, column, before):
    """One step of the simplex method on integers with a common divisor."""
    value = tableau[row, column]
    pivot_row = tableau[row].copy()
    result = (tableau * value - np.multiply.outer(tableau[:, column], pivot_row)) // before
    result[row] = pivot_row
    return result, value


def simplex(columns, right):
    """y ≥ 0 with Σ y_j columns_j = right: (y, None); or V with ⟨column_j, V⟩ ≥ 0 for all j and ⟨right, V⟩ < 0: (None, V).

    Phase 1 in integers; Bland's rule once steps stand still. y are (numerators, denominator).
    """
    size, count = len(right), len(columns)
    signs = [-1 if value < 0 else 1 for value in right]
    tableau = np.zeros((size + 1, count + size + 1), dtype=object)
    for j, column in enumerate(columns):
        tableau[:size, j] = [sign * value for sign, value in zip(signs, column)]
    tableau[:size, -1] = [abs(value) for value in right]
    for d in range(size):
        tableau[d, count + d] = 1
    tableau[size] = -tableau[:size].sum(axis=0)
    tableau[size, count:count + size] = 0
    in_basis, before, still = [count + d for d in range(size)], 1, 0
    while True:
        costs = tableau[size, :count]
        negative = [j for j in range(count) if costs[j] < 0]
        if not negative or tableau[size, -1] == 0:
            break
        column = min(negative, key=lambda j: costs[j]) if still < 5 else negative[0]
        rows = [d for d in range(size) if tableau[d, column] > 0]
        row = rows[0]
        for d in rows[1:]:  # the least right/entry, ties by the variable's number
            left = tableau[d, -1] * tableau[row, column] - tableau[row, -1] * tableau[d, column]
            if left < 0 or (left == 0 and in_basis[d] < in_basis[row]):
                row = d
        still = still + 1 if tableau[row, -1] == 0 else 0
        tableau, before = pivot(tableau, row, column, before)
        in_basis[row] = column
    if tableau[size, -1] == 0:
        y = [0] * count
        for d, j in enumerate(in_basis):
            if j < count:
                y[j] = tableau[d, -1]
        return (y, before), None
    # The artificial variables' reduced costs are 1 − π.
    return None, [-sign * (before - tableau[size, count + d]) for d, sign in enumerate(signs)]


def exact_answer(pairs):
    """("exists", None) or ("recession", V), both checked in integers here."""
    free = [pairs.vectors[pair] for pair in pairs.free]
    tied = [pairs.vectors[pair] for pair in pairs.tied]
    total = [sum(column) for column in zip(*free)]
    columns = free + tied + [[-value for value in column] for column in tied]
    solution, direction = simplex(columns, [-value for value in total])
    if solution is not None:
        numerators, denominator = solution
        weights = [value + denominator * (j < len(free)) for j, value in enumerate(numerators)]
        zero = [sum(w * value for w, value in zip(weights, row)) for row in zip(*columns)]
        if any(zero) or any(value < 0 for value in numerators) or denominator <= 0:
            raise ArithmeticError("the simplex method found no solution after all")
        return "exists", None
    if not helped_pairs(pairs, direction):
        raise ArithmeticError("the simplex method found no direction after all")
    return "recession", direction


def margin(vector, direction):
    return sum(a * v for a, v in zip(vector, direction) if a)


def helped_pairs(pairs, direction):
    """Free pairs whose margin grows along an integer direction; empty if it is none of recession."""
    if any(margin(pairs.vectors[pair], direction) != 0 for pair in pairs.tied):
        return set()
    margins = {pair: margin(pairs.vectors[pair], direction) for pair in pairs.free}
    if any(value < 0 for value in margins.values()):
        return set()
    return {pair for pair, value in margins.items() if value > 0}


def scaled_matrix(basis, listed, classes):
    """The pairs' vectors in the well-scaled basis, as floats."""
    rows = np.zeros((len(listed), basis.distinct.shape[1], classes))
    for i, (at, own, c) in enumerate(listed):
        rows[i, :, own], rows[i, :, c] = basis.distinct[at], -basis.distinct[at]
    return rows[:, :, :classes - 1].reshape(len(listed), rows.shape[1] * (classes - 1))


def float_answer(pairs, basis, classes):
    """By HiGHS: a direction that can be checked in integers; ("likely exists", None), ("likely not", None) or "unknown"."""
    matrix, tied = scaled_matrix(basis, pairs.free, classes), scaled_matrix(basis, pairs.tied, classes)
    count, size = matrix.shape
    sparse = scipy.sparse
    result = scipy.optimize.linprog(
        np.concatenate([np.zeros(size), -np.ones(count)]),
        A_ub=sparse.hstack([sparse.csr_matrix(-matrix), sparse.identity(count)]), b_ub=np.zeros(count),
        A_eq=sparse.hstack([sparse.csr_matrix(tied), sparse.csr_matrix((len(tied), count))]) if len(tied) else None,
        b_eq=np.zeros(len(tied)) if len(tied) else None,
        bounds=[(None, None)] * size + [(0, 1)] * count, method="highs", options={"time_limit": 10.0})
    if result.status != 0:
        return "unknown", None
    if -result.fun < 0.5:
        return "likely exists", None
    candidate = snapped(pairs, np.vstack([matrix, tied]), result.x[:size], basis, classes)
    return ("recession", candidate) if candidate and helped_pairs(pairs, candidate) else ("likely not", None)


def snapped(pairs, matrix, direction, basis, classes):
    """A rational direction near `direction` along which the pairs whose margin is next to 0 have exactly 0; as integers
    in the coordinates of `basis.plain`. Others have margins of 1 and more."""
    tight = np.flatnonzero(np.abs(matrix @ direction) < 1e-3)
    independent = []
    if len(tight):
        _, triangle, order = scipy.linalg.qr(matrix[tight].T, mode="economic", pivoting=True)
        sizes = np.abs(np.diag(triangle))
        independent = [int(tight[i]) for i in order[:int((sizes > 1e-9 * sizes[0]).sum())]]
    largest = [max(abs(int(value)) for value in column) for column in basis.plain.T]
    bits = max(value.bit_length() for value in largest)
    if len(independent) ** 3 * len(direction) * bits > MOST_WORK:
        return None
    plain = exact.quotients(basis.plain, largest).astype(float)
    coordinates = np.linalg.lstsq(plain, basis.distinct.astype(float) @ direction.reshape(-1, classes - 1), rcond=None)[0]
    divisors = [value for value in largest for _ in range(classes - 1)]
    values = [fractions.Fraction(round(value * 2**40), 2**40) / divisor for value, divisor in zip(coordinates.ravel(), divisors)]
    listed = pairs.free + pairs.tied
    make_zero(values, [pairs.vectors[listed[i]] for i in independent], divisors)
    common = math.lcm(*(value.denominator for value in values))
    return [int(value * common) for value in values]


def make_zero(values, equations, divisors):
    """Changes as many of the values as there are (independent) equations, so that all of those hold exactly."""
    if not equations:
        return
    rows = exact.object_matrix(equations).T
    before, pivots = 1, []
    for row in range(len(rows)):
        nonzero = [j for j in range(len(values)) if rows[row, j]]
        if not nonzero:
            continue
        column = max(nonzero, key=lambda j: int(rows[row, j]).bit_length() - divisors[j].bit_length())
        rows, before = pivot(rows, row, column, before)
        pivots.append((row, column))
    solved = {column for _, column in pivots}
    for row, column in pivots:
        rest = sum((rows[row, j] * value for j, value in enumerate(values) if rows[row, j] and j not in solved),
                   fractions.Fraction(0))
        values[column] = -rest / rows[row, column]


def answer(problem, basis, mask=None):
    """("exists" | "recession" | "likely exists" | "likely not" | "unknown", direction, pairs)."""
    pairs = list_pairs(problem, basis.row_of, basis.plain, mask)
    size = basis.plain.shape[1] * (problem.classes - 1)
    cells = size * (len(pairs.free) + 2 * len(pairs.tied) + size)
    if not pairs.free:
        return "exists", None, pairs
    if cells > SMALL:
        verdict, direction = float_answer(pairs, basis, problem.classes)
        if verdict == "recession" or cells > LARGEST_EXACT:
            return verdict, direction, pairs
    return *exact_answer(pairs), pairs
