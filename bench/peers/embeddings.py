"""Stand-ins for linear probes: embeddings of correlated features in overlapping classes, 100,000 of 512 features in 100
classes, or what is asked for.

In white coordinates u = m_y + z with z ~ N(0, I); features are x = offset + Q diag(s) u, Q a random rotation and
s_j² ∝ 1/(1+j): a decaying spectrum, condition number d, mean feature variance 1. Class means m_k share the decay
(classes differ most along the strong directions) and have a length that sets the overlap.

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
    columns = rows.shape[1]
    for _ in range(ROUNDS):
        rows = rows[:, random.permutation(columns)].reshape(len(rows), columns // 2, 2)
        t = random.standard_normal(columns // 2)  # of the half angle, its tangent
        cosine, sine = (1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)
        first, second = rows[:, :, 0], rows[:, :, 1]
        rows = np.stack([cosine * first - sine * second, sine * first + cosine * second], axis=2)
        rows = rows.reshape(len(rows), columns)
    return rows


def generate_embeddings(rows=ROWS, columns=COLUMNS, classes=CLASSES, mean_length=MEAN_LENGTH, seed=20261121):
    """Features (float32), labels, and the best accuracy any classifier can have on these rows."""
    random = np.random.default_rng(seed)
    spread = 1.0 / np.sqrt(1.0 + np.arange(columns))
    spread *= np.sqrt(columns / np.sum(spread**2))
    means = random.standard_normal((classes, columns)) * np.sqrt(spread)
    means *= mean_length / np.sqrt(np.sum(np.square(means), axis=1, keepdims=True))
    offset = random.standard_normal(columns)
    labels = random.integers(0, classes, rows)
    white = means[labels] + random.standard_normal((rows, columns))
    features = rotated(white * spread, random) + offset
    return features.astype(np.float32), labels, bayes_accuracy(white, means, labels)
