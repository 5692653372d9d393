"""A stand-in for a linear probe: 100,000 embeddings of 512 correlated features, 100 overlapping classes.

In white coordinates u = m_y + z with z ~ N(0, I); features are x = offset + Q diag(s) u, Q a random rotation and
s_j² ∝ 1/(1+j): a decaying spectrum, condition number 512, mean feature variance 1. Class means m_k share the decay
(classes differ most along the strong directions) and have length MEAN_LENGTH, which sets the overlap.

The numbers are the same on every machine, so that the optimum in optima.json serves all of them: no product of matrices
and no cosine, whose last bits are the library's and the processor's own.
"""
import numpy as np

ROWS, COLUMNS, CLASSES = 100_000, 512, 100
ROUNDS = 24
MEAN_LENGTH = 3.6  # Bayes accuracy 0.84


def bayes_accuracy(white, means, labels):
    """Accuracy of the true posterior: with equal priors and unit covariance, the nearest mean."""
    scores = white @ means.T - 0.5 * np.sum(means**2, axis=1)
    return float(np.mean(scores.argmax(axis=1) == labels))


def rotated(rows, random):
    """Q x of every row x: ROUNDS times columns in a random order, and a plane rotation of every two neighbors."""
    for _ in range(ROUNDS):
        rows = rows[:, random.permutation(COLUMNS)].reshape(len(rows), COLUMNS // 2, 2)
        t = random.standard_normal(COLUMNS // 2)  # of the half angle, its tangent
        cosine, sine = (1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)
        first, second = rows[:, :, 0], rows[:, :, 1]
        rows = np.stack([cosine * first - sine * second, sine * first + cosine * second], axis=2)
        rows = rows.reshape(len(rows), COLUMNS)
    return rows


def generate_embeddings(rows=ROWS, seed=20261121):
    """Features (float32), labels, and the best accuracy any classifier can have on these rows."""
    random = np.random.default_rng(seed)
    spread = 1.0 / np.sqrt(1.0 + np.arange(COLUMNS))
    spread *= np.sqrt(COLUMNS / np.sum(spread**2))
    means = random.standard_normal((CLASSES, COLUMNS)) * np.sqrt(spread)
    means *= MEAN_LENGTH / np.sqrt(np.sum(np.square(means), axis=1, keepdims=True))
    offset = random.standard_normal(COLUMNS)
    labels = random.integers(0, CLASSES, rows)
    white = means[labels] + random.standard_normal((rows, COLUMNS))
    features = rotated(white * spread, random) + offset
    return features.astype(np.float32), labels, bayes_accuracy(white, means, labels)
