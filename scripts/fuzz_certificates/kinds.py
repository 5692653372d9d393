"""Draws classification problems: the columns of a file, labels or soft targets, weights of rows. A function per kind."""
import dataclasses
import decimal

import numpy as np

SENTINELS = (999999999.0, 1e9, -999.0, -9999.0, 9.969209968386869e36, 2147483647.0, 1e20)


@dataclasses.dataclass
class Drawn:
    numbers: np.ndarray                  # float64 [n, d]: the number columns
    labels: np.ndarray | None = None     # [n], classes 0 … K−1, all there
    classes: int = 2
    texts: list = dataclasses.field(default_factory=list)  # columns of categories behind the numbers (CSV only)
    targets: np.ndarray | None = None    # float32 [n, K] in place of labels
    weights: np.ndarray | None = None    # [n] (CSV only)
    smoothing: float = 0.0
    whole: bool = False                  # a plain table of small integers with labels
    variant: np.ndarray | None = None    # the same columns in other units, with other offsets


def size(draw, large=0.03):
    """Rows, columns, classes: mostly tiny."""
    if draw.random() < large:
        return int(draw.integers(60, 201)), int(draw.integers(5, 31)), int(draw.integers(2, 13))
    return int(round(5 * 12 ** draw.random())), int(draw.integers(1, 7)), int(draw.integers(2, 6))


def compress(labels):
    """Classes 0 … K−1 without holes, at least two."""
    labels = np.array(labels)
    if len(set(labels.tolist())) < 2:
        labels[0] = labels[0] + 1
    return np.unique(labels, return_inverse=True)[1]


def noisy_labels(draw, x, classes):
    """Of a random linear model on standardized columns; the noise decides how far the classes overlap."""
    deviation = x.std(axis=0)
    z = (x - x.mean(axis=0)) / np.where(deviation > 0, deviation, 1)
    scores = z @ draw.normal(size=(x.shape[1], classes))
    scores += draw.choice([0.0, 0.3, 1.0, 3.0]) * draw.gumbel(size=scores.shape)
    return compress(scores.argmax(axis=1))


def tied_labels(draw, x, classes):
    """Of a linear model with small integers, ties at random: separable or quasi-separable, sometimes with a slip."""
    w = draw.integers(-2, 3, (x.shape[1], classes))
    scores = x @ w + draw.integers(-2, 3, classes)
    labels = (scores + draw.random(scores.shape) / 2).argmax(axis=1)
    if draw.random() < 0.25:
        labels[draw.integers(len(x))] = draw.integers(classes)
    return compress(labels)


def any_labels(draw, x, classes):
    how = draw.random()
    if how < 0.4:
        return tied_labels(draw, x, classes)
    if how < 0.8:
        return noisy_labels(draw, x, classes)
    return compress(draw.integers(0, classes, len(x)))


def labeled(draw, x, classes, labels=None, **more):
    labels = any_labels(draw, x, classes) if labels is None else labels
    return Drawn(x, labels, int(labels.max()) + 1, **more)


def integer_table(draw, largest=None):
    """Small integers, some columns sums, differences or copies of others, or constant."""
    n, d, classes = size(draw, 0.08)
    most = largest or int(draw.choice([1, 2, 3, 5, 20, 200]))
    x = draw.integers(0 if draw.random() < 0.5 else -most, most + 1, (n, d)).astype(float)
    for _ in range(draw.integers(0, 3)):
        a, b = x[:, draw.integers(x.shape[1])], x[:, draw.integers(x.shape[1])]
        column = [a + b, a - b, 100 - a - b, a, np.full(n, float(draw.integers(-3, 4))), 2 * a - 3 * b][draw.integers(6)]
        x = np.column_stack([x, column])
    if draw.random() < 0.3:
        x = x[draw.integers(0, max(2, n // 3), n)]  # rows that occur often
    return labeled(draw, x, classes, whole=True)


def quasi_separable(draw):
    """Half of the rows lie where two or more classes have the same score: a minimizer is a matter of ties."""
    n, d, classes = size(draw, 0)
    x = draw.integers(-3, 4, (3 * n, d)).astype(float)
    w = draw.integers(-1, 2, (d, classes))
    scores = x @ w
    order = np.argsort((scores == scores.max(axis=1, keepdims=True)).sum(axis=1) < 2, kind="stable")
    kept = np.concatenate([order[:n // 2], draw.choice(3 * n, n - n // 2, replace=False)])
    x, scores = x[kept], scores[kept]
    labels = (scores + draw.random(scores.shape) / 2).argmax(axis=1)
    return labeled(draw, x, classes, compress(labels), whole=True)


def overlapping(draw):
    """Every row with every class at least once."""
    n, d, classes = size(draw, 0)
    places = max(2, n // (2 * classes))
    x = np.repeat(draw.integers(-5, 6, (places, d)).astype(float), classes, axis=0)
    labels = np.tile(np.arange(classes), places)
    more = draw.integers(0, len(x), n // 2)
    x, labels = np.vstack([x, x[more]]), np.concatenate([labels, draw.integers(0, classes, len(more))])
    return labeled(draw, x, classes, compress(labels), whole=True)


def gaussian(draw):
    n, d, classes = size(draw)
    x = draw.normal(size=(n, d)) @ draw.normal(size=(d, d))
    return labeled(draw, x if draw.random() < 0.3 else np.round(x, int(draw.integers(1, 5))), classes)


def categories(draw):
    """Text columns, which become one-hot features that add up to 1, perhaps beside numbers."""
    n, _, classes = size(draw, 0)
    n = max(n, 10)
    levels = [int(draw.integers(2, 5)) for _ in range(draw.integers(1, 4))]
    codes = np.column_stack([draw.integers(0, k, n) for k in levels])
    x = draw.integers(-3, 4, (n, draw.integers(0, 3))).astype(float)
    labels = any_labels(draw, np.column_stack([codes, x]), classes)
    texts = [[f"k{value}" for value in codes[:, j]] for j in range(len(levels))]
    return labeled(draw, x, classes, labels, texts=texts)


def indicators(draw):
    """One-hot groups written as numbers."""
    n, _, classes = size(draw)
    groups = [np.eye(k)[draw.integers(0, k, n)] for k in draw.integers(2, 6, draw.integers(1, 4))]
    return labeled(draw, np.hstack(groups), classes, whole=True)


def mostly_zero(draw):
    """Counts or sizes that are 0 in most rows, in units of their own."""
    n, d, classes = size(draw)
    x = draw.poisson(draw.choice([0.2, 0.5]), (n, max(d, 3))).astype(float)
    if draw.random() < 0.5:
        x *= np.round(draw.exponential(size=x.shape), 2)
    units = np.array([float(f"1e{e}") for e in draw.integers(-4, 5, x.shape[1])])
    return labeled(draw, x * units if draw.random() < 0.5 else x, classes)


def totals(draw):
    """Columns with their sum or with what is left to 1 or 100, as decimals or as their rounded float64 sum."""
    n, d, classes = size(draw)
    digits = int(draw.integers(0, 4))
    parts = np.round(draw.random((n, max(1, d // 2))) * 30, digits)
    columns = [parts]
    for j in range(parts.shape[1]):
        other = np.round(draw.random(n) * 30, digits)
        total = [parts[:, j] + other, np.round(parts[:, j] + other, digits), np.round(100 - parts[:, j] - other, digits)]
        columns += [other[:, None], total[draw.integers(3)][:, None]]
    return labeled(draw, np.hstack(columns), classes)


def sentinels(draw):
    """A number far away in place of missing values, perhaps with a column that marks them."""
    drawn = (integer_table if draw.random() < 0.5 else gaussian)(draw)
    x = drawn.numbers.copy()
    j = int(draw.integers(x.shape[1]))
    missing = draw.random(len(x)) < draw.choice([0.05, 0.3])
    missing[draw.integers(len(x))] = True
    x[missing, j] = draw.choice(SENTINELS)
    if draw.random() < 0.5:
        x = np.column_stack([x, missing])
    return dataclasses.replace(drawn, numbers=x, whole=False)


def timestamps(draw):
    """Seconds or milliseconds since 1970; the label often turns at some time, with a pair the wrong way round."""
    n, _, classes = size(draw, 0)
    milli = draw.random() < 0.5
    span = 10.0 ** draw.integers(1, 8)
    times = np.sort(np.floor((1.6e9 + span * draw.random(n)) * (1000 if milli else 1)))
    columns = [times] + [np.round(draw.normal(size=n), 2) for _ in range(draw.integers(0, 3))]
    x = np.column_stack(columns)
    if draw.random() < 0.5:
        return labeled(draw, x, classes)
    labels = np.minimum((np.arange(n) * classes) // n, classes - 1)
    if draw.random() < 0.7 and n > 3:
        turn = int(np.flatnonzero(np.diff(labels))[0])
        labels[[turn, turn + 1]] = labels[[turn + 1, turn]]
        if draw.random() < 0.5:
            x[turn + 1, 0] = x[turn, 0] + draw.integers(0, 300)
    return labeled(draw, x, classes, compress(labels))


def mixed_scales(draw):
    drawn = (integer_table if draw.random() < 0.5 else gaussian)(draw)
    reach = int(draw.choice([6, 15, 40, 150]))
    scales = np.array([float(f"1e{e}") for e in draw.integers(-reach, reach + 1, drawn.numbers.shape[1])])
    return dataclasses.replace(drawn, numbers=drawn.numbers * scales, whole=False)


def offsets(draw):
    drawn = (integer_table if draw.random() < 0.5 else gaussian)(draw)
    far = 10.0 ** draw.integers(3, 13, drawn.numbers.shape[1])
    powers = 2.0 ** draw.integers(10, 40, drawn.numbers.shape[1])
    return dataclasses.replace(drawn, numbers=drawn.numbers + (far if draw.random() < 0.7 else powers), whole=False)


def weighted(draw):
    drawn = [integer_table, gaussian, quasi_separable][draw.integers(3)](draw)
    n = len(drawn.labels)
    weights = [draw.integers(0, 4, n).astype(float), 10.0 ** draw.integers(-12, 1, n), draw.random(n),
               np.where(draw.random(n) < 0.2, 1e-300, 1.0), np.where(draw.random(n) < 0.3, 0.0, 1.0)][draw.integers(5)]
    if not weights.sum() > 0:
        weights[0] = 1.0
    return dataclasses.replace(drawn, weights=weights, whole=False)


def soft_targets(draw):
    drawn = [integer_table, gaussian, offsets][draw.integers(3)](draw)
    n, classes = len(drawn.labels), drawn.classes
    targets = draw.dirichlet(np.full(classes, 0.5), n)
    targets[draw.random((n, classes)) < draw.choice([0.0, 0.3, 0.6])] = 0
    hard = (draw.random(n) < draw.choice([0.0, 0.5, 0.9])) | (targets.sum(axis=1) == 0)
    targets[hard] = np.eye(classes)[drawn.labels[hard]]
    targets /= targets.sum(axis=1, keepdims=True)
    return dataclasses.replace(drawn, labels=None, targets=targets.astype(np.float32), whole=False)


def smoothed(draw):
    drawn = [integer_table, gaussian, quasi_separable, totals][draw.integers(4)](draw)
    return dataclasses.replace(drawn, smoothing=float(draw.choice([1e-9, 1e-5, 1e-3, 0.1, 0.9])))


def massless_class(draw):
    """A class in rows of weight 0 only, or an empty column of soft targets."""
    if draw.random() < 0.5:
        drawn = gaussian(draw)
        weights = np.where(drawn.labels == draw.integers(drawn.classes), 0.0, draw.integers(1, 3, len(drawn.labels)))
        return dataclasses.replace(drawn, weights=weights) if weights.sum() > 0 else drawn
    drawn = soft_targets(draw)
    targets = np.insert(drawn.targets, draw.integers(drawn.classes + 1), 0, axis=1)
    return dataclasses.replace(drawn, targets=targets, classes=drawn.classes + 1)


def nearly_separable(draw):
    """One column that separates two classes except for a pair of rows that is barely the wrong way round, or ties."""
    n = int(draw.integers(6, 40))
    x = np.sort(np.round(draw.normal(size=n), 3))
    labels = (np.arange(n) >= n // 2).astype(int)
    x[n // 2 - 1] = x[n // 2] + draw.choice([0.0, 1e-3, 1e-6, 1e-9, 1e-12])
    more = np.round(draw.normal(size=(n, draw.integers(0, 3))), 2)
    return labeled(draw, np.column_stack([x + draw.choice([0.0, 1.0, 1000.0]), more]), 2, labels)


def other_units(draw):
    """A problem and the same in units of other powers of ten, with offsets of up to 1e6 standard deviations."""
    n, d, classes = size(draw, 0)
    n, digits = max(n, 10), 3
    texts = [[f"{value:.{digits}f}" for value in draw.normal(size=n)] for _ in range(d)]
    exponents, shifts = draw.integers(-12, 13, d), 10 ** draw.integers(0, 7, d) * draw.integers(-9, 10, d) // 10
    x = np.array([[float(text) for text in column] for column in texts]).T
    moved = np.array([[float((decimal.Decimal(text) + int(shift)) * decimal.Decimal(10) ** int(e)) for text in column]
                      for column, e, shift in zip(texts, exponents, shifts)]).T
    return labeled(draw, x, classes, noisy_labels(draw, x, classes), variant=moved)


KINDS = {  # and how often
    "integers": (integer_table, 5), "quasi-separable": (quasi_separable, 3), "overlapping": (overlapping, 1),
    "gaussian": (gaussian, 2), "categories": (categories, 2), "indicators": (indicators, 2),
    "sparse": (mostly_zero, 2), "totals": (totals, 2), "sentinels": (sentinels, 2), "timestamps": (timestamps, 2),
    "scales": (mixed_scales, 2), "offsets": (offsets, 2), "weights": (weighted, 2), "soft": (soft_targets, 2),
    "smoothing": (smoothed, 1), "massless": (massless_class, 1), "nearly separable": (nearly_separable, 1),
    "units": (other_units, 1),
}
