"""A stand-in for a linear probe: 100,000 embeddings of 512 correlated features, 100 overlapping classes.

In white coordinates u = m_y + z with z ~ N(0, I); features are x = offset + Q diag(s) u, Q a random rotation and
s_j² ∝ 1/(1+j): a decaying spectrum, condition number 512, mean feature variance 1. Class means m_k share the decay
(classes differ most along the strong directions) and have length MEAN_LENGTH, which sets the overlap.
"""
import numpy as np

ROWS, COLUMNS, CLASSES = 100_000, 512, 100
MEAN_LENGTH = 3.6  # Bayes accuracy 0.84


def bayes_accuracy(white, means, labels):
    """Accuracy of the true posterior: with equal priors and unit covariance, the nearest mean."""
    scores = white @ means.T - 0.5 * np.sum(means**2, axis=1)
    return float(np.mean(scores.argmax(axis=1) == labels))


def generate_embeddings(rows=ROWS, seed=20261121):
    """Features (float32), labels, and the best accuracy any classifier can have on these rows."""
    random = np.random.default_rng(seed)
    spread = 1.0 / np.sqrt(1.0 + np.arange(COLUMNS))
    spread *= np.sqrt(COLUMNS / np.sum(spread**2))
    means = random.standard_normal((CLASSES, COLUMNS)) * np.sqrt(spread)
    means *= MEAN_LENGTH / np.linalg.norm(means, axis=1, keepdims=True)
    rotation = np.linalg.qr(random.standard_normal((COLUMNS, COLUMNS)))[0]
    offset = random.standard_normal(COLUMNS)
    labels = random.integers(0, CLASSES, rows)
    white = means[labels] + random.standard_normal((rows, COLUMNS))
    features = (white * spread) @ rotation.T + offset
    return features.astype(np.float32), labels, bayes_accuracy(white, means, labels)
