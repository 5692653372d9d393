"""The penalty that is chosen: by folds that equal separate solves, by leave-one-out, by scikit-learn's splitters."""

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.model_selection import GroupKFold, KFold, LeaveOneOut, ShuffleSplit, StratifiedKFold
from sklearn.utils.estimator_checks import parametrize_with_checks

from conftest import assert_many_checks, table
from poise import PoiseError, SoftmaxClassifier, SoftmaxClassifierCV


@parametrize_with_checks([SoftmaxClassifierCV()])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def test_scikit_learns_checks_are_many(request):
    """A battery may be green because it is empty."""
    assert_many_checks(request, [SoftmaxClassifierCV()])


def held_out(X, y, C, splits):
    """Mean log loss of the models of the other folds: separate solves, by scikit-learn's C."""
    total = 0.0
    for others, rows in splits:
        clf = SoftmaxClassifier(C=C, tolerance=1e-15).fit(X[others], y[others])
        total -= clf.predict_log_proba(X[rows])[np.arange(len(rows)), np.searchsorted(clf.classes_, y[rows])].sum()
    return total / len(y)


@pytest.mark.parametrize("classes", [2, 3])
def test_folds_are_separate_solves(classes):
    X, y = table(rows=150, features=5, classes=classes, seed=2)
    splits = list(StratifiedKFold(4, shuffle=True, random_state=0).split(X, y))
    C = np.array([0.003, 0.03, 0.3, 3.0])
    l2s = (2 if classes == 2 else 1) / (C * len(y))
    clf = SoftmaxClassifierCV(l2s=l2s, cv=splits, scale="none", tolerance=1e-15, rule="one-standard-error").fit(X, y)
    np.testing.assert_array_equal(clf.l2s_, l2s)
    expected = [held_out(X, y, each, splits) for each in C]
    assert not clf.cv_results_["hopeless"].any()
    np.testing.assert_allclose(-clf.cv_results_["mean_test_score"], expected, atol=1e-9)
    by_fold = np.array([clf.cv_results_[f"split{k}_test_score"] for k in range(4)])
    sizes = np.array([len(rows) for _, rows in splits])
    np.testing.assert_allclose(sizes @ by_fold / len(y), clf.cv_results_["mean_test_score"], atol=1e-12)
    best = int(np.argmin(expected))
    within = np.array(expected) <= expected[best] + clf.cv_results_["standard_error"][best]
    assert clf.l2_ == l2s[within].max()
    assert clf.best_index_ == int(np.flatnonzero(within)[0])


def test_it_gives_up_only_what_is_worse():
    X, y = table(rows=300, features=6, seed=4)
    quick = SoftmaxClassifierCV(random_state=0).fit(X, y)
    # Nothing is given up where the rule wants to know them all.
    whole = SoftmaxClassifierCV(random_state=0, rule="one-standard-error").fit(X, y)
    assert quick.l2_ == whole.l2s_[whole.cv_results_["mean_test_score"].argmax()]
    given_up = quick.cv_results_["hopeless"]
    assert given_up.any()
    right = {l2: score for l2, score in zip(whole.l2s_, whole.cv_results_["mean_test_score"], strict=True)}
    for l2, bound in zip(quick.l2s_[given_up], quick.cv_results_["mean_test_score"][given_up], strict=True):
        assert right[l2] <= bound < quick.best_score_
    assert quick.cv_results_["rank_test_score"][quick.best_index_] == 1


def test_leave_one_out_is_near_the_solves_it_stands_for():
    X, y = table(rows=200, features=4, seed=8)
    l2s = 1 / (np.array([0.1, 1.0]) * len(y))
    closed = SoftmaxClassifierCV(l2s=l2s, cv="loo", scale="none").fit(X, y)
    solved = SoftmaxClassifierCV(l2s=l2s, cv=LeaveOneOut(), scale="none", rule="one-standard-error").fit(X, y)
    np.testing.assert_allclose(closed.cv_results_["mean_test_score"], solved.cv_results_["mean_test_score"], rtol=0.01)
    assert "split0_test_score" not in closed.cv_results_


def test_splitters_have_to_divide_the_rows():
    X, y = table(rows=90, features=3)
    groups = np.arange(90) // 10
    for cv in (3, KFold(3), GroupKFold(3), StratifiedKFold(3), list(KFold(3).split(X))):
        clf = SoftmaxClassifierCV(cv=cv).fit(X, y, groups=groups)
        assert clf.certificate_.status == "certified" and np.isfinite(clf.best_score_)
    for cv in (ShuffleSplit(3, test_size=0.5, random_state=0), "two"):
        with pytest.raises(PoiseError):
            SoftmaxClassifierCV(cv=cv).fit(X, y)
    with pytest.raises(PoiseError):
        SoftmaxClassifierCV(rule="worst").fit(X, y)
    with pytest.raises(PoiseError):
        SoftmaxClassifierCV(l2s=[0.1, -1]).fit(X, y)


def test_what_is_fitted_is_the_model_of_all_rows():
    X, y = table(rows=120, features=4)
    clf = SoftmaxClassifierCV(random_state=1).fit(X, y)
    alone = SoftmaxClassifier(l2=clf.l2_, tolerance=1e-12).fit(X, y)
    np.testing.assert_allclose(clf.predict_proba(X), alone.predict_proba(X), atol=1e-3)
    assert clf.certificate_.gap <= 1e-8
    assert "certified" in clf._repr_html_()
