"""Splits, and the two ways to make numbers of a table: both are fitted to the training rows."""
import csv
import dataclasses

import numpy as np

TEST_SHARE = 0.25
CONSTANT = 1e-6  # a deviation of that share of the values is rounding


@dataclasses.dataclass(frozen=True)
class Encoded:
    """Standardized numbers (missing: the mean), then one-hot columns of the training rows' levels (missing: a level)."""
    features: np.ndarray
    numbers: int  # how many columns are numbers

    def standardized(self, train):
        """The same with one-hot columns standardized as well."""
        one_hot = self.features[:, self.numbers:]
        deviation = one_hot[train].std(0)
        scaled = (one_hot - one_hot[train].mean(0)) / np.where(deviation > 0, deviation, 1)
        return np.hstack([self.features[:, :self.numbers], scaled])


def how_many(rows):
    return 10 if rows < 1000 else 5 if rows < 6000 else 2


def split(labels, seed):
    """A quarter of every class to test, but never all of it: sorted row numbers."""
    random, parts = np.random.default_rng(1000 + seed), ([], [])
    for label in np.unique(labels):
        rows = random.permutation(np.flatnonzero(labels == label))
        cut = min(int(round(len(rows) * TEST_SHARE)), len(rows) - 1)
        parts[1].extend(rows[:cut])
        parts[0].extend(rows[cut:])
    return np.sort(parts[0]), np.sort(parts[1])


def as_number(column):
    """The column as float64 with NaN where a value is missing, or None if it holds text."""
    try:
        return np.array([float(cell) if cell else np.nan for cell in column])
    except ValueError:
        return None


def imputed(column, train):
    """Numbers with the training rows' mean where they are missing; text with a level of its own there."""
    values = as_number(column)
    if values is None:
        return np.array([cell or "absent" for cell in column], dtype=object)
    present = values[train][~np.isnan(values[train])]
    return np.where(np.isnan(values), present.mean() if len(present) else 0.0, values)


def encode(columns, train):
    numbers, one_hot = [], []
    for column in columns:
        values = imputed(column, train)
        if values.dtype == object:
            one_hot += [values == level for level in np.unique(values[train].astype(str))]
        elif values[train].std() > CONSTANT * abs(values[train]).max():
            numbers.append((values - values[train].mean()) / values[train].std())
    rows = len(columns[0])
    return Encoded(np.column_stack(numbers + one_hot).astype(np.float64) if numbers or one_hot else np.zeros((rows, 0)), len(numbers))


def write_npy(folder, name, features, labels):
    np.save(folder / f"{name}-labels.npy", labels.astype(np.int32))
    np.save(folder / f"{name}.npy", features.astype(np.float32))
    return folder / f"{name}.npy"


def write_table(path, columns, train, rows, labels):
    """The rows as a user's table: nothing is missing any more, and the classes are words in the last column."""
    values = [imputed(column, train) for column in columns]
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([f"x{k}" for k in range(len(values))] + ["class"])
        for i in rows:
            writer.writerow([value[i] if value.dtype == object else repr(float(value[i])) for value in values] + [f"is {labels[i]}"])
    return path
