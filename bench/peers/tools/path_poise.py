"""Poise: SoftmaxClassifierCV with the same folds, as it comes."""
import numpy as np
import poise
from sklearn.model_selection import PredefinedSplit

from peers.tools.progress import note


def search(rows, labels, penalties, fold, threads, progress):
    clf = poise.SoftmaxClassifierCV(l2s=penalties, cv=PredefinedSplit(fold), scale="none", n_threads=threads)
    clf.fit(rows, labels)
    note(progress, 5 * len(penalties) + 1)
    weights, bias, _ = clf.model_.layers[0]
    theta = np.vstack([weights.T, bias - weights @ clf.model_.center])
    losses = np.where(clf.cv_results_["hopeless"], np.nan, -clf.cv_results_["mean_test_score"])  # given up: a bound
    return losses[np.argsort(-clf.l2s_)], clf.l2_, theta
