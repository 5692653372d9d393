"""scikit-learn: LogisticRegressionCV, which goes through the penalties of a fold from the largest on, each from the last.

Its tolerance is the default; of iterations there are as many as that needs.
"""
import numpy as np
from sklearn.linear_model import LogisticRegressionCV
from sklearn.metrics import log_loss
from sklearn.model_selection import PredefinedSplit

from peers.tools.binary import binary_theta
from peers.tools.progress import note


class Score:
    """Minus the held-out cross-entropy; notes that a fit was made."""

    def __init__(self, progress):
        self.progress = progress

    def __call__(self, estimator, rows, labels):
        note(self.progress)
        return -log_loss(labels, estimator.predict_proba(rows), labels=estimator.classes_)


def search(rows, labels, penalties, fold, threads, progress, solver, jobs):
    classes = len(np.unique(labels))
    # C counts rows of the sum; one vector for two classes has half the penalty.
    strengths = [(2.0 if classes == 2 else 1.0) / (l2 * len(labels)) for l2 in penalties]
    model = LogisticRegressionCV(Cs=strengths, cv=PredefinedSplit(fold), scoring=Score(progress), solver=solver,
                                 max_iter=10**6, n_jobs=jobs, l1_ratios=(0.0,), use_legacy_attributes=False)
    model.fit(rows, labels)
    note(progress)
    by_fold = np.asarray(model.scores_).reshape(-1, len(penalties))
    scores = -np.average(by_fold, axis=0, weights=np.bincount(fold))
    theta = np.append(model.coef_, model.intercept_) if classes == 2 else np.vstack([model.coef_.T, model.intercept_])
    chosen = penalties[int(np.argmin(np.abs(np.log(np.array(strengths) / np.ravel(model.C_)[0]))))]
    return scores, chosen, binary_theta(theta) if classes == 2 else theta
