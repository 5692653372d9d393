"""What is minimized, on the numbers of the file:

    F(W, b) = Σ_i s_i [lse(z_i) − ⟨t_i, z_i⟩] + (λ/2) Σ_j u_j² ‖W_j‖²,   z_i = Wᵀx_i + b

Σ s = 1; u_j is the exact weighted standard deviation of feature j where features are standardized (1 if it is constant)
and 1 otherwise. Rows without weight are left out. All of it is at hand as long doubles and as exact fractions.
"""
import dataclasses
import fractions
import functools

import numpy as np

from fuzz_certificates import exact

REAL = np.longdouble
EPSILON = float(np.finfo(REAL).eps)
# Whether tables have one-hot columns divided by their standard deviation, too, by default, or left as 0/1.
ONE_HOT_IS_STANDARDIZED = True


@dataclasses.dataclass
class Problem:
    x: np.ndarray                        # float64 [n, d], the file's numbers
    classes: int
    labels: np.ndarray | None = None     # [n]
    targets: np.ndarray | None = None    # [n, K] in place of labels
    weights: np.ndarray | None = None    # [n]
    l2: float = 1e-4
    smoothing: float = 0.0
    balanced: bool = False
    standard: bool = True
    one_hot: np.ndarray | None = None    # [d]: columns that stand for a category

    @functools.cached_property
    def rows(self):
        """Rows that count."""
        return np.arange(len(self.x)) if self.weights is None else np.flatnonzero(self.weights > 0)

    @functools.cached_property
    def exact_shares(self):
        """s_i of the rows that count, as Fractions."""
        weights = [fractions.Fraction(1) if self.weights is None else exact.as_fraction(float(self.weights[i]))
                   for i in self.rows]
        if self.balanced:
            of_class = [sum((w for w, i in zip(weights, self.rows) if self.labels[i] == k), fractions.Fraction(0))
                        for k in range(self.classes)]
            weights = [w / of_class[self.labels[i]] for w, i in zip(weights, self.rows)]
        total = sum(weights)
        return [w / total for w in weights]

    @functools.cached_property
    def shares(self):
        return real(self.exact_shares)

    @functools.cached_property
    def exact_targets(self):
        """t_i of the rows that count, as lists of Fractions."""
        spread = exact.as_fraction(self.smoothing) / self.classes
        rest = 1 - exact.as_fraction(self.smoothing)
        result = []
        for i in self.rows:
            if self.targets is None:
                row = [fractions.Fraction(int(k == self.labels[i])) for k in range(self.classes)]
            else:
                row = [exact.as_fraction(float(t)) for t in self.targets[i]]
                row = [t / sum(row) for t in row]
            result.append([rest * t + spread for t in row])
        return result

    @functools.cached_property
    def t(self):
        return np.array([real(row) for row in self.exact_targets])

    @functools.cached_property
    def support(self):
        """[rows, K]: classes that the row wants."""
        return np.array([[value > 0 for value in row] for row in self.exact_targets])

    @functools.cached_property
    def massless(self):
        """Classes that no row wants."""
        return [k for k in range(self.classes) if not self.support[:, k].any()]

    @functools.cached_property
    def integer_columns(self):
        """The features on the rows that count: [(integers, factor)] with values = factor · integers."""
        return [exact.integer_column(self.x[self.rows, j].tolist()) for j in range(self.x.shape[1])]

    def is_standardized(self, j):
        return self.standard and (ONE_HOT_IS_STANDARDIZED or self.one_hot is None or not self.one_hot[j])

    @functools.cached_property
    def exact_squared_units(self):
        """u_j² as Fractions."""
        shares, common = exact.over_one_denominator(np.array(self.exact_shares, dtype=object))
        result = []
        for j, (column, factor) in enumerate(self.integer_columns):
            if not self.is_standardized(j) or min(column) == max(column):
                result.append(fractions.Fraction(1))
                continue
            column = np.array(column, dtype=object)
            mean, square = int(shares.dot(column)), int(shares.dot(column * column))
            result.append((fractions.Fraction(square, common) - fractions.Fraction(mean, common) ** 2) * factor**2)
        return result

    @functools.cached_property
    def exact_penalties(self):
        """λ u_j² as Fractions."""
        return [exact.as_fraction(self.l2) * unit for unit in self.exact_squared_units]

    @functools.cached_property
    def penalties(self):
        return real(self.exact_penalties)

    def without_massless(self):
        """The problem of the classes that have mass: its minimum is this one's infimum."""
        kept = [k for k in range(self.classes) if k not in self.massless]
        number = {k: new for new, k in enumerate(kept)}
        rows = self.rows
        return dataclasses.replace(
            self, x=self.x[rows], classes=len(kept),
            labels=None if self.labels is None else np.array([number[self.labels[i]] for i in rows]),
            targets=None if self.targets is None else self.targets[np.ix_(rows, kept)],
            weights=None if self.weights is None else self.weights[rows])


def real(values):
    """Fractions as long doubles, whatever their size."""
    return np.array([one_real(value) for value in values], dtype=REAL)


def one_real(value):
    """Correct to a bit or so; the exponent may be beyond that of float64."""
    if value == 0:
        return REAL(0)
    shift = abs(value.numerator).bit_length() - value.denominator.bit_length()
    scaled = value / fractions.Fraction(2) ** shift
    return np.ldexp(exact.quotient(scaled.numerator, scaled.denominator), shift)
