"""scikit-learn's CalibratedClassifierCV on a classifier of Poise: same scores, same held-out rows."""
import warnings

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV

BINS = 15
METHODS = ("sigmoid", "isotonic")


class Scores(ClassifierMixin, BaseEstimator):
    """A trained classifier whose rows are their own scores."""

    def __init__(self, classes):
        self.classes = classes

    def fit(self, X, y):  # the names of scikit-learn
        return self

    @property
    def classes_(self):
        return np.arange(self.classes)

    def decision_function(self, X):
        return X

    def predict(self, X):
        return X.argmax(axis=1)


def calibrated(method, scores, labels, test_scores):
    """Probabilities of the test rows, calibrated on the held-out ones."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wrapper = CalibratedClassifierCV(Scores(scores.shape[1]), method=method, cv="prefit").fit(scores, labels)
        return wrapper.predict_proba(test_scores)


def softmax(scores):
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def metrics(probabilities, labels):
    """As poise/metrics.h has them. A class that is thought impossible and occurs costs −ln 1e-15, not infinity."""
    of_label = probabilities[np.arange(len(labels)), labels]
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    off = [abs((right[bins == b].astype(float) - confidence[bins == b]).sum()) for b in range(BINS)]
    return dict(cross_entropy=float(-np.log(np.maximum(of_label, 1e-15)).mean()), accuracy=float(right.mean()),
                expected_calibration_error=float(sum(off) / len(labels)))
